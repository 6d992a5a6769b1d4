/**
 * The actors of the sensor stage on a runner: one shard processor per shard (a cluster singleton whose name hashes into that
 * very shard, so that feed, state and entities are always on the same runner), the `Sensor` entity, and one `ShardDoor` per
 * shard. Entities only read; ids the catalogue does not know are refused before an entity is addressed.
 */
import { Effect, Layer } from "effect"
import { Entity, Singleton } from "effect/cluster"
import { ObservationLog, PartialsLog } from "../ports/ShardedLog.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import { entityOptions } from "./EntityOptions.ts"
import { LocalShards } from "./LocalShards.ts"
import { ProcessorSettingsInForce } from "./ProcessorSettings.ts"
import { withPatience } from "./Publishing.ts"
import { answers } from "./SensorAnswers.ts"
import { SensorProtocol, ShardDoorProtocol } from "./SensorProtocol.ts"
import * as Queries from "./SensorShardQueries.ts"
import { SensorStage } from "./SensorStage.ts"
import { nameInShard } from "./ShardNames.ts"
import * as Processor from "./ShardProcessor.ts"

const processor = (shard: number) =>
  Singleton.make(
    nameInShard("sensor-stage", shard),
    Effect.gen(function*() {
      const local = yield* LocalShards
      const partials = yield* PartialsLog
      const entry = local.entry(shard)
      yield* Effect.addFinalizer(() => Effect.sync(() => local.remove(shard)))
      return yield* Processor.run({
        stage: SensorStage,
        shard,
        log: yield* ObservationLog,
        publish: (records) => withPatience(partials.append(records)),
        entry,
        settings: yield* ProcessorSettingsInForce,
        show: (state) => {
          entry.sensors = state
        }
      })
    })
  )

export const sensorStageLayer = Layer.mergeAll(...(shards.map(processor) as [ReturnType<typeof processor>]))

export const sensorEntityLayer = SensorProtocol.toLayer(
  Effect.gen(function*() {
    const local = yield* LocalShards
    const { entityId } = yield* Entity.CurrentAddress
    const shard = Effect.suspend(() => local.ready(shardOf(entityId)))
    return SensorProtocol.of({
      Detail: () => Effect.flatMap(shard, (state) => answers.detail(state, entityId)),
      OpenWindows: ({ payload }) =>
        Effect.flatMap(shard, (state) => answers.openWindows(state, entityId, payload.property, payload.size)),
      Baseline: ({ payload }) => Effect.flatMap(shard, (state) => answers.baseline(state, entityId, payload.property))
    })
  }),
  entityOptions
)

export const shardDoorLayer = ShardDoorProtocol.toLayer(
  Effect.gen(function*() {
    const local = yield* LocalShards
    return ShardDoorProtocol.of({
      Sensors: ({ payload }) =>
        Effect.map(
          Effect.suspend(() => local.ready(payload.shard)),
          (state) => Queries.sensors(state, payload.from, payload.limit, payload.filter)
        )
    })
  }),
  entityOptions
)
