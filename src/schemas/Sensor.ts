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

export const Sensor = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  location: Schema.NullOr(Point),
  district: Schema.NullOr(Schema.String),
  health: Schema.Literals(["ok"]).annotate({
    description: "Judged per sensor; every sensor is taken as ok until a detector says otherwise"
  }),
  latest: Schema.Array(LatestValue)
}).annotate({ identifier: "Sensor" })
export type Sensor = typeof Sensor.Type

/** Where every observation of a datastream went: sent = counted + duplicate + superseded + late + overflow. */
export const DatastreamCounts = Schema.Struct({
  property: Schema.String,
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
