/** The promises of `ports/Catalogue.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Clock, Effect, type Scope } from "effect"
import type { Catalogue } from "../../src/ports/Catalogue.ts"
import type { SensorRow, ShardStore } from "../../src/ports/ShardStore.ts"
import { setBackClock } from "../SetBackClock.ts"
import { emptyCommit } from "./CommitsForTests.ts"

export interface CatalogueHarness {
  /** Commits go in here. */
  readonly shards: ShardStore["Service"]
  /** A catalogue that nobody has told or asked anything yet. */
  readonly opened: Effect.Effect<Catalogue["Service"], never, Scope.Scope>
}

const sensor = (number: number, sensorId: string): SensorRow => ({
  number,
  sensorId,
  name: sensorId,
  longitude: null,
  latitude: null,
  district: null
})

const commit = Effect.fnUntraced(function*(
  shards: ShardStore["Service"],
  sensors: ReadonlyArray<SensorRow>,
  stage: "sensor" | "district" = "sensor"
) {
  const [epoch = 0] = yield* shards.acquire(stage, [emptyCommit.shard], "test")
  yield* shards.commit({ ...emptyCommit, stage, epoch, sensors })
})

export const catalogueContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<CatalogueHarness, never, R | Scope.Scope>
): void => {
  it.effect("does not know an id that no commit has named, and asking does not create it", () =>
    Effect.gen(function*() {
      const { opened } = yield* harness
      const catalogue = yield* opened

      assert.isFalse(yield* catalogue.knows("nobody"))
      assert.isFalse(yield* catalogue.knows("nobody"))
      assert.isFalse(yield* catalogue.knows(""))
      assert.isFalse(yield* catalogue.knows("a\0b"))
      assert.isFalse(yield* catalogue.knows("x".repeat(10_000)))
      assert.strictEqual(yield* catalogue.count, 0)
    }))

  it.effect("knows what commits have named, also of another process", () =>
    Effect.gen(function*() {
      const { opened, shards } = yield* harness
      const catalogue = yield* opened

      yield* commit(shards, [sensor(0, "tram/9"), sensor(1, "ilma 2 ä")])

      assert.isTrue(yield* catalogue.knows("tram/9"))
      assert.isTrue(yield* catalogue.knows("ilma 2 ä"))
      assert.isFalse(yield* catalogue.knows("tram"))
      assert.isFalse(yield* catalogue.knows("TRAM/9"))
      assert.strictEqual(yield* catalogue.count, 2)
    }))

  it.effect("knows a sensor as soon as it is told, also one it has just denied", () =>
    Effect.gen(function*() {
      const { opened, shards } = yield* harness
      const catalogue = yield* opened
      assert.isFalse(yield* catalogue.knows("new"))

      yield* commit(shards, [sensor(0, "new")])
      yield* catalogue.learned([sensor(0, "new")])

      assert.isTrue(yield* catalogue.knows("new"))
    }))

  it.effect("finds out within two seconds about a sensor that it denied and was not told of", () =>
    Effect.gen(function*() {
      const { opened, shards } = yield* harness
      const catalogue = yield* opened
      assert.isFalse(yield* catalogue.knows("new"))

      yield* commit(shards, [sensor(0, "new")])
      yield* Effect.sleep("2 seconds")

      assert.isTrue(yield* catalogue.knows("new"))
    }))

  it.effect("finds out all the same where the clock of the machine is set back meanwhile", () =>
    Effect.gen(function*() {
      const { clock, setBack } = yield* setBackClock
      const { opened, shards } = yield* harness
      const catalogue = yield* opened
      const knows = Effect.provideService(catalogue.knows("new"), Clock.Clock, clock)
      assert.isFalse(yield* knows)

      yield* commit(shards, [sensor(0, "new")])
      setBack(2_000)

      assert.isTrue(yield* knows)
    }))

  it.effect("knows where sensors are and in which district, the latest to change first, and no more than asked for", () =>
    Effect.gen(function*() {
      const { opened, shards } = yield* harness
      const catalogue = yield* opened
      const there = { longitude: 24.9384, latitude: 60.1699 }
      assert.deepStrictEqual(yield* catalogue.located(10), [])

      yield* commit(shards, [sensor(0, "nowhere"), { ...sensor(1, "ilma ä"), ...there, district: "kallio" }])
      yield* commit(shards, [{ ...sensor(2, "tram/9"), ...there, latitude: 60.2 }])

      const located = yield* catalogue.located(10)
      assert.deepStrictEqual(located.map(({ changedAt: _changedAt, ...rest }) => rest), [
        { sensorId: "tram/9", longitude: 24.9384, latitude: 60.2, district: null },
        { sensorId: "ilma ä", ...there, district: "kallio" }
      ])
      const [newest, older] = located
      assert.deepStrictEqual(yield* catalogue.located(10, older?.changedAt), [newest])
      assert.deepStrictEqual((yield* catalogue.located(1)).map(({ sensorId }) => sensorId), ["tram/9"])
    }))

  it.effect("does not take a district for a sensor", () =>
    Effect.gen(function*() {
      const { opened, shards } = yield* harness
      yield* commit(shards, [sensor(0, "kallio")], "district")

      const catalogue = yield* opened

      assert.isFalse(yield* catalogue.knows("kallio"))
      assert.strictEqual(yield* catalogue.count, 0)
    }))
}
