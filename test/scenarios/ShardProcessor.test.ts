/** The shard machine on a stable single runner: what kills a processor, and how it comes back. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Schedule } from "effect"
import { Epochs } from "../../src/actors/Epochs.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { counted, lastResult, late } from "../../src/analytics/DatastreamSlab.ts"
import { openCityOverHttp } from "../../src/apps/EmbeddedCity.ts"
import type { CitySettings } from "../../src/apps/Settings.ts"
import { LateStore } from "../../src/ports/LateStore.ts"
import { RejectedLog } from "../../src/ports/RejectedLog.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { ShardStore } from "../../src/ports/ShardStore.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { encodeTick, recordVersion } from "../../src/schemas/Records.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { applied, atCrashPoint, newData, settingsOf } from "./CityInProcess.ts"

const sensorId = "lam-1"
const shard = shardOf(sensorId)
const start = Date.UTC(2026, 10, 24, 8)

const batch = (sequence: number, results: ReadonlyArray<number>): Uint8Array => {
  const writer = new BatchWriter()
  for (const [i, result] of results.entries()) {
    writer.add(sensorId, 0, start + sequence * 60_000 + i * 1000, NaN, result, undefined, undefined)
  }
  return writer.take({
    receivedAt: start + (sequence + 1) * 60_000,
    source: "test",
    producer: "test",
    producerSequence: sequence,
    districtSetVersion: 0
  })
}

/** Observations of the first minute that come an hour later; results are numbered through. */
const lateBatch = (number: number, size: number): Uint8Array => {
  const writer = new BatchWriter()
  for (let i = 0; i < size; i++) writer.add(sensorId, 0, start + i, NaN, size * number + i, undefined, undefined)
  return writer.take({
    receivedAt: start + 61 * 60_000,
    source: "test",
    producer: "late",
    producerSequence: number + 1,
    districtSetVersion: 0
  })
}

const append = (payload: Uint8Array) => Effect.flatMap(ObservationLog, (log) => log.append([{ shard, payload }]))

const entry = Effect.map(LocalShards, (local) => local.entry(shard))

const until = (what: string, holds: () => boolean) =>
  Effect.gen(function*() {
    while (!holds()) yield* Effect.sleep("5 millis")
  }).pipe(Effect.timeout("20 seconds"), Effect.catch(() => Effect.die(new Error(`never: ${what}`))))

/** Runs a test in a city of its own. */
const inCity = <E, A>(
  test: (
    url: string
  ) => Effect.Effect<A, E, ObservationLog | LocalShards | ShardStore | LateStore | RejectedLog | Epochs>,
  layer: Layer.Layer<never> = Layer.empty,
  settings: Partial<CitySettings> = {}
) =>
  Effect.gen(function*() {
    const city = yield* openCityOverHttp(settingsOf(yield* newData, settings), "Europe/Helsinki")
    return yield* test(city.url).pipe(Effect.provide(city.context as Context.Context<never>))
  }).pipe(Effect.scoped, Effect.provide(layer)) as Effect.Effect<A, unknown>

/** As `/metrics` tells it. */
const staleWrites = (url: string) =>
  Effect.promise(async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/^vicinity_actors_stale_writes_total\S* (\d+)/m.exec(text)?.[1] ?? 0)
  })

const ask = (url: string) => Effect.promise(() => fetch(`${url}/v1/sensors/${sensorId}`))

describe("a shard processor", () => {
  it.live("that is killed comes back by itself; its shard answers 503 meanwhile, and nothing is lost", () => {
    let kills = 0
    const killOnce = atCrashPoint((point, at, stage) =>
      point === "after-publish-before-commit" && stage === "sensor" && at === shard && kills === 1
        ? Effect.sync(() => kills++).pipe(Effect.andThen(Effect.die("killed")))
        : Effect.void
    )
    return inCity((url) =>
      Effect.gen(function*() {
        yield* append(batch(1, [50, 52]))
        yield* applied
        const before = yield* ask(url)
        const { epoch } = yield* entry
        kills = 1
        yield* append(batch(2, [54]))
        const statuses = new Set<number>()
        let retryAfter: string | null = null
        yield* until("killed", () => kills === 2)
        let latest: unknown
        while (!statuses.has(503) || latest !== 54) {
          const answer = yield* ask(url)
          statuses.add(answer.status)
          if (answer.status === 503) retryAfter = answer.headers.get("retry-after")
          const body = yield* Effect.promise(() => answer.json() as Promise<{ latest?: Array<{ result: number }> }>)
          if (answer.status === 200) latest = body.latest?.[0]?.result
        }
        const after = yield* entry

        assert.strictEqual(before.status, 200)
        assert.deepStrictEqual([...statuses].sort(), [200, 503])
        assert.isNotNull(retryAfter)
        assert.strictEqual(after.restarts, 1)
        assert.strictEqual(after.epoch, epoch)
        assert.strictEqual(after.sensors?.streams.slab.record(0)[counted], 3)
      }), killOnce)
  })

  it.live("that was fenced writes nothing more, counts it, and goes on under the epoch of a new acquire", () =>
    inCity((url) =>
      Effect.gen(function*() {
        const store = yield* ShardStore
        const refusedBefore = yield* staleWrites(url)
        const epochs = yield* Epochs
        yield* append(batch(1, [50]))
        yield* applied
        const [intruder = 0] = yield* store.acquire("sensor", [shard], "intruder")
        yield* append(batch(2, [51]))
        const mine = yield* entry
        yield* until("fenced", () => mine.state === "failed")
        const stored = yield* store.load("sensor", shard)
        const [next = 0] = yield* store.acquire("sensor", [shard], "me")
        yield* epochs.raised("sensor", [shard], [next])
        yield* until("ready again", () => mine.state === "ready")
        yield* applied

        assert.strictEqual(next, intruder + 1)
        assert.strictEqual(yield* staleWrites(url), refusedBefore + 1)
        assert.match(mine.detail, /ready/)
        assert.strictEqual(mine.epoch, next)
        // What the fenced one had applied was not committed, and is there after the reload.
        assert.isBelow(stored?.position.sequence ?? 0, mine.applied)
        assert.strictEqual(mine.sensors?.streams.slab.record(0)[counted], 2)
      })
    ))

  it.live("keeps a damaged record aside, counts it, and goes on with the next one", () =>
    inCity(() =>
      Effect.gen(function*() {
        const damaged = batch(1, [50])
        damaged[70] = (damaged[70] ?? 0) ^ 0xff
        yield* append(damaged)
        yield* append(batch(2, [51]))
        yield* applied
        const mine = yield* entry
        const rejected = yield* RejectedLog
        const { items } = yield* rejected.list({ limit: 10 })

        assert.strictEqual(mine.state, "ready")
        assert.strictEqual(mine.sensors?.totals.corruptBatches, 1)
        assert.deepStrictEqual(items.map(({ reason }) => reason), ["corrupt-batch"])
        assert.deepStrictEqual(items[0]?.raw, damaged)
        assert.strictEqual(mine.sensors?.streams.slab.record(0)[lastResult], 51)
      })
    ))

  it.live("commits by itself when many late observations wait, and keeps every one of them", () =>
    inCity(
      () =>
        Effect.gen(function*() {
          const mine = yield* entry
          yield* append(batch(60, [50]))
          yield* applied
          const before = mine.applied
          // A new sensor is committed at once; after that there is an hour to the next commit.
          yield* until("known", () => mine.committed >= before)
          yield* Effect.forEach(Array.from({ length: 50 }, (_, i) => lateBatch(i, 1_000)), append)
          yield* applied
          yield* until("a commit", () => mine.committed > before)
          const store = yield* LateStore
          // A commit may be under way, whose rows are in the store and still among those that wait.
          const { items, next, waiting } = yield* Effect.repeat(
            Effect.map(
              store.late({ sensorId, property: "vehicle_speed", limit: 60_000 }),
              (page) => ({ ...page, waiting: mine.sensors?.streams.late.length ?? NaN })
            ),
            {
              schedule: Schedule.spaced("50 millis"),
              times: 200,
              until: ({ items, waiting }) => items.length >= 40_000 && items.length + waiting === 50_000
            }
          )

          assert.strictEqual(mine.sensors?.streams.slab.record(0)[late], 50_000)
          assert.isNull(next)
          assert.isAtLeast(items.length, 40_000)
          assert.strictEqual(items.length + waiting, 50_000)
          assert.deepStrictEqual(
            items.map(({ result }) => result).toReversed(),
            Array.from({ length: items.length }, (_, i) => i)
          )
        }),
      Layer.empty,
      { commitInterval: Duration.hours(1) }
    ))

  it.live("stops at a record of a newer version instead of skipping it, and says so", () =>
    inCity(() =>
      Effect.gen(function*() {
        const newer = encodeTick(start)
        newer[1] = recordVersion + 1
        const mine = yield* entry
        yield* append(batch(1, [50]))
        yield* append(newer)
        yield* append(batch(2, [51]))
        yield* until("refused", () => mine.state === "refused")

        assert.isUndefined(mine.sensors)
        assert.match(mine.detail, /version/)
      })
    ))
})
