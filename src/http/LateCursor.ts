/**
 * Where a list of late observations goes on: behind the last one shown. Promise: opaque and versioned; stable while late
 * observations are added.
 */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import type { LatePlace } from "../ports/LateStore.ts"

const pattern = /^l1:(-?\d{1,15}):(\d{1,15})$/

export const encodeLateCursor = ({ number, receivedAt }: LatePlace): string =>
  Base64Url.encode(`l1:${receivedAt}:${number}`)

/** `undefined` for what `encodeLateCursor` has not made. */
export const decodeLateCursor = (text: string): LatePlace | undefined => {
  const match = pattern.exec(Result.getOrElse(Base64Url.decodeString(text), () => ""))
  const place = match === null ? undefined : { receivedAt: Number(match[1]), number: Number(match[2]) }
  return place !== undefined && encodeLateCursor(place) === text ? place : undefined
}
