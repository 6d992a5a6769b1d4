/**
 * What the sensor stage of one shard tells the district stage of another of anomalies, as a record of kind `anomalies`: revisions in the
 * order in which they were found. Byte for byte: docs/log-format.md. They are few, so they travel as JSON, as commands do. Promise: a
 * self-contained, versioned record; one with a field this program does not know was written by a newer one.
 */
import { Option, Result, Schema } from "effect"
import { AnomalyEnding, type AnomalyRevision, AnomalySeverity } from "./Anomaly.ts"
import { observedProperties } from "./ObservedProperties.ts"
import { alignedRecord, RecordCorrupt, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

const fixedBytes = 16

/** A revision, and the record of the observation log that made it. */
export interface TravellingAnomaly extends AnomalyRevision {
  /** Sequence of that record in its shard. */
  readonly sourceSequence: number
  /** Which of those that the record made, from 0. */
  readonly ordinal: number
  /** When that was, in the time of the log; epoch milliseconds. */
  readonly foundAt: number
}

export interface AnomaliesRecord {
  readonly sourceShard: number
  readonly found: ReadonlyArray<TravellingAnomaly>
}

const Content = Schema.Struct({
  sourceShard: Schema.Int,
  found: Schema.Array(Schema.Struct({
    sourceSequence: Schema.Int,
    ordinal: Schema.Int,
    foundAt: Schema.Finite,
    sensorId: Schema.String,
    property: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: observedProperties.length - 1 })),
    district: Schema.NullOr(Schema.String),
    opened: Schema.Finite,
    closed: Schema.NullOr(Schema.Finite),
    ending: Schema.NullOr(AnomalyEnding),
    revision: Schema.Int,
    severity: AnomalySeverity,
    score: Schema.Finite,
    low: Schema.Finite,
    high: Schema.Finite,
    observed: Schema.Finite,
    observedAt: Schema.Finite,
    sentence: Schema.String
  }))
})
const decodeContent = Schema.decodeUnknownOption(Content, { onExcessProperty: "error" })
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export const encodeAnomalies = (record: AnomaliesRecord): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(record))
  const bytes = new Uint8Array(fixedBytes + ((text.length + 3) & ~3))
  new DataView(bytes.buffer).setUint32(8, text.length, true)
  bytes.set(text, fixedBytes)
  return sealRecord(bytes, "anomalies", 0)
}

/** Throws `RecordCorrupt` or `RecordVersionUnknown`. */
export const decodeAnomalies = (record: Uint8Array): AnomaliesRecord => {
  const bytes = alignedRecord(record, "anomalies")
  if (bytes.length < fixedBytes) throw new RecordCorrupt({ detail: `anomalies of ${bytes.length} bytes` })
  const length = new DataView(bytes.buffer).getUint32(8, true)
  if (fixedBytes + length > bytes.length) throw new RecordCorrupt({ detail: "anomalies longer than their record" })
  const json = Result.try((): unknown => JSON.parse(utf8.decode(bytes.subarray(fixedBytes, fixedBytes + length))))
  if (Result.isFailure(json)) throw new RecordCorrupt({ detail: "anomalies that are no JSON" })
  const content = decodeContent(json.success)
  if (Option.isNone(content)) throw new RecordVersionUnknown({ version: recordVersion })
  return content.value
}
