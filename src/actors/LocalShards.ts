/**
 * The sensor shards whose state lives in this process: where processors put it, where entities and diagnostics read it.
 * Promise: a state is handed out only while its processor is ready, and never changed by a reader.
 */
import { Context, Layer } from "effect"
import { makeEntries, newEntry, type ProcessorEntries, type ProcessorEntry } from "./ProcessorEntries.ts"
import type { SensorShard } from "./SensorStage.ts"

interface LocalShard extends ProcessorEntry {
  sensors: SensorShard | undefined
}

export class LocalShards extends Context.Service<LocalShards, ProcessorEntries<LocalShard, SensorShard>>()(
  "vicinity/actors/LocalShards"
) {
  static readonly layer = Layer.sync(LocalShards, () =>
    LocalShards.of(makeEntries<LocalShard, SensorShard>(
      () => ({ ...newEntry(), sensors: undefined }),
      ({ sensors }) => sensors
    )))
}
