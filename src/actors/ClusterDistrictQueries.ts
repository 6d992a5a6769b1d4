/**
 * Queries about districts from anywhere in the cluster: from the shard when it is in this process, else through its door or
 * entity. Whether there is a district is asked of the door of its shard, so asking never makes an entity.
 */
import { Duration, Effect, Layer, Stream } from "effect"
import type { DistrictView } from "../schemas/DistrictState.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import * as Answers from "./DistrictAnswers.ts"
import { DistrictDoorProtocol, DistrictProtocol, DistrictQueries, DistrictUnknown } from "./DistrictProtocol.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { ShardNotReady } from "./SensorProtocol.ts"
import { nameInShard } from "./ShardNames.ts"

/** A query that a runner does not answer in this time is answered with `ShardNotReady`. */
const queryTimeout = Duration.seconds(2)

const notReady = (shard: number) => (error: unknown): ShardNotReady =>
  error instanceof ShardNotReady
    ? error
    : new ShardNotReady({ shard, detail: `its runner did not answer: ${String(error)}` })

export const districtQueriesLayer = Layer.effect(
  DistrictQueries,
  Effect.gen(function*() {
    const local = yield* LocalDistricts
    const districtClient = yield* DistrictProtocol.client
    const doorClient = yield* DistrictDoorProtocol.client
    const doors = new Map(shards.map((shard) => [shard, doorClient(nameInShard("district-door", shard))]))
    const remote = <A>(shard: number, answer: Effect.Effect<A, unknown> | undefined) =>
      (answer ?? Effect.fail("no door")).pipe(Effect.timeout(queryTimeout), Effect.mapError(notReady(shard)))

    const find = (id: string): Effect.Effect<DistrictView | null, ShardNotReady> => {
      const shard = shardOf(id)
      return local.has(shard)
        ? Effect.map(local.ready(shard), (state) => Answers.find(state, id) ?? null)
        : remote(shard, doors.get(shard)?.Find({ shard, district: id }))
    }
    const district = (id: string) =>
      Effect.flatMap(
        find(id),
        (view): Effect.Effect<DistrictView, DistrictUnknown> =>
          view === null ? Effect.fail(new DistrictUnknown({ district: id })) : Effect.succeed(view)
      )
    const ofShard = (shard: number, after: string, limit: number) =>
      local.has(shard)
        ? Effect.map(local.ready(shard), (state) => Answers.list(state, after, limit))
        : remote(shard, doors.get(shard)?.Districts({ shard, after, limit }))

    return DistrictQueries.of({
      district,
      districts: (after, limit) =>
        Effect.map(
          Effect.forEach(shards, (shard) => ofShard(shard, after, limit), { concurrency: 16 }),
          (lists) => lists.flat().sort((a, b) => a.id < b.id ? -1 : 1).slice(0, limit)
        ),
      live: (id) => {
        const shard = shardOf(id)
        if (local.has(shard)) return Answers.live(local, shard, id)
        const news = districtClient(id).Live().pipe(
          Stream.mapError((error) => error instanceof DistrictUnknown ? error : notReady(shard)(error))
        )
        return Stream.unwrap(Effect.as(district(id), news))
      }
    })
  })
)
