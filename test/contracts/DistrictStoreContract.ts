/** The promises of `ports/DistrictStore.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { DistrictStateQuery, DistrictStore, DistrictWindowQuery } from "../../src/ports/DistrictStore.ts"
import type { DistrictStateRow, DistrictWindowRow, ShardStore, StoreUnavailable } from "../../src/ports/ShardStore.ts"
import type { DistrictState } from "../../src/schemas/DistrictState.ts"
import { DistrictId } from "../../src/schemas/Identifiers.ts"
import { toRfc3339 } from "../../src/schemas/Quantities.ts"
import { emptyCommit } from "./CommitsForTests.ts"

export interface DistrictStoreHarness {
  /** Commits go in here. */
  readonly shards: ShardStore["Service"]
  readonly districts: DistrictStore["Service"]
}

const minute = 60_000
const step = 5 * minute
/** 2026-03-29T00:00:00Z */
const midnight = 1_774_742_400_000
const at = (minutes: number): number => midnight + minutes * minute

const windowRow: DistrictWindowRow = {
  district: "kallio",
  property: "pm2_5",
  size: step,
  start: midnight,
  revision: 0,
  final: true,
  knownAt: at(15),
  count: 3,
  mean: 8,
  variance: 2.5,
  min: 6,
  max: 10,
  last: 7,
  sensors: 2,
  expected: 3,
  seen: 2,
  ill: 1,
  weight: 1.1,
  beyond: [2, 1],
  referenced: 1.1,
  compared: 0.7
}

const stateOf = (
  start: number,
  revision: number,
  knownAt: number,
  change: Partial<DistrictState> = {}
): DistrictStateRow => {
  const state: DistrictState = {
    district: DistrictId.make("kallio"),
    name: "Kallio",
    start: toRfc3339(start),
    end: toRfc3339(start + step),
    knownAt: toRfc3339(knownAt),
    revision,
    final: revision > 0,
    quality: null,
    properties: [{ property: "pm2_5", unit: "ug/m3", mean: 0.1 + revision, sensors: 2 }],
    incidents: 0,
    ...change
  }
  return {
    district: state.district,
    start,
    revision,
    final: state.final,
    knownAt,
    quality: null,
    confidence: null,
    state: JSON.stringify(state)
  }
}

const askWindows: DistrictWindowQuery = {
  district: "kallio",
  property: "pm2_5",
  size: "5m",
  from: midnight,
  to: at(10_000),
  limit: 10_000
}
const askStates: DistrictStateQuery = { district: "kallio", from: midnight, to: at(10_000), limit: 10_000 }

/** One commit: windows without a state too, as hours become public at times of their own. */
const commit = Effect.fnUntraced(function*(
  { shards }: DistrictStoreHarness,
  windows: ReadonlyArray<Partial<DistrictWindowRow>>,
  states?: ReadonlyArray<DistrictStateRow>,
  shard = 7
) {
  const [epoch = 0] = yield* shards.acquire("district", [shard], "test")
  const rows = windows.map((row) => ({ ...windowRow, ...row }))
  yield* shards.commit({
    ...emptyCommit,
    stage: "district",
    shard,
    epoch,
    districts: { windows: rows, states: states ?? [] }
  })
})

/** Values in which a decimal detour or a narrower type would show. */
const exact = [-0, 0, 5e-324, 2.2250738585072014e-308, 0.1, 1 / 3, 1e308, -1.7976931348623157e308, 16_777_217]

const bits = (value: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16)
}

export const districtStoreContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<DistrictStoreHarness, never, R | Scope.Scope>
): void => {
  it.effect("finds every window of a commit once, ascending by start, in the words of the API", () =>
    Effect.gen(function*() {
      const stores = yield* harness

      yield* commit(stores, [{ start: at(5) }, {}, { size: 12 * step }, { property: "noise" }, { district: "pasila" }])

      const found = yield* stores.districts.windows(askWindows)
      assert.deepStrictEqual(found.map(({ start }) => start), ["2026-03-29T00:00:00.000Z", "2026-03-29T00:05:00.000Z"])
      assert.deepStrictEqual(found[0], {
        property: "pm2_5",
        start: "2026-03-29T00:00:00.000Z",
        end: "2026-03-29T00:05:00.000Z",
        count: 3,
        mean: 8,
        variance: 2.5,
        min: 6,
        max: 10,
        last: 7,
        revision: 0,
        final: true
      })
      const [hour] = yield* stores.districts.windows({ ...askWindows, size: "1h" })
      assert.strictEqual(hour?.end, "2026-03-29T01:00:00.000Z")
      assert.isEmpty(yield* stores.districts.windows({ ...askWindows, size: "1m" }))
    }))

  it.effect("answers the half-open range [from, to), at most `limit`", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(
        stores,
        [0, 1, 2, 3, 4].map((n) => ({ start: at(5 * n), count: n + 1 })),
        [0, 1, 2, 3, 4].map((n) => stateOf(at(5 * n), 0, at(5 * n + 6)))
      )
      const windows = (change: Partial<DistrictWindowQuery>) =>
        Effect.map(
          stores.districts.windows({ ...askWindows, ...change }),
          (found) => found.map(({ count }) => count)
        )
      const states = (change: Partial<DistrictStateQuery>) =>
        Effect.map(
          stores.districts.states({ ...askStates, ...change }),
          (found) => found.map(({ start }) => (Date.parse(start) - midnight) / step)
        )

      assert.deepStrictEqual(yield* windows({ from: at(5), to: at(15) }), [2, 3])
      assert.deepStrictEqual(yield* windows({ from: at(5) + 1, to: at(15) + 1 }), [3, 4])
      assert.deepStrictEqual(yield* windows({ limit: 2 }), [1, 2])
      assert.deepStrictEqual(yield* windows({ limit: 0 }), [])
      assert.deepStrictEqual(yield* windows({ limit: 2, newest: true }), [4, 5])
      assert.deepStrictEqual(yield* windows({ limit: 2, newest: true, to: at(15) }), [2, 3])
      assert.deepStrictEqual(yield* windows({ limit: 1e12 }), [1, 2, 3, 4, 5])
      assert.deepStrictEqual(yield* windows({ from: -8.64e15, to: 8.64e15 }), [1, 2, 3, 4, 5])
      assert.deepStrictEqual(yield* states({ from: at(5), to: at(15) }), [1, 2])
      assert.deepStrictEqual(yield* states({ from: at(5) + 1, to: at(15) + 1 }), [2, 3])
      assert.deepStrictEqual(yield* states({ limit: 2 }), [0, 1])
      assert.deepStrictEqual(yield* states({ limit: 0 }), [])
      assert.deepStrictEqual(yield* states({ limit: 2, newest: true }), [3, 4])
      assert.deepStrictEqual(yield* states({ limit: 2, newest: true, knownAt: at(16) }), [1, 2])
    }))

  it.effect("shows the newest revision, or the newest that was known at an instant; that instant included", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      for (const revision of [0, 1, 2]) {
        const knownAt = at(6 + 10 * revision)
        yield* commit(
          stores,
          [{ revision, knownAt, final: revision > 0, mean: revision }],
          [stateOf(midnight, revision, knownAt)]
        )
      }
      const known = (knownAt: number | undefined) =>
        Effect.gen(function*(): Effect.fn.Return<ReadonlyArray<unknown>, StoreUnavailable> {
          const [window] = yield* stores.districts.windows({ ...askWindows, knownAt })
          const [state] = yield* stores.districts.states({ ...askStates, knownAt })
          assert.strictEqual(window?.revision, state?.revision)
          return [window?.revision, window?.mean, window?.final, state?.properties[0]?.mean]
        })

      assert.deepStrictEqual(yield* known(undefined), [2, 2, true, 2.1])
      assert.deepStrictEqual(yield* known(at(26)), [2, 2, true, 2.1])
      assert.deepStrictEqual(yield* known(at(26) - 1), [1, 1, true, 1.1])
      assert.deepStrictEqual(yield* known(at(6)), [0, 0, false, 0.1])
      assert.deepStrictEqual(yield* known(at(6) - 1), [undefined, undefined, undefined, undefined])
    }))

  it.effect("does not show windows without a value, and what a revision took back is gone since that was known", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const none = { count: 0, mean: NaN, variance: NaN, min: NaN, max: NaN, last: NaN }
      yield* commit(stores, [{ ...none }, { start: at(5), final: false, knownAt: at(11) }])
      yield* commit(stores, [{ ...none, start: at(5), revision: 1, knownAt: at(20) }], [stateOf(at(5), 1, at(20))])

      assert.isEmpty(yield* stores.districts.windows(askWindows))
      const before = yield* stores.districts.windows({ ...askWindows, knownAt: at(19) })
      assert.deepStrictEqual(before.map(({ count }) => count), [3])
      // What is not shown does not take the place of what is.
      yield* commit(stores, [{ start: at(10) }], [stateOf(at(10), 0, at(20))])
      assert.strictEqual((yield* stores.districts.windows({ ...askWindows, limit: 1 })).length, 1)
    }))

  it.effect("gives as the state at an instant the newest step that was known then, as it was known", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [], [stateOf(midnight, 0, at(6)), stateOf(at(5), 0, at(11))])
      yield* commit(stores, [], [stateOf(midnight, 1, at(15)), stateOf(at(5), 1, at(20)), stateOf(at(10), 0, at(16))])
      const stateAt = (minutes: number) =>
        Effect.map(
          stores.districts.stateAt("kallio", at(minutes)),
          (state) => state === undefined ? undefined : [(Date.parse(state.start) - midnight) / minute, state.revision]
        )

      assert.deepStrictEqual(yield* stateAt(5.99), undefined)
      assert.deepStrictEqual(yield* stateAt(6), [0, 0])
      assert.deepStrictEqual(yield* stateAt(10.99), [0, 0])
      assert.deepStrictEqual(yield* stateAt(11), [5, 0])
      // The revision of an older step does not make that the newest.
      assert.deepStrictEqual(yield* stateAt(15), [5, 0])
      assert.deepStrictEqual(yield* stateAt(16), [10, 0])
      assert.deepStrictEqual(yield* stateAt(1e7), [10, 0])
      assert.isUndefined(yield* stores.districts.stateAt("pasila", at(1000)))
      assert.isUndefined(yield* stores.districts.stateAt("kallio", -8.64e15))
    }))

  it.effect("keeps every bit of the numbers, and every word of a state", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const state = stateOf(midnight, 0, at(6), {
        name: 'Länsi–"Pasila" 😀',
        properties: exact.filter((x) => !Object.is(x, -0)).map((mean) => ({
          property: "pm2_5",
          unit: "ug/m3",
          mean,
          sensors: 2
        }))
      })
      yield* commit(
        stores,
        exact.map((x, i) => ({ start: at(5 * i), mean: x, variance: x, min: x, max: x, last: x })),
        [state]
      )

      const found = yield* stores.districts.windows(askWindows)
      const words = ["mean", "variance", "min", "max", "last"] as const
      assert.deepStrictEqual(
        found.map((window) => words.map((word) => bits(window[word]))),
        exact.map((x) => words.map(() => bits(x)))
      )
      const [kept] = yield* stores.districts.states(askStates)
      assert.deepStrictEqual(kept, JSON.parse(state.state))
    }))

  it.effect("knows districts by any id, and no other by a similar one", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const ids = [
        "a",
        "A",
        "a ",
        "ä",
        "a/b",
        "%",
        "_",
        "'; DROP TABLE x",
        "\\",
        "\uFEFFa",
        "日本",
        "😀",
        "{a,b}",
        "NULL"
      ]
      yield* commit(stores, ids.map((district, i) => ({ district, count: i + 1 })))

      const counts = yield* Effect.forEach(ids, (district) =>
        Effect.map(stores.districts.windows({ ...askWindows, district }), (found) =>
          found.map(({ count }) => count)))
      assert.deepStrictEqual(counts, ids.map((_, i) => [i + 1]))
      for (const district of ["", "b", "a\u0000", "\uD800", "x".repeat(1000)]) {
        assert.isEmpty(yield* stores.districts.windows({ ...askWindows, district }))
        assert.isEmpty(yield* stores.districts.states({ ...askStates, district }))
        assert.isUndefined(yield* stores.districts.stateAt(district, at(1000)))
      }
    }))

  it.effect("takes in what two shards write of districts that nobody has named before", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const ids = Array.from({ length: 40 }, (_, i) => `d-${(i * 17) % 40}`)

      yield* Effect.all([
        commit(stores, ids.map((district) => ({ district })), undefined, 7),
        commit(stores, ids.toReversed().map((district) => ({ district, start: at(5) })), undefined, 8)
      ], { concurrency: 2 })

      const counts = yield* Effect.forEach(ids, (district) => stores.districts.windows({ ...askWindows, district }))
      assert.deepStrictEqual(counts.map((found) => found.length), ids.map(() => 2))
    }))

  it.effect("keeps thousands of rows of one commit", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const starts = Array.from({ length: 2_500 }, (_, i) => at(5 * i))

      yield* commit(
        stores,
        starts.map((start) => ({ start })),
        starts.map((start) => stateOf(start, 0, start + step))
      )

      assert.strictEqual((yield* stores.districts.windows({ ...askWindows, to: at(1e6) })).length, 2_500)
      assert.strictEqual((yield* stores.districts.states({ ...askStates, to: at(1e6) })).length, 2_500)
    }))
}
