/** Where a list of districts goes on: after the id of the last one. Promise: opaque and versioned. */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import { idProblem } from "../schemas/Identifiers.ts"

const prefix = "d1:"

export const encodeDistrictCursor = (id: string): string => Base64Url.encode(`${prefix}${id}`)

/** `undefined` for what `encodeDistrictCursor` has not made. */
export const decodeDistrictCursor = (text: string): string | undefined => {
  const decoded = Result.getOrElse(Base64Url.decodeString(text), () => "")
  const id = decoded.slice(prefix.length)
  const isOurs = decoded.startsWith(prefix) && idProblem(id) === undefined && encodeDistrictCursor(id) === text
  return isOurs ? id : undefined
}
