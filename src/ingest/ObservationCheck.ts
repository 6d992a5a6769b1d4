/**
 * Is this an observation we can keep? One parsed JSON value in; either the observation, its result in the unit of its
 * property, or a reason and one sentence that names the field, its value and what is expected.
 * Promise: what passes has a valid id, a known property, a finite plausible result and a real instant that is neither in the
 * future nor ancient. Knows no clock: the caller says when it received the item. Hot path: plain synchronous code.
 */
import { observedProperties, type ObservedProperty, observedProperty } from "../schemas/ObservedProperties.ts"
import { type Conversion, conversion } from "../schemas/Units.ts"
import {
  futureMillisMax,
  implausible,
  locationRefusal,
  notAnObject,
  notANumber,
  notAPoint,
  notText,
  type Refusal,
  sensorIdRefusal,
  timeRefusal,
  unknownProperty,
  unknownUnit
} from "./Refusals.ts"
import { parseRfc3339 } from "./Rfc3339.ts"

/** How long before its reception an observation may lie unless set otherwise: 100 years. */
export const horizonMillisDefault = 100 * 365.25 * 86_400_000

/** Checks items one after the other. After `check` has returned `undefined` the fields hold the observation. */
export class ObservationCheck {
  sensorId = ""
  property: ObservedProperty = observedProperties[0] as ObservedProperty
  /** Epoch milliseconds. */
  phenomenonTime = 0
  /** Epoch milliseconds, NaN where none was given. */
  resultTime = NaN
  /** In the unit of the property. */
  result = 0
  /** Longitude and latitude in degrees. */
  location: readonly [number, number] | undefined = undefined
  private readonly horizonMillis: number

  constructor(horizonMillis: number = horizonMillisDefault) {
    this.horizonMillis = horizonMillis
  }

  check(value: unknown, receivedAt: number): Refusal | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return notAnObject(value)
    const item = value as Record<string, unknown>
    const sensorId = item["sensorId"]
    if (typeof sensorId !== "string") return notText("sensorId", sensorId, "the id of the device as text")
    if (!isPlainId(sensorId)) {
      const refusal = sensorIdRefusal(sensorId)
      if (refusal !== undefined) return refusal
    }
    const name = item["property"]
    if (typeof name !== "string") return notText("property", name, "the name of an observed property as text")
    const property = observedProperty(name)
    if (property === undefined) return unknownProperty(name)
    this.sensorId = sensorId
    this.property = property
    return this.checkTimes(item, receivedAt) ?? this.checkResult(item, property) ?? this.checkLocation(item["location"])
  }

  private checkTimes(item: Record<string, unknown>, receivedAt: number): Refusal | undefined {
    const text = item["phenomenonTime"]
    if (typeof text !== "string") return notText("phenomenonTime", text, "the time of measurement in RFC 3339")
    const time = parseRfc3339(text)
    if (!this.isNear(time, receivedAt)) return timeRefusal("phenomenonTime", text, time, receivedAt, this.horizonMillis)
    this.phenomenonTime = time
    const resultText = item["resultTime"]
    if (resultText === undefined || resultText === null) {
      this.resultTime = NaN
      return undefined
    }
    if (typeof resultText !== "string") return notText("resultTime", resultText, "a time in RFC 3339")
    const resultTime = parseRfc3339(resultText)
    if (!this.isNear(resultTime, receivedAt)) {
      return timeRefusal("resultTime", resultText, resultTime, receivedAt, this.horizonMillis)
    }
    this.resultTime = resultTime
    return undefined
  }

  /** False for NaN too. */
  private isNear(time: number, receivedAt: number): boolean {
    return time >= 0 && time >= receivedAt - this.horizonMillis && time <= receivedAt + futureMillisMax
  }

  private checkResult(item: Record<string, unknown>, property: ObservedProperty): Refusal | undefined {
    const result = item["result"]
    if (typeof result !== "number" || !Number.isFinite(result)) return notANumber(result, property)
    const unit = item["unit"]
    if (unit === undefined || unit === null || unit === property.unit) {
      this.result = result
      return implausible(property, result, result, property.unit)
    }
    if (typeof unit !== "string") return notText("unit", unit, `a UCUM code such as ${property.unit}`)
    const convert = cachedConversion(property, unit)
    if (convert === undefined) return unknownUnit(unit, property)
    this.result = result * convert.factor + convert.offset
    return implausible(property, this.result, result, unit)
  }

  private checkLocation(location: unknown): Refusal | undefined {
    if (location === undefined || location === null) {
      this.location = undefined
      return undefined
    }
    const point = location as { readonly type?: unknown; readonly coordinates?: unknown }
    const coordinates = point.coordinates
    if (point.type !== "Point" || !Array.isArray(coordinates) || coordinates.length < 2 || coordinates.length > 3) {
      return notAPoint(location)
    }
    const [longitude, latitude] = coordinates as ReadonlyArray<unknown>
    const refusal = locationRefusal("location", longitude, latitude)
    if (refusal === undefined) this.location = [longitude as number, latitude as number]
    return refusal
  }
}

/** Printable ASCII is always NFC, so most ids need no closer look. */
const isPlainId = (id: string): boolean => {
  if (id.length === 0 || id.length > 128) return false
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (code < 32 || code > 126) return false
  }
  return id.charCodeAt(0) !== 46 || (id !== "." && id !== "..")
}

/** Conversions already looked up, by property number; only such as exist, so it stays small. */
const conversions: ReadonlyArray<Map<string, Conversion>> = observedProperties.map(() => new Map())

const cachedConversion = (property: ObservedProperty, unit: string): Conversion | undefined => {
  const known = (conversions[property.number] as Map<string, Conversion>).get(unit)
  if (known !== undefined) return known
  const found = conversion(unit, property.unit)
  if (found !== undefined) (conversions[property.number] as Map<string, Conversion>).set(unit, found)
  return found
}
