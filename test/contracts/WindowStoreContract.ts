/** The promises of `ports/WindowStore.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Clock, Effect, type Scope } from "effect"
import type { Commit, ShardStore } from "../../src/ports/ShardStore.ts"
import type { WindowQuery, WindowStore } from "../../src/ports/WindowStore.ts"
import { emptyCommit, namedCommit, windowColumns, type WindowRow } from "./CommitsForTests.ts"

export interface WindowStoreHarness {
  /** Commits go in here. */
  readonly shards: ShardStore["Service"]
  readonly windows: WindowStore["Service"]
}

const minute = 60_000
/** 2026-03-29T00:00:00Z */
const midnight = 1_774_742_400_000
const at = (minutes: number): number => midnight + minutes * minute

const ask: WindowQuery = {
  sensorId: "tram/9",
  property: "vehicle_speed",
  size: "1m",
  from: midnight,
  to: at(10_000),
  limit: 10_000
}

const commit = Effect.fnUntraced(function*(
  { shards }: WindowStoreHarness,
  rows: ReadonlyArray<WindowRow>,
  change: Partial<Commit> = {}
) {
  const [epoch = 0] = yield* shards.acquire(emptyCommit.stage, [emptyCommit.shard], "test")
  yield* shards.commit({ ...namedCommit(ask.sensorId, rows), epoch, ...change })
})

/** Values in which a decimal detour or a narrower type would show. */
const exact = [NaN, -0, 0, 5e-324, 2.2250738585072014e-308, 0.1, 1 / 3, 1e308, -1.7976931348623157e308, 16_777_217]

const bits = (value: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16)
}

export const windowStoreContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<WindowStoreHarness, never, R | Scope.Scope>
): void => {
  it.effect("finds every row of a commit once, ascending by start, in the words of the API", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const row = { slot: 0, start: at(1), count: 3, mean: 30, variance: 2.5, min: 28, max: 32, last: 31 }

      yield* commit(stores, [row, { slot: 0, start: at(0) }, { slot: 0, start: at(0), size: 300_000 }])

      const found = yield* stores.windows.windows(ask)
      assert.deepStrictEqual(found.map(({ start }) => start), ["2026-03-29T00:00:00.000Z", "2026-03-29T00:01:00.000Z"])
      assert.deepStrictEqual(found[1], {
        property: "vehicle_speed",
        start: "2026-03-29T00:01:00.000Z",
        end: "2026-03-29T00:02:00.000Z",
        count: 3,
        mean: 30,
        variance: 2.5,
        min: 28,
        max: 32,
        last: 31,
        revision: 0,
        final: true
      })
      const [five] = yield* stores.windows.windows({ ...ask, size: "5m" })
      assert.strictEqual(five?.end, "2026-03-29T00:05:00.000Z")
    }))

  it.effect("answers the half-open range [from, to), at most `limit`", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [0, 1, 2, 3, 4].map((minutes) => ({ slot: 0, start: at(minutes), count: minutes })))

      const counts = (query: Partial<WindowQuery>) =>
        Effect.map(stores.windows.windows({ ...ask, ...query }), (found) => found.map(({ count }) => count))

      assert.deepStrictEqual(yield* counts({ from: at(1), to: at(4) }), [1, 2, 3])
      assert.deepStrictEqual(yield* counts({ from: at(1) + 1, to: at(4) + 1 }), [2, 3, 4])
      assert.deepStrictEqual(yield* counts({ from: at(1), limit: 2 }), [1, 2])
      assert.deepStrictEqual(yield* counts({ from: -Infinity, to: Infinity }), [0, 1, 2, 3, 4])
      assert.deepStrictEqual(yield* counts({ from: at(4), to: at(4) }), [])
      assert.deepStrictEqual(yield* counts({ limit: 0 }), [])
      assert.deepStrictEqual(yield* counts({ limit: 2, newest: true }), [3, 4])
      assert.deepStrictEqual(yield* counts({ limit: 2, newest: true, to: at(3) }), [1, 2])
    }))

  it.effect("keeps every bit of every number", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const rows = exact.map((value, index) => ({
        slot: 0,
        start: at(index),
        mean: value,
        variance: value,
        min: value,
        max: value,
        last: value
      }))

      yield* commit(stores, rows)

      const found = yield* stores.windows.windows(ask)
      for (const key of ["mean", "variance", "min", "max", "last"] as const) {
        assert.deepStrictEqual(found.map((window) => bits(window[key])), exact.map(bits), key)
      }
    }))

  it.effect("keeps windows of any start and of many chunks", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const starts = [-8_520_336_000_000, -1, 0, 1, 4_102_444_800_001]
      const many = Array.from({ length: 4_501 }, (_, index) => ({ slot: 0, start: at(index), last: index }))

      yield* commit(stores, [...starts.map((start) => ({ slot: 0, start })), ...many])

      const found = yield* stores.windows.windows(ask)
      assert.deepStrictEqual(found.map(({ last }) => last), many.map(({ last }) => last))
      const ancient = yield* stores.windows.windows({ ...ask, from: -Infinity, to: midnight })
      assert.deepStrictEqual(ancient.map(({ start }) => Date.parse(start)), starts.slice(0, 4))
    }))

  it.effect("does not store an unchanged window again, and gives a changed one the next revision", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const row = { slot: 0, start: at(0), count: 2, mean: 5, variance: NaN }

      yield* commit(stores, [row, { slot: 0, start: at(1) }])
      yield* commit(stores, [row, { slot: 0, start: at(1) }])
      const repeated = yield* stores.windows.windows(ask)
      yield* commit(stores, [{ ...row, count: 3, mean: 6 }])
      yield* commit(stores, [{ ...row, count: 3, mean: 6 }])
      yield* commit(stores, [row])

      assert.deepStrictEqual(repeated.map(({ revision }) => revision), [0, 0])
      const found = yield* stores.windows.windows(ask)
      assert.deepStrictEqual(found.map(({ count, revision }) => [count, revision]), [[2, 2], [1, 0]])
    }))

  it.effect("takes two versions of a window in one commit, the later one last", () =>
    Effect.gen(function*() {
      const stores = yield* harness

      yield* commit(stores, [1, 2, 2, 3].map((count) => ({ slot: 0, start: at(0), count })))

      const found = yield* stores.windows.windows(ask)
      assert.deepStrictEqual(found.map(({ count, revision }) => [count, revision]), [[3, 2]])
    }))

  it.effect("tells what was known at an instant", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const before = yield* Clock.currentTimeMillis
      yield* Effect.sleep("20 millis")
      yield* commit(stores, [{ slot: 0, start: at(0), count: 1 }])
      yield* Effect.sleep("20 millis")
      const between = yield* Clock.currentTimeMillis
      yield* Effect.sleep("20 millis")
      yield* commit(stores, [{ slot: 0, start: at(0), count: 2 }, { slot: 0, start: at(1), count: 9 }])

      const known = (knownAt?: number) =>
        Effect.map(
          stores.windows.windows({ ...ask, knownAt }),
          (found) => found.map(({ count, revision }) => [count, revision])
        )

      assert.deepStrictEqual(yield* known(before), [])
      assert.deepStrictEqual(yield* known(between), [[1, 0]])
      assert.deepStrictEqual(yield* known(), [[2, 1], [9, 0]])
      assert.deepStrictEqual(yield* known(between + 3_600_000), [[2, 1], [9, 0]])
    }))

  it.effect("keeps datastreams apart, and knows nothing of what was never named", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const datastreams = [
        { slot: 0, sensorId: ask.sensorId, property: 0 },
        { slot: 1, sensorId: ask.sensorId, property: 1 },
        { slot: 2, sensorId: "other", property: 0 }
      ]
      const windows = windowColumns([0, 1, 2].map((slot) => ({ slot, start: at(0), count: slot + 1 })))

      yield* commit(stores, [], { datastreams, windows })

      const counts = (query: Partial<WindowQuery>) =>
        Effect.map(stores.windows.windows({ ...ask, ...query }), (found) => found.map(({ count }) => count))
      assert.deepStrictEqual(yield* counts({}), [1])
      assert.deepStrictEqual(yield* counts({ property: "vehicle_flow" }), [2])
      assert.deepStrictEqual(yield* counts({ sensorId: "other" }), [3])
      assert.deepStrictEqual(yield* counts({ sensorId: "nobody" }), [])
      assert.deepStrictEqual(yield* counts({ sensorId: "a\0b" }), [])
      assert.deepStrictEqual(yield* counts({ property: "no_such_property" }), [])
      assert.deepStrictEqual(yield* counts({ property: "pm10" }), [])
    }))

  it.effect("has nothing of a refused commit", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [{ slot: 0, start: at(0) }])

      yield* Effect.flip(stores.shards.commit({ ...namedCommit(ask.sensorId, [{ slot: 0, start: at(5) }]), epoch: 0 }))

      assert.strictEqual((yield* stores.windows.windows(ask)).length, 1)
    }))
}
