/** The promises of `ports/LateStore.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { LatePlace, LateQuery, LateStore } from "../../src/ports/LateStore.ts"
import type { Commit, ShardStore } from "../../src/ports/ShardStore.ts"
import { lateColumns, type LateRow, namedCommit } from "./CommitsForTests.ts"

export interface LateStoreHarness {
  /** Commits go in here. */
  readonly shards: ShardStore["Service"]
  readonly late: LateStore["Service"]
}

/** 2026-03-29T00:00:00Z */
const midnight = 1_774_742_400_000

const ask: LateQuery = { sensorId: "tram/9", property: "vehicle_speed", limit: 10_000 }

const commit = Effect.fnUntraced(function*(
  { shards }: LateStoreHarness,
  rows: ReadonlyArray<LateRow>,
  change: Partial<Commit> = {}
) {
  const named = namedCommit(ask.sensorId)
  const [epoch = 0] = yield* shards.acquire(named.stage, [named.shard], "test")
  yield* shards.commit({ ...named, late: lateColumns(rows), epoch, ...change })
})

const results = (late: LateStore["Service"], query: Partial<LateQuery> = {}) =>
  Effect.map(late.late({ ...ask, ...query }), ({ items }) => items.map(({ result }) => result))

/** Values in which a decimal detour or a narrower type would show. */
const exact = [NaN, -0, 0, 5e-324, 2.2250738585072014e-308, 0.1, 1 / 3, 1e308, -1.7976931348623157e308, 16_777_217]

export const lateStoreContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<LateStoreHarness, never, R | Scope.Scope>
): void => {
  it.effect("finds every row of a commit once, newest received first, in the words of the API", () =>
    Effect.gen(function*() {
      const stores = yield* harness

      yield* commit(stores, [
        { slot: 0, phenomenonTime: midnight - 60_000, result: 1, receivedAt: midnight },
        { slot: 0, phenomenonTime: -1, resultTime: 0, result: -2.5, receivedAt: midnight + 1 }
      ])
      yield* commit(stores, [])

      assert.deepStrictEqual(yield* stores.late.late(ask), {
        items: [
          {
            property: "vehicle_speed",
            phenomenonTime: "1969-12-31T23:59:59.999Z",
            resultTime: "1970-01-01T00:00:00.000Z",
            result: -2.5,
            unit: "km/h",
            receivedAt: "2026-03-29T00:00:00.001Z"
          },
          {
            property: "vehicle_speed",
            phenomenonTime: "2026-03-28T23:59:00.000Z",
            resultTime: null,
            result: 1,
            unit: "km/h",
            receivedAt: "2026-03-29T00:00:00.000Z"
          }
        ],
        next: null
      })
    }))

  it.effect("keeps every bit of every number, and also what is the same twice", () =>
    Effect.gen(function*() {
      const stores = yield* harness

      yield* commit(stores, [...exact, 7, 7].map((result) => ({ slot: 0, result })))

      // Received at once: the one that was recorded last comes first.
      const found = yield* results(stores.late)
      assert.isTrue(found.toReversed().every((result, i) => Object.is(result, [...exact, 7, 7][i])))
      assert.strictEqual(found.length, exact.length + 2)
    }))

  it.effect("shows each of many chunks and commits once, page by page, whatever the limit", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const rows = Array.from({ length: 4_501 }, (_, i) => ({
        slot: 0,
        result: i,
        receivedAt: midnight + Math.floor(i / 7)
      }))
      yield* commit(stores, rows.slice(0, 4_100))
      yield* commit(stores, rows.slice(4_100))
      const newestFirst = rows.map(({ result }) => result).toReversed()

      for (const limit of [4_501, 4_500, 1_000, 333]) {
        const shown: Array<number> = []
        let after: LatePlace | undefined
        do {
          const page = yield* stores.late.late({ ...ask, limit, after })
          assert.isAtMost(page.items.length, limit)
          for (const { result } of page.items) shown.push(result)
          after = page.next ?? undefined
        } while (after !== undefined)
        assert.deepStrictEqual(shown, newestFirst)
      }
    }))

  it.effect("goes on behind a page where it ended, though more has come meanwhile", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [1, 2, 3, 4].map((result) => ({ slot: 0, result, receivedAt: midnight })))
      const first = yield* stores.late.late({ ...ask, limit: 2 })
      yield* commit(stores, [
        { slot: 0, result: 5, receivedAt: midnight },
        { slot: 0, result: 6, receivedAt: midnight + 1 }
      ])

      assert.deepStrictEqual(first.items.map(({ result }) => result), [4, 3])
      assert.deepStrictEqual(yield* results(stores.late, { after: first.next ?? undefined }), [2, 1])
    }))

  it.effect("keeps datastreams apart, and has nothing of what was never named", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const datastreams = [
        { slot: 0, sensorId: ask.sensorId, property: 0 },
        { slot: 1, sensorId: ask.sensorId, property: 1 },
        { slot: 2, sensorId: "other", property: 0 }
      ]

      yield* commit(stores, [0, 1, 2].map((slot) => ({ slot, result: slot })), { datastreams })

      assert.deepStrictEqual(yield* results(stores.late), [0])
      assert.deepStrictEqual(yield* results(stores.late, { property: "vehicle_flow" }), [1])
      assert.deepStrictEqual(yield* results(stores.late, { sensorId: "other" }), [2])
      for (
        const query of [
          { sensorId: "nobody" },
          { sensorId: "a\0b" },
          { property: "no_such_property" },
          { property: "pm10" },
          { limit: 0 }
        ]
      ) {
        assert.deepStrictEqual(yield* stores.late.late({ ...ask, ...query }), { items: [], next: null })
      }
    }))

  it.effect("has nothing of a refused commit", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [{ slot: 0, result: 1 }])

      const late = lateColumns([{ slot: 0, result: 2 }])
      yield* Effect.flip(stores.shards.commit({ ...namedCommit(ask.sensorId), late, epoch: 0 }))

      assert.deepStrictEqual(yield* results(stores.late), [1])
    }))
}
