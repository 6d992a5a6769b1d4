/** The entities in front of the shards: what they answer, and that asking about nobody creates nobody. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Sharding } from "effect/cluster"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { SensorProtocol, SensorQueries } from "../../src/actors/SensorProtocol.ts"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { Door } from "../../src/ingest/Door.ts"
import { Catalogue } from "../../src/ports/Catalogue.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { applied, newData, settingsOf } from "../scenarios/CityInProcess.ts"

const sensorId = "HSL:1020/Ä 7"

/** A city that has heard of one sensor, and knows it. */
const cityWithOne = Effect.gen(function*() {
  const city = yield* openCity(settingsOf(yield* newData), "Europe/Helsinki")
  yield* Effect.gen(function*() {
    const door = yield* Door
    const catalogue = yield* Catalogue
    const value = { sensorId, property: "noise", phenomenonTime: new Date(Date.now() - 1000).toISOString(), result: 61 }
    yield* door.offer("test", [{ value, raw: () => new Uint8Array() }])
    yield* applied
    while (!(yield* catalogue.knows(sensorId))) yield* Effect.sleep("20 millis")
  }).pipe(Effect.provide(city.context))
  return city.context
})

describe("the Sensor entity", () => {
  it.live("answers what a caller on the same runner is told without it", () =>
    Effect.gen(function*() {
      const context = yield* cityWithOne
      const [direct, asked, windows, baseline] = yield* Effect.gen(function*() {
        const queries = yield* SensorQueries
        const entity = (yield* SensorProtocol.client)(sensorId)
        return [
          yield* queries.detail(sensorId),
          yield* entity.Detail(),
          yield* entity.OpenWindows({ property: "noise", size: "1m" }),
          yield* entity.Baseline({ property: "noise" })
        ] as const
      }).pipe(Effect.provide(context))

      assert.deepStrictEqual(asked, direct)
      assert.strictEqual(asked.latest[0]?.result, 61)
      assert.deepStrictEqual(windows.map(({ count, final, mean }) => ({ count, final, mean: Math.round(mean) })), [
        { count: 1, final: false, mean: 61 }
      ])
      assert.strictEqual(baseline.timeZone, "Europe/Helsinki")
    }).pipe(Effect.scoped))

  it.live("is never made by a question about a sensor that nobody has heard of, not even for a shard elsewhere", () =>
    Effect.gen(function*() {
      const context = yield* cityWithOne
      const answers = yield* Effect.gen(function*() {
        const sharding = yield* Sharding.Sharding
        const queries = yield* SensorQueries
        const local = yield* LocalShards
        const here = yield* Effect.flip(queries.detail("nobody"))
        const state = local.entry(shardOf(sensorId))
        const stranger = ["a", "b", "c", "d", "e", "f"].map((letter) => `nobody-${letter}`)
        for (const id of stranger) local.remove(shardOf(id))
        const elsewhere = yield* Effect.forEach(stranger, (id) => Effect.flip(queries.detail(id)))
        const entities = yield* sharding.activeEntityCount
        local.remove(shardOf(sensorId))
        const moved = yield* Effect.flip(queries.detail(sensorId))
        const afterwards = yield* sharding.activeEntityCount
        return { here, elsewhere, entities, moved, afterwards, state }
      }).pipe(Effect.provide(context))

      assert.strictEqual(answers.here._tag, "SensorUnknown")
      assert.deepStrictEqual(answers.elsewhere.map(({ _tag }) => _tag), Array(6).fill("SensorUnknown"))
      assert.strictEqual(answers.entities, 0)
      // One that is known is addressed, and says that its shard is not there (any more, or yet).
      assert.strictEqual(answers.moved._tag, "ShardNotReady")
      assert.strictEqual(answers.afterwards, 1)
    }).pipe(Effect.scoped))
})
