/** What the door knows of the places of sensors after a restart, and after commits, over real stores and logs. */
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import * as PostgresCatalogue from "../../../src/adapters/postgres/PostgresCatalogue.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import * as BatchingDoor from "../../../src/ingest/BatchingDoor.ts"
import { Door, type Item } from "../../../src/ingest/Door.ts"
import { Placement } from "../../../src/ingest/Placement.ts"
import * as SensorLocations from "../../../src/ingest/SensorLocations.ts"
import { Catalogue } from "../../../src/ports/Catalogue.ts"
import { type SensorRow, ShardStore, StoreUnavailable } from "../../../src/ports/ShardStore.ts"
import { emptyCommit } from "../../contracts/CommitsForTests.ts"
import { allRecords, batchesOf, logs, temporaryFolder } from "../../ingest/Logs.ts"
import * as ForTests from "../../PostgresForTests.ts"

const row = (number: number, sensorId: string, longitude: number | null): SensorRow => ({
  number,
  sensorId,
  name: sensorId,
  longitude,
  latitude: longitude === null ? null : 60.5,
  district: null
})
const item = (sensorId: string): Item => {
  const value = { sensorId, property: "vehicle_speed", phenomenonTime: "2026-01-01T00:00:00Z", result: 1 }
  return { value, raw: () => new TextEncoder().encode(JSON.stringify(value)) }
}
const placement = { version: 1, districtOf: (longitude: number) => longitude < 25 ? "west" : "east" }
const districts = Effect.map(
  allRecords,
  (records) =>
    Object.fromEntries(
      batchesOf(records.values()).flatMap(({ observations }) => observations.map((o) => [o.sensorId, o.district]))
    )
)

/** Stores in a database of their own. */
const openStores = Effect.map(
  Layer.build(
    Layer.provide(Layer.merge(PostgresShardStore.layer(), PostgresCatalogue.layer), ForTests.freshDatabase)
  ),
  (stores) => ({ shards: Context.get(stores, ShardStore), there: Context.get(stores, Catalogue) })
)

/** A door with logs of its own, which knows of places what this catalogue does. */
const doorOver = (catalogue: Catalogue["Service"]) =>
  Layer.unwrap(Effect.map(temporaryFolder, (folder) =>
    BatchingDoor.layer().pipe(
      Layer.provideMerge(SensorLocations.layer),
      Layer.provide(Layer.succeed(Catalogue, catalogue)),
      Layer.provideMerge(logs(folder)),
      Layer.provide(Layer.succeed(Placement, placement))
    )))

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("the door over a catalogue", (it) => {
  it.effect("places sensors where the last commit of an earlier run has them, and learns from each commit", () =>
    Effect.gen(function*() {
      const { shards, there } = yield* openStores
      const [epoch = 0] = yield* shards.acquire("sensor", [emptyCommit.shard], "test")
      const sensors = [row(0, "noise", 24.5), row(1, "ilma", 26), row(2, "nowhere", null)]
      yield* shards.commit({ ...emptyCommit, stage: "sensor", epoch, sensors })

      yield* Effect.gen(function*() {
        const door = yield* Door
        const catalogue = yield* Catalogue
        yield* door.offer("http", ["noise", "ilma", "nowhere", "new"].map(item))
        assert.deepStrictEqual(yield* districts, { noise: "west", ilma: "east", nowhere: undefined, new: undefined })

        yield* catalogue.learned([row(3, "new", 24.5), row(2, "nowhere", null)])
        yield* door.offer("http", ["new", "nowhere"].map(item))

        assert.deepInclude(yield* districts, { new: "west", nowhere: undefined })
        assert.isTrue(yield* catalogue.knows("new"))
      }).pipe(Effect.provide(doorOver(there)))
    }))

  it.effect("learns from the commits of other processes, and keeps what it knows while the catalogue is away", () =>
    Effect.gen(function*() {
      const { shards, there } = yield* openStores
      const [epoch = 0] = yield* shards.acquire("sensor", [emptyCommit.shard], "another process")
      let isAway = false
      const away = Effect.fail(new StoreUnavailable({ operation: "located", cause: "a cable" }))
      const catalogue = Catalogue.of({
        ...there,
        located: (limit, changedAfter) => isAway ? away : there.located(limit, changedAfter)
      })
      const looks = 500

      yield* Effect.gen(function*() {
        const door = yield* Door
        yield* Effect.forkScoped(SensorLocations.follow(Duration.millis(20)))
        yield* door.offer("http", ["a"].map(item))
        yield* shards.commit({ ...emptyCommit, stage: "sensor", epoch, sensors: [row(0, "a", 24.5)] })
        yield* Effect.sleep(looks)
        yield* door.offer("http", ["a"].map(item))
        isAway = true
        yield* shards.commit({ ...emptyCommit, stage: "sensor", epoch, sensors: [row(1, "b", 26)] })
        yield* Effect.sleep(looks)
        yield* door.offer("http", ["a", "b"].map(item))
        assert.deepStrictEqual(yield* districts, { a: "west", b: undefined })

        isAway = false
        yield* Effect.sleep(looks)
        yield* door.offer("http", ["b"].map(item))

        assert.deepStrictEqual(yield* districts, { a: "west", b: "east" })
      }).pipe(Effect.provide(doorOver(catalogue)))
    }))
})
