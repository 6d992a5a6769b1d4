/**
 * How a datastream is, as far as its own windows tell: *stuck* gives the same value for an hour although what it measures never
 * rests, *silent* does not report by its own rhythm. The weights and spans are ours; detection in full is another matter.
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"

/** Five-minute windows with one and the same value after which a datastream is stuck. */
const flatWindowsMax = 12
/** Of a stuck datastream: it still says something where it is alone, and next to nothing among others. */
const stuckWeight = 0.1

/** What a working instrument never reports alike for an hour; zero aside (no wind, no rain, nobody on the road). */
const restless: ReadonlySet<string> = new Set(["vehicle_speed", "pm2_5", "pm10", "no2", "o3", "noise"])
const isRestless = observedProperties.map((property) => restless.has(property.name))

/** How many windows in a row were flat, with one more whose values were all `result` (or not, `isFlat`). */
export const flatAfter = (flat: number, before: number, result: number, isFlat: boolean, property: number): number => {
  if (!isFlat || result === 0 || isRestless[property] !== true) return 0
  return result === before ? flat + 1 : 1
}

export const isStuck = (flat: number): boolean => flat >= flatWindowsMax
export const healthWeight = (flat: number): number => isStuck(flat) ? stuckWeight : 1

const minute = 60_000
/** A datastream that usually reports every five minutes is silent after three of them, any other after three hours. */
export const silentAfter = (reportsEveryFive: boolean): number => (reportsEveryFive ? 15 : 180) * minute
/** A datastream that was not heard of for a week does not belong to its district any more. */
export const forgottenAfter = 7 * 24 * 60 * minute
/** Before anything was learned of an hour, who reported this recently is expected. */
export const expectedUnlearned = 180 * minute
