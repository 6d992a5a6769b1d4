/**
 * The latest values of real shards, written into a real Redis once a second and read from there: lists are the same as from the
 * shards themselves, whatever happens to owners and to Redis.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { pageFrom } from "../../../src/actors/LatestPages.ts"
import { writeLatest } from "../../../src/actors/LatestViewWriter.ts"
import { LocalShards } from "../../../src/actors/LocalShards.ts"
import * as Queries from "../../../src/actors/SensorShardQueries.ts"
import type { SensorShard } from "../../../src/actors/SensorStage.ts"
import { ShownBlocks } from "../../../src/actors/ShownBlocks.ts"
import type { LatestViewService } from "../../../src/ports/LatestView.ts"
import { Latitude, Longitude } from "../../../src/schemas/Quantities.ts"
import type { SensorFilter } from "../../../src/schemas/SensorFilter.ts"
import { randomNumbers } from "../../../stack/Random.ts"
import { batchOf, commandOf, type Sent, StoredShard, tickAt } from "../../actors/StoredShard.ts"
import { readyView, SharedRedis } from "./RedisView.ts"

const monday = Date.UTC(2026, 5, 1)
const minute = 60_000
const speed = 0
const noise = 10

const viewOf = (city: string) => Effect.flatMap(SharedRedis, ({ url }) => readyView(url, city))

/** Sensors of every kind: with one property or two, named, placed, moving, silent, stuck, with ids that JSON escapes. */
const odd = (random: () => number, sensors: number, from: number): ReadonlyArray<Sent> =>
  Array.from({ length: sensors }, (_, i): ReadonlyArray<Sent> => {
    const sensorId = `HSL "${from + i}"\\/ä€😀${i % 7 === 0 ? "\u2028" : ""}`
    const place = i % 3 === 0
      ? {}
      : { location: [24 + 2 * random(), 60 + random()] as const, district: `district ${i % 5}` }
    const sent = {
      sensorId,
      property: speed,
      time: monday + Math.floor(random() * minute),
      result: 200 * random() - 0.5,
      ...place
    }
    return i % 4 === 0 ? [sent, { ...sent, property: noise, result: i % 8 === 0 ? -0 : 1e-9 * random() }] : [sent]
  }).flat()

const shardOf = (sensors: number, seed = 1) => {
  const random = randomNumbers(seed)
  return new StoredShard().apply(
    batchOf(odd(random, sensors, 0), { receivedAt: monday + minute }),
    commandOf("a", {
      _tag: "DescribeSensor",
      sensorId: "described, never heard of",
      name: "N\n",
      location: [Longitude.make(-179.9999999), Latitude.make(-89.5)]
    }),
    tickAt(monday + 2 * minute)
  )
}

const filters: ReadonlyArray<SensorFilter> = [
  {},
  { property: "noise" },
  { property: "pm2_5" },
  { district: "district 2" },
  { district: "nowhere" },
  { health: "ok" },
  { health: "silent" },
  { bbox: [24.5, 60.2, 25, 60.7] },
  { bbox: [170, -90, -170, 0] },
  { bbox: [25.5, 60, 24.2, 60.5], district: "district 1", property: "noise", health: "ok" }
]

/** The whole list of a shard, page by page, from whom `page` asks. */
const listed = Effect.fnUntraced(function*<E>(
  page: (from: number, turn: number) => Effect.Effect<ReturnType<typeof Queries.sensors> | undefined, E>
) {
  const pages: Array<unknown> = []
  for (let from: number | null = 0, turn = 0; from !== null; turn++) {
    const answer: ReturnType<typeof Queries.sensors> | undefined = yield* page(from, turn)
    if (answer === undefined) return "not there"
    pages.push(answer)
    from = answer.next
  }
  return pages
})

const fromDoor = (state: SensorShard, limit: number, filter: SensorFilter) =>
  listed((from) => Effect.sync(() => Queries.sensors(state, from, limit, filter)))

const fromView = (view: LatestViewService, limit: number, filter: SensorFilter) =>
  listed((from) => pageFrom(view, 7, from, limit, filter))

const write = (view: LatestViewService, shown: ShownBlocks, after: number | undefined) =>
  Effect.map(
    view.write({
      shard: 7,
      epoch: 1,
      position: 1,
      after,
      sensors: shown.shard.directory.sensors,
      changes: shown.take(after === undefined)
    }),
    (written) => {
      if (written._tag !== "kept") throw new Error(written._tag)
      return written.revision
    }
  )

const assertSame = Effect.fnUntraced(function*(view: LatestViewService, state: SensorShard) {
  for (const filter of filters) {
    for (const limit of [1, 63, 64, 1_000]) {
      if (limit === 1 && filter !== filters[0]) continue
      const door = yield* fromDoor(state, limit, filter)
      assert.deepStrictEqual(yield* fromView(view, limit, filter), door, JSON.stringify({ filter, limit }))
    }
  }
})

it.layer(SharedRedis.layer, { excludeTestServices: true })("the latest values in Redis", (it) => {
  it.effect("are the same, page by page and byte by byte, as from the shard, with every filter", () =>
    Effect.gen(function*() {
      const view = yield* viewOf("same")
      const stored = shardOf(300)

      yield* write(view, new ShownBlocks(stored.shard), undefined)

      yield* assertSame(view, stored.shard)
    }).pipe(Effect.scoped))

  it.effect("are the same when only what changed was written: values, new sensors and datastreams, places, health", () =>
    Effect.gen(function*() {
      const view = yield* viewOf("changes")
      const stored = shardOf(300)
      const { shard } = stored
      const shown = new ShownBlocks(shard)
      const random = randomNumbers(5)
      let revision = yield* write(view, shown, undefined)
      const steps: ReadonlyArray<ReadonlyArray<Uint8Array>> = [
        [batchOf(odd(random, 10, 100), { receivedAt: monday + 2 * minute })],
        [batchOf(odd(random, 40, 290), { receivedAt: monday + 3 * minute })],
        [batchOf([{ ...odd(random, 1, 6)[0] as Sent, property: 3 }], { receivedAt: monday + 3 * minute })],
        [tickAt(monday + 20 * minute)],
        [tickAt(monday + 300 * minute)],
        [commandOf("b", { _tag: "DescribeSensor", sensorId: "described, never heard of", name: "later" })],
        []
      ]

      const written: Array<number> = []
      for (const records of steps) {
        stored.apply(...records)
        const changes = shown.take(false)
        written.push(changes.length)
        const answer = yield* view.write({
          shard: 7,
          epoch: 1,
          position: 1,
          after: revision,
          sensors: shard.directory.sensors,
          changes
        })
        revision = answer._tag === "kept" ? answer.revision : -1
        yield* assertSame(view, shard)
      }

      // Nothing of what did not change.
      assert.deepStrictEqual(written.map((n) => n > 0), [true, true, true, true, true, true, false])
      assert.isBelow(written[0] ?? 0, 4)
    }).pipe(Effect.scoped))

  it.effect("may answer some pages of a list and the shard others: every sensor comes once", () =>
    Effect.gen(function*() {
      const view = yield* viewOf("turns")
      const { shard } = shardOf(500)
      yield* write(view, new ShownBlocks(shard), undefined)

      for (const filter of filters) {
        const door = yield* fromDoor(shard, 50, filter)
        const mixed = yield* listed((from, turn) =>
          turn % 2 === 0
            ? pageFrom(view, 7, from, 50, filter)
            : Effect.sync(() => Queries.sensors(shard, from, 50, filter))
        )

        assert.deepStrictEqual(mixed, door)
      }
    }).pipe(Effect.scoped))

  it.effect("do not end a list that has gone beyond them in the shard", () =>
    Effect.gen(function*() {
      const view = yield* viewOf("behind")
      const stored = shardOf(100)
      yield* write(view, new ShownBlocks(stored.shard), undefined)

      stored.apply(batchOf(odd(randomNumbers(9), 50, 100), { receivedAt: monday + 3 * minute }))

      assert.isUndefined(yield* pageFrom(view, 7, 120, 10, {}))
    }).pipe(Effect.scoped))

  it.effect("that are damaged are not shown", () =>
    Effect.gen(function*() {
      const server = yield* SharedRedis
      const view = yield* viewOf("damaged")
      yield* write(view, new ShownBlocks(shardOf(100).shard), undefined)

      yield* server.send("HSET", "vicinity:damaged:latest1:7", "v0", "too few bytes")
      const failed = yield* Effect.flip(pageFrom(view, 7, 0, 10, {}))
      yield* server.send("HDEL", "vicinity:damaged:latest1:7", "v0")

      assert.match(failed.detail, /a block of shard 7 cannot be read/)
      assert.isUndefined(yield* pageFrom(view, 7, 0, 10, {}))
    }).pipe(Effect.scoped))

  it.effect("are written by the owner while it is ready, come back after Redis forgot them, and go over to the next owner", () =>
    Effect.gen(function*() {
      const server = yield* SharedRedis
      const view = yield* viewOf("owners")
      const own = (stored: StoredShard, epoch: number) =>
        Effect.gen(function*() {
          const local = yield* LocalShards
          const entry = local.entry(7)
          Object.assign(entry, { state: "ready", epoch, applied: 10, sensors: stored.shard })
          const writing = yield* Effect.forkScoped(writeLatest(view))
          return { entry, writing }
        }).pipe(Effect.provide(Layer.fresh(LocalShards.layer)))
      const untilSameAs = (stored: StoredShard) =>
        Effect.gen(function*() {
          const door = JSON.stringify(yield* fromDoor(stored.shard, 1_000, {}))
          while (JSON.stringify(yield* fromView(view, 1_000, {})) !== door) yield* Effect.sleep("20 millis")
        })
      const first = shardOf(100)
      const second = shardOf(100, 2)

      const owner = yield* own(first, 1)
      yield* untilSameAs(first)
      first.apply(batchOf(odd(randomNumbers(3), 70, 40), { receivedAt: monday + 3 * minute }))
      yield* untilSameAs(first)
      yield* server.send("DEL", "vicinity:owners:latest1:7")
      yield* untilSameAs(first)
      // The old owner still believes; the new one has the shard.
      yield* own(second, 2)
      yield* untilSameAs(second)
      yield* Effect.sleep("1500 millis")
      yield* untilSameAs(second)

      assert.strictEqual(yield* server.send("HGET", "vicinity:owners:latest1:7", "epoch"), "2")
      yield* Fiber.interrupt(owner.writing)
    }).pipe(Effect.scoped))
})
