/**
 * A sensor of a list as JSON text. Promise: for equal facts and values the same text, byte for byte, as `JSON.stringify` of a
 * `Sensor`, whoever makes it: the shard that has the state, or who reads what the shard has written. Made by hand because a
 * list of a whole city is made of a hundred thousand of them.
 */
import { observedProperties, type ObservedProperty } from "./ObservedProperties.ts"
import { toRfc3339 } from "./Quantities.ts"
import type { SensorHealth } from "./Sensor.ts"

interface FactsOfSensor {
  readonly id: string
  readonly name: string
  readonly longitude: number | null
  readonly latitude: number | null
  readonly district: string | null
}

export const sensorText = (
  { district, id, latitude, longitude, name }: FactsOfSensor,
  health: SensorHealth,
  latest: string
): string => {
  const quoted = JSON.stringify(id)
  const location = longitude === null || latitude === null
    ? "null"
    : `{"type":"Point","coordinates":[${longitude},${latitude}]}`
  return `{"id":${quoted},"name":${name === id ? quoted : JSON.stringify(name)},"location":${location},"district":${
    district === null ? "null" : JSON.stringify(district)
  },"health":"${health}","latest":[${latest}]}`
}

/** What stands before the time, and behind the result, of a value of each property. */
const frames = observedProperties.map(({ name, unit }: ObservedProperty) => ({
  before: `{"property":${JSON.stringify(name)},"phenomenonTime":"`,
  behind: `,"unit":${JSON.stringify(unit)}}`
}))

/** Sensors of a city report at the same instants, and a calendar costs more than the rest. */
let knownTime = NaN
let knownText = ""

const timeText = (time: number): string => {
  if (time !== knownTime) {
    knownText = toRfc3339(time)
    knownTime = time
  }
  return knownText
}

/** The latest value of a property, by its number. */
export const latestText = (property: number, time: number, result: number): string => {
  const frame = frames[property] as (typeof frames)[number]
  return `${frame.before}${timeText(time)}","result":${result}${frame.behind}`
}
