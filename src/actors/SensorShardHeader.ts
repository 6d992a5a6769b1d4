/** The shard-wide state of the sensor stage as it is stored beside the records: settings, time, producers, totals. */
import { Schema } from "effect"
import { StageSettings } from "../schemas/Commands.ts"
import { ProducerState } from "./Producers.ts"
import { SensorPartialsState } from "./SensorPartials.ts"
import { requireKnownVersion } from "./StateVersionUnknown.ts"

/** Version of everything the sensor stage stores; a newer one is refused. 2 knows districts, 3 anomalies. */
export const sensorStateVersion = 3

export const ShardTotals = Schema.Struct({
  quarantined: Schema.Int,
  corruptBatches: Schema.Int,
  repeatedBatches: Schema.Int
})
export type ShardTotals = typeof ShardTotals.Type

export const SensorShardHeader = Schema.Struct({
  version: Schema.Int,
  settings: StageSettings,
  /** Newest tick, epoch milliseconds; null before the first. */
  tickedTo: Schema.NullOr(Schema.Finite),
  producers: Schema.Array(ProducerState),
  /** Ids of the newest commands applied, oldest first. */
  commands: Schema.Array(Schema.String),
  totals: ShardTotals,
  /** Absent before the first were given out. */
  partials: Schema.optionalKey(SensorPartialsState)
})
export type SensorShardHeader = typeof SensorShardHeader.Type

const json = Schema.fromJsonString(SensorShardHeader)
const encode = Schema.encodeSync(json)
const decode = Schema.decodeSync(json)

export const encodeHeader = (header: SensorShardHeader): Uint8Array => new TextEncoder().encode(encode(header))

/** Throws `StateVersionUnknown`. */
export const decodeHeader = (shard: number, bytes: Uint8Array): SensorShardHeader => {
  const text = new TextDecoder().decode(bytes)
  requireKnownVersion(shard, text, sensorStateVersion)
  return decode(text)
}
