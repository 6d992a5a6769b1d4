/** The door over real logs: what is accepted is in the log, what is refused is in REJECTED, and nothing waits without bound. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as BatchingDoor from "../../src/ingest/BatchingDoor.ts"
import { Door, type Item } from "../../src/ingest/Door.ts"
import { Placement } from "../../src/ingest/Placement.ts"
import { RejectedLog } from "../../src/ports/RejectedLog.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { allRecords, batchesOf, logs, temporaryFolder } from "./Logs.ts"

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const item = (value: unknown): Item => ({ value, raw: () => text(value) })
const observation = (sensorId: string, result: number, rest: object = {}) => ({
  sensorId,
  property: "vehicle_speed",
  phenomenonTime: "1970-01-01T00:00:00Z",
  result,
  ...rest
})

/** A door over logs in a folder of their own. */
const withDoor = (
  settings: Partial<BatchingDoor.DoorSettings> = {},
  logOptions: Parameters<typeof logs>[1] = {}
) =>
  Layer.unwrap(
    Effect.map(temporaryFolder, (folder) => Layer.provideMerge(BatchingDoor.layer(settings), logs(folder, logOptions)))
  )

const found = Effect.map(allRecords, (records) => batchesOf(records.values()))
const results = Effect.map(found, (batches) => batches.flatMap(({ observations }) => observations.map((o) => o.result)))

describe("the door", () => {
  it.live("accepts the good beside the bad, and keeps the bad with reason and raw bytes", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const bad = observation("b", 1, { property: "speed" })
      const broken: Item = {
        value: undefined,
        malformed: "line 3 is no JSON",
        raw: () => new TextEncoder().encode("{oops")
      }

      const answer = yield* door.offer("http", [
        item(observation("a", 1)),
        item(bad),
        broken,
        item(observation("c", 2))
      ])

      assert.strictEqual(answer.accepted, 2)
      assert.deepStrictEqual(answer.rejected.map(({ index, reason }) => [index, reason]), [[1, "unknown-property"], [
        2,
        "malformed-json"
      ]])
      assert.sameMembers([...yield* results], [1, 2])
      const { items } = yield* (yield* RejectedLog).list({ limit: 10 })
      assert.deepStrictEqual(items.map(({ reason, source }) => [source, reason]), [["http", "malformed-json"], [
        "http",
        "unknown-property"
      ]])
      assert.deepStrictEqual(items[1]?.raw, text(bad))
      assert.strictEqual(items[1]?.detail, answer.rejected[0]?.detail)
      assert.deepStrictEqual(yield* door.totals, { accepted: 2, rejected: 2 })
    }).pipe(Effect.provide(withDoor())))

  it.live("keeps what is bad of a delivery once, however often it is offered", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const rejected = yield* RejectedLog
      const items = [item(observation("a", 1)), item({}), item(observation("b", 1, { property: "speed" }))]

      for (const delivery of ["d-1", "d-1", "d-2"]) yield* door.offer("nats", items, { id: delivery, heldSince: 0 })
      for (const delivery of ["d-3", "d-3"]) {
        yield* door.refuse("nats", "malformed-json", "no JSON", text("x"), delivery)
      }

      assert.strictEqual((yield* rejected.counts).total, 5)
      const { items: kept } = yield* rejected.list({ limit: 10 })
      assert.deepStrictEqual(kept.map(({ id }) => id), ["d-3:0", "d-2:2", "d-2:1", "d-1:2", "d-1:1"])
    }).pipe(Effect.provide(withDoor())))

  it.live("writes units, times, places and districts as its check and its placement have them", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const located = observation("a", 50, {
        unit: "mph",
        phenomenonTime: "2026-01-01T00:00:00+02:00",
        resultTime: "2026-01-01T00:00:01Z",
        location: { type: "Point", coordinates: [24.9384, 60.1699] }
      })

      yield* door.offer("mqtt:hsl", [item(located)])

      const [batch] = yield* found
      assert.strictEqual(batch?.source, "mqtt:hsl")
      assert.strictEqual(batch?.districtSetVersion, 4)
      assert.match(batch?.producer ?? "", /^door-[0-9a-z]{20}\/mqtt:hsl$/)
      assert.deepStrictEqual(batch?.observations, [{
        sensorId: "a",
        property: 0,
        phenomenonTime: Date.UTC(2025, 11, 31, 22),
        resultTime: Date.UTC(2026, 0, 1, 0, 0, 1),
        result: 50 * 1.609344,
        district: "east",
        location: [24.9384, 60.1699]
      }])
    }).pipe(
      Effect.provide(withDoor()),
      Effect.provideService(Placement, { version: 4, districtOf: (longitude) => longitude > 20 ? "east" : "west" })
    ))

  it.live("puts 10,000 observations on all 61 shards, each in its own, in order, numbered from 1", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const items = Array.from({ length: 10_000 }, (_, i) => item(observation(`s-${i % 2500}`, i / 100)))

      const answer = yield* door.offer("http", items)

      assert.deepStrictEqual(answer, { accepted: 10_000, rejected: [] })
      const records = yield* allRecords
      assert.strictEqual(records.size, 61)
      for (const [shard, ofShard] of records) {
        const batches = batchesOf([ofShard])
        assert.deepStrictEqual(batches.map(({ producerSequence }) => producerSequence), batches.map((_, i) => i + 1))
        assert.isTrue(batches.every(({ observations }) => observations.length <= 100))
        const observations = batches.flatMap((batch) => batch.observations)
        assert.isTrue(observations.every(({ sensorId }) => shardOf(sensorId) === shard))
        const order = observations.map(({ result }) => result)
        assert.deepStrictEqual(order, order.toSorted((a, b) => a - b))
      }
      assert.lengthOf(yield* results, 10_000)
    }).pipe(Effect.provide(withDoor())))

  it.effect("waits for company at most as long as it may linger", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const first = yield* Effect.forkChild(door.offer("http", [item(observation("a", 1))]), { startImmediately: true })
      yield* TestClock.adjust("4 millis")
      const second = yield* Effect.forkChild(door.offer("http", [item(observation("a", 2))]), {
        startImmediately: true
      })
      assert.isUndefined(first.pollUnsafe())

      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(first)
      yield* Fiber.join(second)

      const [batch] = yield* found
      assert.deepStrictEqual(batch?.observations.map(({ result }) => result), [1, 2])
      assert.strictEqual(batch?.receivedAt, 5)
    }).pipe(Effect.provide(withDoor())))

  it.effect("does not linger with a full batch or a large offer", () =>
    Effect.gen(function*() {
      const door = yield* Door

      yield* door.offer("http", Array.from({ length: 100 }, (_, i) => item(observation("a", i))))
      yield* door.offer("http", Array.from({ length: 1000 }, (_, i) => item(observation(`s-${i}`, 1))))

      assert.lengthOf(yield* results, 1100)
    }).pipe(Effect.provide(withDoor())))

  it.live("acknowledges only when the log has it on disk", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        const door = yield* Door
        const offered = yield* Effect.forkChild(door.offer("http", [item(observation("a", 1)), item({})]))

        yield* Effect.sleep("50 millis")
        assert.isUndefined(offered.pollUnsafe())
        assert.deepStrictEqual(yield* door.totals, { accepted: 0, rejected: 0 })

        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual((yield* Fiber.join(offered)).accepted, 1)
        assert.deepStrictEqual(yield* door.totals, { accepted: 1, rejected: 1 })
      }).pipe(Effect.provide(withDoor({}, { afterAppend: Deferred.await(gate) })))
    }))

  it.live("is busy while it holds as many unacknowledged observations as it may", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        const door = yield* Door
        const offer = (n: number) =>
          door.offer("http", Array.from({ length: n }, (_, i) => item(observation(`s-${i}`, i))))
        const first = yield* Effect.forkChild(offer(8), { startImmediately: true })

        const busy = yield* Effect.flip(offer(3))
        assert.strictEqual(busy._tag, "DoorBusy")
        const fits = yield* Effect.forkChild(offer(2), { startImmediately: true })

        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual((yield* Fiber.join(first)).accepted, 8)
        assert.strictEqual((yield* Fiber.join(fits)).accepted, 2)
        // One larger than the door itself goes through when it is alone.
        assert.strictEqual((yield* offer(25)).accepted, 25)
      }).pipe(Effect.provide(withDoor({ unacknowledgedMax: 10 }, { afterAppend: Deferred.await(gate) })))
    }))

  it.live("gives back the room of refused items and of offers that were interrupted", () =>
    Effect.gen(function*() {
      const door = yield* Door
      for (let i = 0; i < 5; i++) yield* door.offer("http", Array.from({ length: 2000 }, () => item({})))
      for (let i = 0; i < 5; i++) {
        const items = Array.from({ length: 2000 }, (_, n) => item(observation(`s-${n}`, n % 100)))
        const offered = yield* Effect.forkChild(door.offer("http", items), { startImmediately: true })
        yield* Fiber.interrupt(offered)
        yield* Effect.sleep("20 millis")
      }

      // What an interrupted offer had begun to write still has its room until it is written.
      const answer = yield* door.offer(
        "http",
        Array.from({ length: 2000 }, (_, n) => item(observation(`t-${n}`, 1)))
      ).pipe(Effect.retry({ while: (error) => error._tag === "DoorBusy", schedule: Schedule.spaced("10 millis") }))

      assert.strictEqual(answer.accepted, 2000)
      assert.strictEqual((yield* door.totals).accepted, 2000)
    }).pipe(Effect.provide(withDoor({ unacknowledgedMax: 2000 }))))

  it.live("passes on that the log is full, and goes on when there is room", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const log = yield* ObservationLog
      const items = Array.from({ length: 5000 }, (_, i) => item(observation(`s-${i}`, i % 100)))
      let accepted = 0
      let refusal = yield* Effect.exit(door.offer("http", items))
      while (Exit.isSuccess(refusal)) {
        accepted += refusal.value.accepted
        refusal = yield* Effect.exit(door.offer("http", items))
      }

      const error = yield* Effect.flip(door.offer("http", [item({}), ...items]))
      assert.strictEqual(error._tag, "LogFull")
      assert.deepStrictEqual(yield* door.totals, { accepted, rejected: 0 })
      assert.strictEqual((yield* (yield* RejectedLog).counts).total, 0)
      // Of a refused offer a part may be there: at least once, and its source sends it again.
      assert.isAtLeast((yield* results).length, accepted)

      for (let shard = 1; shard <= 61; shard++) {
        yield* log.retain("sensor", shard, (yield* log.bounds(shard)).last)
      }
      assert.strictEqual((yield* door.offer("http", items)).accepted, 5000)
    }).pipe(Effect.provide(withDoor({}, {
      consumers: ["sensor"],
      limitBytes: 2_000_000,
      segmentBytes: 400_000,
      recordBytesMax: 100_000,
      minRetainedBytes: 0
    }))))

  it.live("keeps the order of a producer's batches while many offers overlap", () =>
    Effect.gen(function*() {
      const door = yield* Door
      const offers = Array.from({ length: 400 }, (_, i) =>
        door.offer(
          i % 2 === 0 ? "http" : "nats",
          Array.from({ length: 1 + i % 37 * 40 }, (_, n) => item(observation(`s-${n % 300}`, i / 10)))
        ))

      const answers = yield* Effect.all(offers, { concurrency: 20 })

      const sent = answers.reduce((sum, { accepted }) => sum + accepted, 0)
      const records = yield* allRecords
      assert.lengthOf(yield* results, sent)
      for (const ofShard of records.values()) {
        const batches = batchesOf([ofShard])
        for (const source of ["http", "nats"]) {
          const sequences = batches.filter((batch) => batch.source === source).map((batch) => batch.producerSequence)
          assert.deepStrictEqual(sequences, sequences.map((_, i) => i + 1))
        }
      }
    }).pipe(Effect.provide(withDoor())))

  it.live("appends and acknowledges what it holds before it is gone, and then takes nothing more", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const context = yield* Layer.build(logs(folder))
      const scope = yield* Scope.make()
      const door = yield* BatchingDoor.make({ ...BatchingDoor.doorDefaults, linger: Duration.hours(1) }).pipe(
        Effect.provide(context),
        Scope.provide(scope)
      )
      const offered = yield* Effect.forkChild(door.offer("http", [item(observation("a", 7))]), {
        startImmediately: true
      })

      yield* Scope.close(scope, Exit.void)

      assert.strictEqual((yield* Fiber.join(offered)).accepted, 1)
      assert.deepStrictEqual(yield* Effect.provide(results, context), [7])
      assert.strictEqual((yield* Effect.flip(door.offer("http", [item(observation("a", 8))])))._tag, "LogUnavailable")
    }))

  it.live("keeps a whole body that is no list of observations, at most 64 KiB of it", () =>
    Effect.gen(function*() {
      const door = yield* Door

      yield* door.refuse("http", "too-large", "the body has more than 8 MiB", new Uint8Array(100_000))

      const { items } = yield* (yield* RejectedLog).list({ limit: 10 })
      assert.deepStrictEqual(items.map(({ raw, rawBytes, reason }) => [reason, raw.length, rawBytes]), [[
        "too-large",
        65_536,
        100_000
      ]])
      assert.deepStrictEqual(yield* door.totals, { accepted: 0, rejected: 1 })
    }).pipe(Effect.provide(withDoor())))
})
