/** What a process has not because of its role. The edge of its API answers for it; here it is said to whoever asks all the same. */
import { Effect, Layer, Stream } from "effect"
import { DistrictQueries } from "../actors/DistrictProtocol.ts"
import { SensorQueries, ShardNotReady } from "../actors/SensorProtocol.ts"
import { Door } from "../ingest/Door.ts"
import { LogUnavailable } from "../ports/ShardedLog.ts"
import { shardOf } from "../schemas/Shards.ts"

const notHere = (shard: number) =>
  new ShardNotReady({ shard, detail: "this process takes observations in and asks no shards" })

/** For the role that takes observations in and must not depend on shards. */
export const noQueries = Layer.mergeAll(
  Layer.succeed(SensorQueries, {
    detail: (sensorId) => Effect.fail(notHere(shardOf(sensorId))),
    openWindows: (sensorId) => Effect.fail(notHere(shardOf(sensorId))),
    baseline: (sensorId) => Effect.fail(notHere(shardOf(sensorId))),
    sensorsOfShard: (shard) => Effect.fail(notHere(shard))
  }),
  Layer.succeed(DistrictQueries, {
    district: (id) => Effect.fail(notHere(shardOf(id))),
    districts: () => Effect.fail(notHere(1)),
    live: (id) => Stream.fail(notHere(shardOf(id)))
  })
)

const noEntrance = new LogUnavailable({ operation: "append", detail: "this process takes no observations in" })

/** For roles that take no observations in. */
export const noDoor = Layer.succeed(Door, {
  offer: () => Effect.fail(noEntrance),
  refuse: () => Effect.void,
  totals: Effect.succeed({ accepted: 0, rejected: 0 })
})
