/**
 * The district shards whose state lives in this process: where processors put it, where entities read it, and the news of them as
 * they become public. Promise: a state is handed out only while its processor is ready, and never changed by a reader.
 */
import { Context, Effect, Layer, PubSub } from "effect"
import type { DistrictState } from "../schemas/DistrictState.ts"
import type { DistrictShard } from "./DistrictStage.ts"
import { newEntry, type ProcessorEntry } from "./LocalShards.ts"
import { ShardNotReady } from "./SensorProtocol.ts"

export interface LocalDistrict extends ProcessorEntry {
  districts: DistrictShard | undefined
}

/** News a slow listener may be behind; then the oldest are left out, as the newest state says it all. */
const newsMax = 1_024

export class LocalDistricts extends Context.Service<LocalDistricts, {
  /** The entry of a shard, made where it is not there. */
  readonly entry: (shard: number) => LocalDistrict
  /** The shard is no longer here. */
  readonly remove: (shard: number) => void
  readonly has: (shard: number) => boolean
  readonly entries: () => IterableIterator<[number, LocalDistrict]>
  /** The state of a ready shard. */
  readonly ready: (shard: number) => Effect.Effect<DistrictShard, ShardNotReady>
  /** States as they become public. */
  readonly news: PubSub.PubSub<DistrictState>
}>()("vicinity/actors/LocalDistricts") {
  static readonly layer = Layer.effect(
    LocalDistricts,
    Effect.gen(function*() {
      const shards = new Map<number, LocalDistrict>()
      const news = yield* PubSub.sliding<DistrictState>(newsMax)
      yield* Effect.addFinalizer(() => PubSub.shutdown(news))
      return LocalDistricts.of({
        entry: (shard) => {
          let entry = shards.get(shard)
          if (entry === undefined) {
            entry = { ...newEntry(), districts: undefined }
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
          return entry !== undefined && entry.state === "ready" && entry.districts !== undefined
            ? Effect.succeed(entry.districts)
            : Effect.fail(new ShardNotReady({ shard, detail: entry?.detail ?? "it is not on this runner" }))
        },
        news
      })
    })
  )
}
