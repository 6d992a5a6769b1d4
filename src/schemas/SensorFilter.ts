/** Filters of a list of sensors, and a page of it, as those who answer lists speak of them. */
import { Schema } from "effect"
import { SensorHealth } from "./Sensor.ts"

/** All given ones must hold. */
export const SensorFilter = Schema.Struct({
  property: Schema.optionalKey(Schema.String),
  district: Schema.optionalKey(Schema.String),
  health: Schema.optionalKey(SensorHealth),
  /** West, south, east, north in degrees; west > east crosses the antimeridian (RFC 7946 §5.2). */
  bbox: Schema.optionalKey(Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite]))
})
export type SensorFilter = typeof SensorFilter.Type

/**
 * A page of the sensors of one shard: those numbered `from` and up. It is text, because nobody on its way to the caller has to
 * look into it: `sensors` of them as JSON, with commas between. `next` is null at the end of the shard.
 */
export const ShardSensorPage = Schema.Struct({
  sensors: Schema.Int,
  json: Schema.String,
  next: Schema.NullOr(Schema.Int)
})
export type ShardSensorPage = typeof ShardSensorPage.Type

/** Sensors looked at for one page of a shard at most, so that a filter that matches nothing does not hold the loop. */
export const scannedMax = 20_000

/** Whether a place, null where it is not known, is in a box. */
export const isInBox = (
  [west, south, east, north]: NonNullable<SensorFilter["bbox"]>,
  longitude: number | null,
  latitude: number | null
): boolean => {
  if (longitude === null || latitude === null || latitude < south || latitude > north) return false
  return west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east
}
