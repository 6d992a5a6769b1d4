/**
 * What is known of a district at a step of five minutes: its quality of life and what it measured in the hour up to the end of the
 * step. A *provisional* state is replaced by a final one, and that by revisions; `knownAt` says since when it was known.
 */
import { Schema } from "effect"
import { Bounds, SquareMetres } from "./District.ts"
import { DistrictId } from "./Identifiers.ts"
import { QualityOfLife } from "./QualityOfLife.ts"
import { Point } from "./Quantities.ts"

/** Milliseconds of a step. */
export const stepMillis = 300_000

export const DistrictProperty = Schema.Struct({
  property: Schema.String,
  unit: Schema.String.annotate({ description: "UCUM code" }),
  mean: Schema.Finite.annotate({ description: "Over the sensors, each by its health, in the hour up to `end`" }),
  sensors: Schema.Int.annotate({ description: "Sensors that report it now" })
}).annotate({ identifier: "DistrictProperty" })
export type DistrictProperty = typeof DistrictProperty.Type

export const DistrictState = Schema.Struct({
  district: DistrictId,
  name: Schema.NonEmptyString,
  start: Schema.String.annotate({ description: "Start of the step, RFC 3339 UTC" }),
  end: Schema.String.annotate({ description: "End of the step, exclusive" }),
  knownAt: Schema.String.annotate({ description: "Since when this revision was known" }),
  revision: Schema.Int.annotate({ description: "0 for the first; a later one replaces it" }),
  final: Schema.Boolean.annotate({ description: "False while windows of its sensors are still open" }),
  quality: Schema.NullOr(QualityOfLife),
  properties: Schema.Array(DistrictProperty),
  incidents: Schema.Int.annotate({ description: "Anomalies of its sensors that were open at `knownAt`" })
}).annotate({ identifier: "DistrictState" })
export type DistrictState = typeof DistrictState.Type

/** A district as it is shown: what it is, and its newest state, null before there is one. */
export const DistrictView = Schema.Struct({
  id: DistrictId,
  name: Schema.NonEmptyString,
  centre: Schema.NullOr(Point),
  areaSquareMetres: Schema.NullOr(SquareMetres),
  bounds: Schema.NullOr(Bounds),
  quality: Schema.NullOr(QualityOfLife),
  properties: Schema.Array(DistrictProperty),
  incidents: Schema.Int.annotate({ description: "Anomalies of its sensors that are open now" }),
  start: Schema.NullOr(Schema.String),
  end: Schema.NullOr(Schema.String),
  knownAt: Schema.NullOr(Schema.String),
  revision: Schema.NullOr(Schema.Int),
  final: Schema.NullOr(Schema.Boolean)
}).annotate({ identifier: "DistrictView" })
export type DistrictView = typeof DistrictView.Type
