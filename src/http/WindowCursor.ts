/** Where a list of windows goes on: the start of the next one. Promise: opaque and versioned; stable while windows are added. */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"

const pattern = /^w1:(-?\d{1,15})$/

/** `start` is in epoch milliseconds. */
export const encodeWindowCursor = (start: number): string => Base64Url.encode(`w1:${start}`)

/** `undefined` for what `encodeWindowCursor` has not made. */
export const decodeWindowCursor = (text: string): number | undefined => {
  const match = pattern.exec(Result.getOrElse(Base64Url.decodeString(text), () => ""))
  const start = match === null ? undefined : Number(match[1])
  return start !== undefined && encodeWindowCursor(start) === text ? start : undefined
}
