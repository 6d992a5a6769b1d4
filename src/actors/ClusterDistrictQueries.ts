/**
 * Queries about districts from anywhere in the cluster: from the shard when it is in this process, else through its door or
 * entity. Whether there is a district is asked of the door of its shard, so asking never makes an entity.
 */
import { Effect, Layer, Stream } from "effect"
import type { DistrictView } from "../schemas/DistrictState.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import * as Answers from "./DistrictAnswers.ts"
import { DistrictDoorProtocol, DistrictProtocol, DistrictQueries, DistrictUnknown } from "./DistrictProtocol.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { remoteAnswer, remoteError } from "./RemoteAnswers.ts"
import type { ShardNotReady } from "./SensorProtocol.ts"
import { nameInShard } from "./ShardNames.ts"

const isOfProtocol = (error: unknown): error is DistrictUnknown => error instanceof DistrictUnknown

export const districtQueriesLayer = Layer.effect(
  DistrictQueries,
  Effect.gen(function*() {
    const local = yield* LocalDistricts
    const districtClient = yield* DistrictProtocol.client
    const doorClient = yield* DistrictDoorProtocol.client
    const doors = new Map(shards.map((shard) => [shard, nameInShard("district-door", shard)]))
    const door = (shard: number) => doorClient(doors.get(shard) ?? "")

    const find = (id: string): Effect.Effect<DistrictView | null, ShardNotReady> => {
      const shard = shardOf(id)
      return local.has(shard)
        ? Effect.map(local.ready(shard), (state) => Answers.find(state, id) ?? null)
        : remoteAnswer(shard, door(shard).Find({ shard, district: id }))
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
        : remoteAnswer(shard, door(shard).Districts({ shard, after, limit }))

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
        const news = districtClient(id).Live().pipe(Stream.mapError(remoteError(shard, isOfProtocol)))
        return Stream.unwrap(Effect.as(district(id), news))
      }
    })
  })
)
