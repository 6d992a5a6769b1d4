/** Instants and spans that many schemas share. A bare `number` never leaves a function body. */
import { Schema } from "effect"

/** Milliseconds since 1970-01-01T00:00:00Z, as a safe integer. */
export const EpochMillis = Schema.Int.pipe(Schema.brand("EpochMillis"))
export type EpochMillis = typeof EpochMillis.Type

/** Degrees east of Greenwich, WGS 84. */
export const Longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 })).pipe(
  Schema.brand("Longitude")
)
/** Degrees north of the equator, WGS 84. */
export const Latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 })).pipe(
  Schema.brand("Latitude")
)

/** A GeoJSON point (RFC 7946 §3.1.2): longitude first. */
export const Point = Schema.Struct({
  type: Schema.Literal("Point"),
  coordinates: Schema.Tuple([Longitude, Latitude])
})
export type Point = typeof Point.Type

/** RFC 3339 in UTC with milliseconds. */
export const toRfc3339 = (millis: number): string => new Date(millis).toISOString()
