/** The entities in front of the district shards: what they answer and tell, and that asking about nobody creates nobody. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import { Sharding } from "effect/cluster"
import { DistrictProtocol, DistrictQueries } from "../../src/actors/DistrictProtocol.ts"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { DistrictId } from "../../src/schemas/Identifiers.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { shardOf, shards } from "../../src/schemas/Shards.ts"
import { batchOf } from "../actors/StoredShard.ts"
import { districtsApplied, newData, settingsOf } from "../scenarios/CityInProcess.ts"

const district = "Länsi/Pasila 7"
const minute = 60_000
const start = Date.UTC(2026, 10, 24, 8)

/** One value a minute of one sensor, and a tick for everybody, up to a minute. */
const reportTo = (from: number, to: number) =>
  Effect.gen(function*() {
    const log = yield* ObservationLog
    for (let at = from; at < to; at++) {
      const time = start + at * minute
      const sent = [{ sensorId: "air", property: 4, time, result: 5 + at % 3, district }]
      yield* log.append([{ shard: shardOf("air"), payload: batchOf(sent, { receivedAt: time }) }])
      yield* log.append(shards.map((shard) => ({ shard, payload: encodeTick(time + 1000) })))
    }
    yield* districtsApplied
  })

const cityWithOne = Effect.gen(function*() {
  const city = yield* openCity(settingsOf(yield* newData), "Europe/Helsinki")
  yield* reportTo(0, 7).pipe(Effect.provide(city.context))
  return city.context
})

describe("the District entity", () => {
  it.live("answers what a caller on the same runner is told without it", () =>
    Effect.gen(function*() {
      const context = yield* cityWithOne
      const [direct, asked, listed] = yield* Effect.gen(function*() {
        const queries = yield* DistrictQueries
        const entity = (yield* DistrictProtocol.client)(district)
        return [yield* queries.district(district), yield* entity.Current(), yield* queries.districts("", 10)] as const
      }).pipe(Effect.provide(context))

      assert.deepStrictEqual(asked, direct)
      assert.deepStrictEqual(listed, [direct])
      assert.deepInclude(asked, {
        id: DistrictId.make(district),
        name: district,
        start: "2026-11-24T08:00:00.000Z",
        revision: 0
      })
      assert.deepStrictEqual(asked.quality?.parts.map(({ name }) => name), ["air"])
      assert.deepStrictEqual(asked.properties.map(({ mean, property }) => [property, mean]), [["pm2_5", 5.8]])
    }).pipe(Effect.scoped))

  it.live("tells its newest state, then every one that becomes public; as a caller on the same runner hears it", () =>
    Effect.gen(function*() {
      const context = yield* cityWithOne
      yield* Effect.gen(function*() {
        const queries = yield* DistrictQueries
        const entity = (yield* DistrictProtocol.client)(district)
        const collect = <E>(states: Stream.Stream<{ readonly start: string; readonly revision: number }, E>) =>
          states.pipe(
            Stream.map(({ revision, start }) => `${start.slice(11, 16)} r${revision}`),
            Stream.take(4),
            Stream.runCollect
          )
        const ready = yield* Queue.unbounded<void>()
        const told = <E, A>(states: Stream.Stream<A, E>) => Stream.tap(states, () => Queue.offer(ready, undefined))
        const fibers = yield* Effect.forEach(
          [told(entity.Live()), told(queries.live(district))],
          (states) => Effect.forkChild(collect<unknown>(states))
        )
        yield* Queue.take(ready)
        yield* Queue.take(ready)
        yield* reportTo(7, 22)
        const [asked, direct] = yield* Effect.forEach(fibers, Fiber.join)

        assert.deepStrictEqual(asked, ["08:00 r0", "08:05 r0", "08:10 r0", "08:15 r0"])
        assert.deepStrictEqual(direct, asked)
      }).pipe(Effect.provide(context))
    }).pipe(Effect.scoped, Effect.timeout("60 seconds")))

  it.live("is never made by a question about a district that nobody has heard of, not even for a shard elsewhere", () =>
    Effect.gen(function*() {
      const context = yield* cityWithOne
      const answers = yield* Effect.gen(function*() {
        const sharding = yield* Sharding.Sharding
        const queries = yield* DistrictQueries
        const local = yield* LocalDistricts
        const here = yield* Effect.flip(queries.district("nowhere"))
        const strangers = ["a", "b", "c", "d", "e", "f"].map((letter) => `nowhere-${letter}`)
        const streams = yield* Effect.forEach(strangers, (id) => Effect.flip(Stream.runHead(queries.live(id))))
        const entities = yield* sharding.activeEntityCount
        for (const id of [...strangers, district]) local.remove(shardOf(id))
        const elsewhere = yield* Effect.forEach(strangers, (id) => Effect.flip(queries.district(id)))
        const moved = yield* Effect.flip(queries.district(district))
        return { here, streams, elsewhere, entities, moved, afterwards: yield* sharding.activeEntityCount }
      }).pipe(Effect.provide(context))

      assert.strictEqual(answers.here._tag, "DistrictUnknown")
      assert.deepStrictEqual(answers.streams.map(({ _tag }) => _tag), Array(6).fill("DistrictUnknown"))
      assert.strictEqual(answers.entities, 0)
      // Only doors are asked about other shards, and they say that nothing is there (any more, or yet).
      assert.deepStrictEqual(answers.elsewhere.map(({ _tag }) => _tag), Array(6).fill("ShardNotReady"))
      assert.strictEqual(answers.moved._tag, "ShardNotReady")
      assert.isAtMost(answers.afterwards, 7)
    }).pipe(Effect.scoped))
})
