/**
 * One value (*result*) of one *datastream* (sensor × property) at one *phenomenonTime*, in the words of OGC SensorThings
 * 1.1 §8.2.7. `ObservationInput` is what anyone may send; `Observation` is what the log keeps after validation and
 * conversion.
 */
import { Schema } from "effect"
import { SensorId } from "./Identifiers.ts"
import { PropertyName } from "./ObservedProperties.ts"
import { EpochMillis, Point } from "./Quantities.ts"

/** An observation as sent: JSON, times in RFC 3339. The door checks it item by item and says what is wrong with which. */
export const ObservationInput = Schema.Struct({
  sensorId: Schema.String.annotate({
    description: "Id of the device: NFC, at most 128 bytes",
    examples: ["lam-23128"]
  }),
  property: Schema.String.annotate({ description: "Observed property", examples: ["vehicle_speed"] }),
  phenomenonTime: Schema.String.annotate({
    description: "When it was measured, RFC 3339",
    examples: ["2026-11-24T08:00:00Z"]
  }),
  resultTime: Schema.optionalKey(Schema.String.annotate({
    description: "When the result became available; a later one at the same phenomenonTime corrects an earlier one"
  })),
  result: Schema.Finite.annotate({ description: "The value, in `unit`", examples: [62.5] }),
  unit: Schema.optionalKey(
    Schema.String.annotate({ description: "UCUM code; default: the property's own unit", examples: ["km/h"] })
  ),
  location: Schema.optionalKey(Point)
}).annotate({ identifier: "ObservationInput" })
export type ObservationInput = typeof ObservationInput.Type

/** An observation as kept: in the unit of its property. */
export const Observation = Schema.Struct({
  sensorId: SensorId,
  property: PropertyName,
  phenomenonTime: EpochMillis,
  resultTime: Schema.NullOr(EpochMillis),
  result: Schema.Finite,
  location: Schema.NullOr(Point)
})
export type Observation = typeof Observation.Type

/** Why an item was not accepted: stable words for programs, beside a sentence for people. */
export const RejectionReason = Schema.Literals([
  "malformed-json",
  "not-an-object",
  "missing-field",
  "wrong-type",
  "bad-sensor-id",
  "unknown-property",
  "unknown-unit",
  "bad-time",
  "future",
  "ancient",
  "not-finite",
  "implausible",
  "bad-location",
  "too-many-items",
  "too-large",
  "corrupt-batch",
  "quarantined"
])
export type RejectionReason = typeof RejectionReason.Type

/** What the source is told of one item it sent. */
export const ItemRejection = Schema.Struct({
  index: Schema.Int.annotate({
    description: "Position in the request, from 0 (for NDJSON: among its non-empty lines)"
  }),
  reason: RejectionReason,
  detail: Schema.String.annotate({ description: "What is wrong, where, and what to do" })
}).annotate({ identifier: "ItemRejection" })
export type ItemRejection = typeof ItemRejection.Type

/** Answer to a POST of observations once all accepted ones are on disk. */
export const Accepted = Schema.Struct({
  accepted: Schema.Int,
  rejected: Schema.Array(ItemRejection)
}).annotate({ identifier: "Accepted" })
export type Accepted = typeof Accepted.Type
