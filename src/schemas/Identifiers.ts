/**
 * Names of things that outsiders choose: sensors, producers. What is a valid one, and how it travels as a NATS subject
 * token and as a URL segment. Promise: `fromToken(toToken(id)) === id` for every valid id, and a token never contains a
 * character that NATS or a URL path treats specially.
 */
import { Schema } from "effect"

/** Longest id in bytes of UTF-8. */
export const idBytesMax = 128

const encoder = new TextEncoder()

/** Why a string is no id, or `undefined` where it is one. Ids are NFC, 1 to 128 bytes, without control characters. */
export const idProblem = (text: string): string | undefined => {
  if (text.length === 0) return "is empty"
  if (text.length > idBytesMax || encoder.encode(text).length > idBytesMax) return `is longer than ${idBytesMax} bytes`
  if (text === "." || text === "..") return 'must not be "." or ".."'
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) return "has a control character"
  }
  if (!text.isWellFormed()) return "is not well-formed Unicode"
  return text.normalize("NFC") === text ? undefined : "is not in Unicode normalization form C (NFC)"
}

const Id = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const problem = idProblem(text)
    return problem === undefined ? undefined : `id ${problem}`
  })
)

/** Identity of a device, chosen by its owner, opaque to us (may hold `/`, spaces, any letter). */
export const SensorId = Id.pipe(Schema.brand("SensorId"))
export type SensorId = typeof SensorId.Type

/** Identity of the place we answer for. */
export const DistrictId = Id.pipe(Schema.brand("DistrictId"))
export type DistrictId = typeof DistrictId.Type

/** An id as one NATS subject token and one URL segment: percent-escapes all but `A–Z a–z 0–9 - _ ~`. */
export const toToken = (id: string): string =>
  encodeURIComponent(id).replace(/[.!*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** The id of a token; throws `URIError` on a malformed escape. */
export const fromToken = (token: string): string => decodeURIComponent(token)
