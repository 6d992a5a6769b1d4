/**
 * The shards whose state lives in this process: where processors put it, where entities and diagnostics read it.
 * Promise: a state is handed out only while its processor is ready, and never changed by a reader.
 */
import { Context, Effect, Layer } from "effect"
import { ShardNotReady } from "./SensorProtocol.ts"
import type { SensorShard } from "./SensorStage.ts"
import type { ShardStatus } from "./ShardStatusProtocol.ts"

/** How a processor is: written by it, read by all. */
export interface ProcessorEntry {
  state: ShardStatus["state"]
  detail: string
  applied: number
  committed: number
  epoch: number
  restarts: number
}

export const newEntry = (): ProcessorEntry => ({
  state: "starting",
  detail: "starting",
  applied: 0,
  committed: 0,
  epoch: 0,
  restarts: 0
})

export interface LocalShard extends ProcessorEntry {
  sensors: SensorShard | undefined
}

export class LocalShards extends Context.Service<LocalShards, {
  /** The entry of a shard, made where it is not there. */
  readonly entry: (shard: number) => LocalShard
  /** The shard is no longer here. */
  readonly remove: (shard: number) => void
  readonly has: (shard: number) => boolean
  readonly entries: () => IterableIterator<[number, LocalShard]>
  /** The state of a ready shard. */
  readonly ready: (shard: number) => Effect.Effect<SensorShard, ShardNotReady>
}>()("vicinity/actors/LocalShards") {
  static readonly layer = Layer.sync(LocalShards, () => {
    const shards = new Map<number, LocalShard>()
    return LocalShards.of({
      entry: (shard) => {
        let entry = shards.get(shard)
        if (entry === undefined) {
          entry = { ...newEntry(), sensors: undefined }
          shards.set(shard, entry)
        }
        return entry
      },
      remove: (shard) => {
        shards.delete(shard)
      },
      has: (shard) => shards.has(shard),
      entries: () => shards.entries(),
      ready: (shard) => {
        const entry = shards.get(shard)
        return entry !== undefined && entry.state === "ready" && entry.sensors !== undefined
          ? Effect.succeed(entry.sensors)
          : Effect.fail(new ShardNotReady({ shard, detail: entry?.detail ?? "it is not on this runner" }))
      }
    })
  })
}
