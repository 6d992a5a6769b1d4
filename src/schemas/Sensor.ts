/** A device, as the API shows it: where it is, how it is, and the latest value of each of its datastreams. */
import { Schema } from "effect"
import { Point } from "./Quantities.ts"

export const LatestValue = Schema.Struct({
  property: Schema.String,
  phenomenonTime: Schema.String.annotate({ description: "RFC 3339 UTC" }),
  result: Schema.Finite,
  unit: Schema.String.annotate({ description: "UCUM code" })
}).annotate({ identifier: "LatestValue" })
export type LatestValue = typeof LatestValue.Type

/** Worst first. */
export const SensorHealth = Schema.Literals(["stuck", "silent", "ok"])
export type SensorHealth = typeof SensorHealth.Type

export const Sensor = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  location: Schema.NullOr(Point),
  district: Schema.NullOr(Schema.String),
  health: SensorHealth.annotate({
    description:
      "The worst of what it reports: `stuck` gave one and the same value for an hour though what it measures never rests; `silent` "
      + "is overdue by its own rhythm at this hour of the week; else `ok`. What moves is never silent"
  }),
  latest: Schema.Array(LatestValue)
}).annotate({ identifier: "Sensor" })
export type Sensor = typeof Sensor.Type

/** Where every observation of a datastream went: sent = counted + duplicate + superseded + late + overflow. */
export const DatastreamCounts = Schema.Struct({
  property: Schema.String,
  health: SensorHealth.annotate({ description: "Of this datastream alone" }),
  counted: Schema.Int,
  duplicate: Schema.Int,
  superseded: Schema.Int,
  late: Schema.Int.annotate({
    description: "Came for a window that was closed: in no window, kept at /v1/sensors/{id}/late"
  }),
  overflow: Schema.Int,
  watermark: Schema.NullOr(Schema.String).annotate({ description: "Nothing earlier is expected; RFC 3339 UTC" })
}).annotate({ identifier: "DatastreamCounts" })
export type DatastreamCounts = typeof DatastreamCounts.Type

/** One sensor, whole. */
export const SensorDetail = Schema.Struct({
  ...Sensor.fields,
  datastreams: Schema.Array(DatastreamCounts)
}).annotate({ identifier: "SensorDetail" })
export type SensorDetail = typeof SensorDetail.Type
