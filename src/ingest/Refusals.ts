/**
 * Why an item is not accepted, in a word for programs and one sentence for people that names the field, its value (at most
 * 60 characters of it) and what is expected. Live sources and replays say it in the same sentences.
 */
import { idProblem } from "../schemas/Identifiers.ts"
import type { RejectionReason } from "../schemas/Observation.ts"
import { observedProperties, type ObservedProperty } from "../schemas/ObservedProperties.ts"
import { convertibleUnits } from "../schemas/Units.ts"
import { rfc3339Problem } from "./Rfc3339.ts"

/** Why an item was not accepted. */
export interface Refusal {
  readonly reason: RejectionReason
  readonly detail: string
}

/** How far ahead of its reception an observation may be (clocks differ). */
export const futureMillisMax = 60_000

const valueCharsMax = 60
const dayMillis = 86_400_000

/** A value for a sentence: quoted if text, at most 60 characters of it. */
export const shown = (value: unknown): string => {
  if (typeof value === "string") {
    return value.length > valueCharsMax ? `${JSON.stringify(value.slice(0, valueCharsMax))}…` : JSON.stringify(value)
  }
  if (Array.isArray(value)) return "(an array)"
  return typeof value === "object" && value !== null ? "(an object)" : String(value)
}

/** Why a sensor id is none, or `undefined`. */
export const sensorIdRefusal = (id: string): Refusal | undefined => {
  const problem = idProblem(id)
  if (problem === undefined) return undefined
  const hint = problem.includes("NFC")
    ? `send it normalized, as ${shown(id.normalize("NFC"))}`
    : "expected 1 to 128 bytes of UTF-8 in NFC without control characters"
  return { reason: "bad-sensor-id", detail: `sensorId ${shown(id)} ${problem}: ${hint}` }
}

/** Whether a result (in the property's unit; as sent: `sent` in `unit`) is beyond what the property can be. */
export const implausible = (
  property: ObservedProperty,
  result: number,
  sent: number,
  unit: string
): Refusal | undefined => {
  const { max, min } = property.plausible
  if (result >= min && result <= max) return undefined
  const converted = unit === property.unit ? "" : ` (${Number(result.toPrecision(6))} ${property.unit})`
  return {
    reason: "implausible",
    detail: `result ${sent} ${shown(unit).slice(1, -1)}${converted} is implausible for ${property.name}:`
      + ` expected ${min} to ${max} ${property.unit}`
  }
}

const isDegrees = (degrees: unknown, max: number): degrees is number =>
  typeof degrees === "number" && degrees >= -max && degrees <= max

/** Whether a longitude and latitude are none; `field` names where they came from. */
export const locationRefusal = (field: string, longitude: unknown, latitude: unknown): Refusal | undefined => {
  if (isDegrees(longitude, 180) && isDegrees(latitude, 90)) return undefined
  const swapped = isDegrees(latitude, 180) && isDegrees(longitude, 90) ? ", and longitude comes first" : ""
  return {
    reason: "bad-location",
    detail: `${field} [${shown(longitude)}, ${shown(latitude)}] is not on Earth:`
      + ` expected longitude −180 to 180 and latitude −90 to 90${swapped}`
  }
}

/** A unit that cannot be converted into the property's. */
export const unknownUnit = (unit: string, property: ObservedProperty): Refusal => ({
  reason: "unknown-unit",
  detail: `unit ${shown(unit)} is not one of ${property.name}: expected UCUM ${
    convertibleUnits(property.unit).join(", ")
  }`
})

export const notAnObject = (value: unknown): Refusal => ({
  reason: "not-an-object",
  detail: `item ${
    shown(value)
  } is no observation: expected an object with sensorId, property, phenomenonTime and result`
})

export const notText = (field: string, value: unknown, expected: string): Refusal =>
  value === undefined
    ? { reason: "missing-field", detail: `${field} is missing: expected ${expected}` }
    : { reason: "wrong-type", detail: `${field} ${shown(value)} is not text: expected ${expected}` }

const notNumberWords = /^\s*[+-]?(nan|inf(inity)?)\s*$/i

export const notANumber = (result: unknown, property: ObservedProperty, kind: string = "JSON number"): Refusal => {
  const expected = `expected a finite ${kind} in ${property.unit}`
  if (result === undefined) return { reason: "missing-field", detail: `result is missing: ${expected}` }
  if (result === null) {
    return { reason: "not-finite", detail: `result null is no value (null is how JSON writes NaN): ${expected}` }
  }
  if (typeof result === "number" || (typeof result === "string" && notNumberWords.test(result))) {
    return { reason: "not-finite", detail: `result ${shown(result)} is not finite: ${expected}` }
  }
  const isQuoted = kind === "JSON number" && typeof result === "string" && result.trim() !== ""
  const unquote = isQuoted && Number.isFinite(Number(result)) ? ", without quotes" : ""
  return { reason: "wrong-type", detail: `result ${shown(result)} is not a number: ${expected}${unquote}` }
}

export const unknownProperty = (name: string): Refusal => {
  const near = nearNames(name)
  const names = near.length > 0 ? `did you mean ${near.join(" or ")}` : `expected one of ${allNames.join(", ")}`
  return { reason: "unknown-property", detail: `property ${shown(name)} is not in the catalogue: ${names}` }
}

const allNames = observedProperties.map((property) => property.name)

/** At most three catalogue names that contain the words of `name`, are contained in it, or differ in few letters. */
const nearNames = (name: string): ReadonlyArray<string> => {
  const plain = name.slice(0, 64).toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "")
  if (plain.length < 2) return []
  const distance = (known: string): number =>
    known.includes(plain) || plain.includes(known) ? 0 : editDistance(plain, known)
  return allNames
    .map((known) => ({ known, distance: distance(known) }))
    .filter(({ distance, known }) => distance <= Math.min(3, known.length >> 1))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ known }) => known)
}

/** Levenshtein distance (insertions, deletions, substitutions). */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** A location that is no point at all. */
export const notAPoint = (location: unknown): Refusal => ({
  reason: "bad-location",
  detail: `location ${shown(location)} is no GeoJSON Point:`
    + ` expected {"type":"Point","coordinates":[longitude, latitude]}`
})

/** A time that is no instant (`time` is NaN), in the future, or too long ago. */
export const timeRefusal = (
  field: string,
  text: string,
  time: number,
  receivedAt: number,
  horizonMillis: number
): Refusal => {
  if (Number.isNaN(time)) return { reason: "bad-time", detail: `${field} ${shown(text)} ${rfc3339Problem(text)}` }
  if (time > receivedAt) {
    const ahead = Math.round((time - receivedAt) / 1000)
    return {
      reason: "future",
      detail:
        `${field} ${shown(text)} is ${ahead} s ahead of ${new Date(receivedAt).toISOString()}, when it was received:`
        + ` at most ${futureMillisMax / 1000} s is accepted, so set the clock of the source`
    }
  }
  const days = Math.round(horizonMillis / dayMillis)
  return {
    reason: "ancient",
    detail: `${field} ${shown(text)} is too long ago: expected 1970 or later and at most ${days} days before reception`
  }
}
