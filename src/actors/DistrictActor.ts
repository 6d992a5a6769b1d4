/**
 * The actors of the district stage on a runner: one shard processor per shard, the `District` entity, and one `DistrictDoor` per
 * shard, all on the runner of the shard. Entities only read.
 */
import { Effect, Layer, PubSub } from "effect"
import { Entity, Singleton } from "effect/cluster"
import { EventLog } from "../ports/EventLog.ts"
import { PartialsLog } from "../ports/ShardedLog.ts"
import type { CityEvent } from "../schemas/CityEvent.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import * as Answers from "./DistrictAnswers.ts"
import { DistrictDoorProtocol, DistrictProtocol } from "./DistrictProtocol.ts"
import { DistrictStage } from "./DistrictStage.ts"
import { entityOptions } from "./EntityOptions.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { ProcessorSettingsInForce } from "./ProcessorSettings.ts"
import { withPatience } from "./Publishing.ts"
import { nameInShard } from "./ShardNames.ts"
import * as Processor from "./ShardProcessor.ts"

const processor = (shard: number) =>
  Singleton.make(
    nameInShard("district-stage", shard),
    Effect.gen(function*() {
      const local = yield* LocalDistricts
      const events = yield* EventLog
      const entry = local.entry(shard)
      yield* Effect.addFinalizer(() => Effect.sync(() => local.remove(shard)))
      const publish = (published: ReadonlyArray<CityEvent>) =>
        Effect.andThen(
          withPatience(events.publish(published)),
          Effect.forEach(entry.districts?.takeNews() ?? [], (state) => PubSub.publish(local.news, state), {
            discard: true
          })
        )
      return yield* Processor.run({
        stage: DistrictStage,
        shard,
        log: yield* PartialsLog,
        publish,
        entry,
        settings: yield* ProcessorSettingsInForce,
        show: (state) => {
          entry.districts = state
        }
      })
    })
  )

export const districtStageLayer = Layer.mergeAll(...(shards.map(processor) as [ReturnType<typeof processor>]))

export const districtEntityLayer = DistrictProtocol.toLayer(
  Effect.gen(function*() {
    const local = yield* LocalDistricts
    const { entityId } = yield* Entity.CurrentAddress
    const shard = shardOf(entityId)
    return DistrictProtocol.of({
      Current: () => Effect.flatMap(local.ready(shard), (state) => Answers.current(state, entityId)),
      Live: () => Answers.live(local, shard, entityId)
    })
  }),
  entityOptions
)

export const districtDoorLayer = DistrictDoorProtocol.toLayer(
  Effect.gen(function*() {
    const local = yield* LocalDistricts
    return DistrictDoorProtocol.of({
      Districts: ({ payload: { after, limit, shard } }) =>
        Effect.map(local.ready(shard), (state) => Answers.list(state, after, limit)),
      Find: ({ payload: { district, shard } }) =>
        Effect.map(local.ready(shard), (state) => Answers.find(state, district) ?? null)
    })
  }),
  entityOptions
)
