/** The promises of `ports/AnomalyStore.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { AnomalyPlace, AnomalyQuery, AnomalyStore } from "../../src/ports/AnomalyStore.ts"
import type { AnomalyRow, Commit, ShardStore } from "../../src/ports/ShardStore.ts"
import { anomalyRow, namedCommit } from "./CommitsForTests.ts"

export interface AnomalyStoreHarness {
  /** Commits go in here. */
  readonly shards: ShardStore["Service"]
  readonly anomalies: AnomalyStore["Service"]
}

/** 2026-03-29T00:00:00Z */
const midnight = 1_774_742_400_000
const hour = 3_600_000
const month = 31 * 24 * hour
const sensorId = "tram/9"

const ask: AnomalyQuery = { of: { sensorId }, from: -8.64e15, to: 8.64e15, open: false, limit: 1_000 }
const ofKallio = { of: { district: "kallio" } }

const commit = Effect.fnUntraced(function*(
  { shards }: AnomalyStoreHarness,
  anomalies: ReadonlyArray<AnomalyRow>,
  change: Partial<Commit> = {}
) {
  const named = namedCommit(sensorId)
  const [epoch = 0] = yield* shards.acquire(named.stage, [named.shard], "test")
  yield* shards.commit({ ...named, anomalies, epoch, ...change })
})

const row = (hours: number, change: Partial<AnomalyRow> = {}): AnomalyRow =>
  anomalyRow(sensorId, midnight + hours * hour, change)

/** Hours after midnight at which those opened that are found. */
const found = ({ anomalies }: AnomalyStoreHarness, query: Partial<AnomalyQuery> = {}) =>
  Effect.map(
    anomalies.anomalies({ ...ask, ...query }),
    ({ items }) => items.map(({ opened }) => (Date.parse(opened) - midnight) / hour)
  )

export const anomalyStoreContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<AnomalyStoreHarness, never, R | Scope.Scope>
): void => {
  it.effect("finds an anomaly in the words of the API, as one of its sensor and of its district", () =>
    Effect.gen(function*() {
      const stores = yield* harness

      yield* commit(stores, [row(0, { closed: midnight + hour, ending: "over", revision: 1, severity: "major" })])

      const page = yield* stores.anomalies.anomalies(ask)
      assert.deepStrictEqual(page, {
        items: [{
          id: "anomaly:tram/9:vehicle_speed:2026-03-29T00:00:00.000Z",
          sensor: sensorId,
          district: "kallio",
          property: "vehicle_speed",
          opened: "2026-03-29T00:00:00.000Z",
          closed: "2026-03-29T01:00:00.000Z",
          severity: "major",
          score: 4.25,
          expected: { low: 40, high: 60 },
          observed: 1 / 3,
          observedAt: "2026-03-29T00:00:00.000Z",
          unit: "km/h",
          ending: "over",
          revision: 1,
          sentence: "It was slow."
        }],
        next: null
      })
      assert.deepStrictEqual(yield* stores.anomalies.anomalies({ ...ask, ...ofKallio }), page)
    }))

  it.effect("keeps one of each, in its newest revision, whatever is committed again", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const first = row(0, { closed: null })
      const last = row(0, { closed: midnight + hour, ending: "silent", revision: 2, observed: 7, sentence: "Over." })

      for (const one of [first, first, last, last, first]) yield* commit(stores, [one])

      const { items } = yield* stores.anomalies.anomalies(ask)
      assert.deepStrictEqual(
        items.map(({ closed, observed, revision, sentence }) => [closed, observed, revision, sentence]),
        [
          ["2026-03-29T01:00:00.000Z", 7, 2, "Over."]
        ]
      )
    }))

  it.effect("shows each once, newest opened first, page by page, whatever the limit, though more come meanwhile", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const datastreams = Array.from({ length: 3 }, (_, slot) => ({ slot, sensorId, property: slot }))
      // Of three properties at the same instants, over several months.
      const rows = Array.from(
        { length: 2_100 },
        (_, i) => row(Math.floor(i / 3) * 7, { slot: i % 3, property: i % 3, score: i })
      )
      yield* commit(stores, rows, { datastreams })
      const newestFirst = rows.map(({ score }) => score).toReversed()

      for (const limit of [2_101, 2_100, 999]) {
        for (const  of of[ask.of, ofKallio.of]) {
          const shown: Array<number> = []
          let after: AnomalyPlace | undefined
          do {
            const page = yield* stores.anomalies.anomalies({ ...ask, of, limit, after })
            assert.isAtMost(page.items.length, limit)
            for (const { score } of page.items) if (score >= 0) shown.push(score)
            after = page.next ?? undefined
            yield* commit(stores, [row(1e4 + limit, { slot: 0, score: -1 })], { datastreams })
          } while (after !== undefined)
          assert.deepStrictEqual(shown, newestFirst)
        }
      }
    }))

  it.effect("finds those that opened in a span, and those that are open", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(
        stores,
        [0, 1, 2, 3].map((hours) => row(hours, hours % 2 === 0 ? {} : { closed: midnight + 9 * hour, ending: "over" }))
      )

      for (const  of of[ask.of, ofKallio.of]) {
        assert.deepStrictEqual(yield* found(stores, { of }), [3, 2, 1, 0])
        assert.deepStrictEqual(yield* found(stores, { of, from: midnight + hour, to: midnight + 3 * hour }), [2, 1])
        assert.deepStrictEqual(yield* found(stores, { of, open: true }), [2, 0])
        assert.deepStrictEqual(yield* found(stores, { of, open: true, to: midnight + hour, limit: 1 }), [0])
        assert.deepStrictEqual(yield* found(stores, { of, limit: 0 }), [])
      }
    }))

  it.effect("keeps sensors, properties and districts apart, and has nothing of what was never named", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      const datastreams = [
        { slot: 0, sensorId, property: 0 },
        { slot: 1, sensorId, property: 1 },
        { slot: 2, sensorId: "other", property: 0 }
      ]
      const rows = [
        row(0),
        row(1, { slot: 1, property: 1, district: null }),
        row(2, { slot: 2, sensorId: "other", district: "töölö" }),
        row(2 + month / hour, { slot: 2, sensorId: "other", district: null })
      ]

      yield* commit(stores, rows, { datastreams })

      assert.deepStrictEqual(yield* found(stores), [1, 0])
      assert.deepStrictEqual(yield* found(stores, { of: { sensorId: "other" } }), [2 + month / hour, 2])
      assert.deepStrictEqual(yield* found(stores, ofKallio), [0])
      assert.deepStrictEqual(yield* found(stores, { of: { district: "töölö" } }), [2])
      const { items } = yield* stores.anomalies.anomalies(ask)
      assert.deepStrictEqual(items.map(({ district, property }) => [district, property]), [
        [null, "vehicle_flow"],
        ["kallio", "vehicle_speed"]
      ])
      for (const  of of[{ sensorId: "nobody" }, { district: "nowhere" }, { sensorId: "a\0b" }, { district: "" }]) {
        assert.deepStrictEqual(yield* stores.anomalies.anomalies({ ...ask, of }), { items: [], next: null })
      }
    }))

  it.effect("has nothing of a refused commit", () =>
    Effect.gen(function*() {
      const stores = yield* harness
      yield* commit(stores, [row(0)])

      yield* Effect.flip(stores.shards.commit({ ...namedCommit(sensorId), anomalies: [row(1)], epoch: 0 }))

      assert.deepStrictEqual(yield* found(stores), [0])
    }))
}
