/** What the district stage stores: of the shard, and of each district beside its windows. */
import { Schema } from "effect"
import { DistrictSettings } from "../schemas/Commands.ts"
import { District } from "../schemas/District.ts"
import { DistrictState } from "../schemas/DistrictState.ts"
import { requireKnownVersion } from "./StateVersionUnknown.ts"

/** Version of everything the district stage stores; a newer one is refused. 2 knows anomalies. */
export const districtStateVersion = 2

const NullableNumber = Schema.NullOr(Schema.Finite)

export const DistrictShardHeader = Schema.Struct({
  version: Schema.Int,
  settings: DistrictSettings,
  /** Version of the set of districts that was described last; 0: none. */
  describedVersion: Schema.Int,
  clocks: Schema.Struct({
    times: Schema.Array(NullableNumber),
    sequences: Schema.Array(Schema.Finite),
    frontier: NullableNumber,
    tickedTo: NullableNumber
  }),
  /** Of each sensor shard the record of its log whose anomalies were taken in last, and how many of them. Absent before the first. */
  anomalies: Schema.optionalKey(Schema.Struct({
    sequences: Schema.Array(Schema.Finite),
    counts: Schema.Array(Schema.Finite)
  })),
  /** Ids of the newest commands applied, oldest first. */
  commands: Schema.Array(Schema.String),
  totals: Schema.Struct({
    /** Partials that came for a window that is no longer held. */
    afterHorizon: Schema.Int,
    corruptRecords: Schema.Int
  })
})
export type DistrictShardHeader = typeof DistrictShardHeader.Type

export const StoredDistrict = Schema.Struct({
  id: Schema.String,
  /** Null: it was only observed. */
  description: Schema.NullOr(District),
  /** Windows that are held: start, and number of the row among the district's. */
  rows: Schema.Array(Schema.Tuple([Schema.Finite, Schema.Int])),
  /** Hours that windows of are held. */
  hours: Schema.Array(Schema.Struct({
    start: Schema.Finite,
    revision: Schema.Int,
    isChanged: Schema.Boolean,
    due: Schema.Array(Schema.Finite)
  })),
  latest: Schema.NullOr(DistrictState),
  /** Anomalies that are open; version 1 has none. */
  incidents: Schema.optionalKey(Schema.Struct({
    count: Schema.Int,
    waiting: Schema.Array(Schema.Tuple([Schema.Finite, Schema.Int]))
  }))
})
export type StoredDistrict = typeof StoredDistrict.Type

const headerJson = Schema.fromJsonString(DistrictShardHeader)
const districtJson = Schema.fromJsonString(StoredDistrict)
const encodeHeaderText = Schema.encodeSync(headerJson)
const decodeHeaderText = Schema.decodeSync(headerJson)
const encodeDistrictText = Schema.encodeSync(districtJson)
const decodeDistrictText = Schema.decodeSync(districtJson)

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
// Ids keep what looks like a byte order mark.
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

export const encodeHeader = (header: DistrictShardHeader): Uint8Array => bytesOf(encodeHeaderText(header))

/** Throws `StateVersionUnknown`. */
export const decodeHeader = (shard: number, bytes: Uint8Array): DistrictShardHeader => {
  const text = textOf(bytes)
  requireKnownVersion(shard, text, districtStateVersion)
  return decodeHeaderText(text)
}

export const encodeDistrict = (district: StoredDistrict): Uint8Array => bytesOf(encodeDistrictText(district))
export const decodeDistrict = (bytes: Uint8Array): StoredDistrict => decodeDistrictText(textOf(bytes))
