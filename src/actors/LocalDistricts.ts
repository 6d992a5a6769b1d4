/**
 * The district shards whose state lives in this process: where processors put it, where entities read it, and the news of them as
 * they become public. Promise: a state is handed out only while its processor is ready, and never changed by a reader.
 */
import { Context, Effect, Layer, PubSub } from "effect"
import type { DistrictState } from "../schemas/DistrictState.ts"
import type { DistrictShard } from "./DistrictStage.ts"
import { makeEntries, newEntry, type ProcessorEntries, type ProcessorEntry } from "./ProcessorEntries.ts"

export interface LocalDistrict extends ProcessorEntry {
  districts: DistrictShard | undefined
}

/** News a slow listener may be behind; then the oldest are left out, as the newest state says it all. */
const newsMax = 1_024

export class LocalDistricts extends Context.Service<
  LocalDistricts,
  ProcessorEntries<LocalDistrict, DistrictShard> & {
    /** States as they become public. */
    readonly news: PubSub.PubSub<DistrictState>
  }
>()("vicinity/actors/LocalDistricts") {
  static readonly layer = Layer.effect(
    LocalDistricts,
    Effect.gen(function*() {
      const news = yield* PubSub.sliding<DistrictState>(newsMax)
      yield* Effect.addFinalizer(() => PubSub.shutdown(news))
      const entries = makeEntries<LocalDistrict, DistrictShard>(
        () => ({ ...newEntry(), districts: undefined }),
        ({ districts }) => districts
      )
      return LocalDistricts.of({ ...entries, news })
    })
  )
}
