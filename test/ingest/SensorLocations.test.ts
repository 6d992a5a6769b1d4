/** Observations without a location are placed where their sensor is known to be; a map that changed shows at the next one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SensorShard } from "../../src/actors/SensorStage.ts"
import * as BatchingDoor from "../../src/ingest/BatchingDoor.ts"
import { geoJsonPlacement } from "../../src/ingest/Districts.ts"
import { Door, type Item } from "../../src/ingest/Door.ts"
import { type DistrictPlacement, Placement } from "../../src/ingest/Placement.ts"
import * as SensorLocations from "../../src/ingest/SensorLocations.ts"
import type { LocatedSensor } from "../../src/ports/Catalogue.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { box, feature, map } from "./DistrictMaps.ts"
import { allRecords, batchesOf, logs, payloads, temporaryFolder } from "./Logs.ts"

const placed = (...features: ReadonlyArray<unknown>): DistrictPlacement =>
  Effect.runSync(geoJsonPlacement(map(features))).placement
const west = feature({ id: "west" }, [box(24, 60, 25, 61)])
const east = feature({ id: "east" }, [box(25, 60, 27, 61)])
const both = placed(west, east)
const inWest = [24.5, 60.5] as const
const inEast = [26, 60.5] as const
const atSea = [24.5, 59.5] as const

/** District and written location of one observation. */
const ask = (
  locations: SensorLocations.Locations,
  location: readonly [number, number] | undefined,
  time: number,
  placement = both,
  sensorId = "s"
) => {
  locations.place(placement, sensorId, location, time)
  return [locations.district, locations.written]
}

describe("locations of sensors", () => {
  it("place what has a location by it, and what has none by the newest one", () => {
    const locations = new SensorLocations.Locations()

    assert.deepStrictEqual(ask(locations, undefined, 0), [undefined, undefined])
    assert.deepStrictEqual(ask(locations, inWest, 10), ["west", inWest])
    assert.deepStrictEqual(ask(locations, undefined, 11), ["west", undefined])
    assert.deepStrictEqual(ask(locations, inEast, 20), ["east", inEast])
    assert.deepStrictEqual(ask(locations, undefined, 5), ["east", undefined])
    // Late: placed where it was, and nothing else moves.
    assert.deepStrictEqual(ask(locations, inWest, 15), ["west", inWest])
    assert.deepStrictEqual(ask(locations, undefined, 21), ["east", undefined])
    assert.deepStrictEqual(ask(locations, atSea, 30), [undefined, atSea])
    assert.deepStrictEqual(ask(locations, undefined, 31), [undefined, undefined])
    assert.deepStrictEqual(ask(locations, undefined, 31, both, "other"), [undefined, undefined])
  })

  it("from the catalogue serve until the sensor says itself where it is", () => {
    const locations = new SensorLocations.Locations()
    const learn = ([longitude, latitude]: readonly [number, number], district: string | null) =>
      locations.learn({ sensorId: "s", longitude, latitude, district })

    learn(inWest, null)
    assert.deepStrictEqual(ask(locations, undefined, 0), ["west", undefined])
    learn(inEast, "west")
    assert.deepStrictEqual(ask(locations, undefined, 1), ["east", undefined])
    assert.deepStrictEqual(ask(locations, inWest, -5), ["west", inWest])
    learn(inEast, "east")
    assert.deepStrictEqual(ask(locations, undefined, 2), ["west", undefined])
  })

  it("write the location once where another map has left a sensor out, so that it does not stay in its old district", () => {
    const locations = new SensorLocations.Locations()
    locations.learn({ sensorId: "s", longitude: atSea[0], latitude: atSea[1], district: "sea" })

    assert.deepStrictEqual(ask(locations, undefined, 0), [undefined, atSea])
    assert.deepStrictEqual(ask(locations, undefined, 1), [undefined, undefined])
  })

  it("are bounded: those not heard of for longest are forgotten", () => {
    const locations = new SensorLocations.Locations(100)

    for (let i = 0; i < 1000; i++) {
      ask(locations, inWest, i, both, `s-${i}`)
      ask(locations, undefined, i, both, "s-0")
      assert.isAtMost(locations.size, 100)
    }

    assert.deepStrictEqual(ask(locations, undefined, 0, both, "s-0"), ["west", undefined])
    for (let i = 950; i < 1000; i++) {
      assert.deepStrictEqual(ask(locations, undefined, 0, both, `s-${i}`), ["west", undefined])
    }
    assert.deepStrictEqual(ask(locations, undefined, 0, both, "s-800"), [undefined, undefined])
  })

  const Place = Schema.Union([Schema.Null, Schema.Literals([0, 1, 2])])
  const times = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
  it.prop(
    "say of any history what a list of it says",
    [Schema.Array(Schema.Tuple([Schema.Literals(["a", "b", "c"]), Place, times]))],
    ([history]) => {
      const locations = new SensorLocations.Locations()
      const spots = [inWest, inEast, atSea]
      const newest = new Map<string, readonly [time: number, place: number]>()

      for (const [sensor, place, time] of history) {
        const found = ask(locations, place === null ? undefined : spots[place], time, both, sensor)[0]
        const known = newest.get(sensor)
        if (place !== null && (known === undefined || time >= known[0])) newest.set(sensor, [time, place])
        const expected = place ?? newest.get(sensor)?.[1] ?? 2
        assert.strictEqual(found, ["west", "east", undefined][expected])
      }
    }
  )
})

const item = (sensorId: string, seconds: number, location?: readonly [number, number]): Item => {
  const value = {
    sensorId,
    property: "vehicle_speed",
    phenomenonTime: new Date(seconds * 1000).toISOString(),
    result: seconds,
    ...(location === undefined ? {} : { location: { type: "Point", coordinates: location } })
  }
  return { value, raw: () => new TextEncoder().encode(JSON.stringify(value)) }
}

const withDoor = (placement: DistrictPlacement, ...known: ReadonlyArray<LocatedSensor>) =>
  Layer.unwrap(Effect.map(temporaryFolder, (folder) => {
    const locations = new SensorLocations.Locations()
    for (const sensor of known) locations.learn(sensor)
    return BatchingDoor.layer().pipe(
      Layer.provide(Layer.succeed(SensorLocations.SensorLocations, locations)),
      Layer.provideMerge(logs(folder)),
      Layer.provide(Layer.succeed(Placement, placement))
    )
  }))

const written = Effect.map(
  allRecords,
  (records) =>
    batchesOf(records.values()).flatMap(({ districtSetVersion, observations }) =>
      observations.map(({ district, location, result, sensorId }) => ({
        of: `${sensorId} ${result}`,
        district,
        location,
        districtSetVersion
      }))
    )
)
const districtsBy = Effect.map(written, (all) => Object.fromEntries(all.map(({ district, of }) => [of, district])))

describe("the door with districts", () => {
  it.live("gives each observation of a moving sensor the district where it was, also from other sources", () =>
    Effect.gen(function*() {
      const door = yield* Door

      yield* door.offer("http", [item("tram", 1, inWest), item("tram", 2), item("tram", 3, inEast), item("tram", 4)])
      yield* door.offer("mqtt", [item("tram", 5), item("tram", 6, atSea), item("ilma", 7)])

      assert.deepStrictEqual(yield* districtsBy, {
        "tram 1": "west",
        "tram 2": "west",
        "tram 3": "east",
        "tram 4": "east",
        "tram 5": "east",
        "tram 6": undefined,
        "ilma 7": undefined
      })
      const all = yield* written
      assert.isTrue(all.every(({ districtSetVersion }) => districtSetVersion === both.version))
      assert.lengthOf(all.filter(({ location }) => location !== undefined), 3)
    }).pipe(Effect.provide(withDoor(both))))

  it.live("takes a sensor out of a district that is gone in the sensor stage, too", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const shard = shardOf("b")
      const stage = new SensorShard(shard, undefined)
      const districtAfter = Effect.fnUntraced(function*(placement: DistrictPlacement, sent: Item, district?: string) {
        const locations = new SensorLocations.Locations()
        if (district !== undefined) locations.learn({ sensorId: "b", longitude: 24.5, latitude: 60.5, district })
        const open = Layer.provideMerge(BatchingDoor.layer(), logs(folder))
        yield* Effect.flatMap(Door, (door) => door.offer("http", [sent])).pipe(
          Effect.andThen(payloads(shard)),
          Effect.tap((all) => Effect.sync(() => stage.apply(all.length, all.at(-1) ?? new Uint8Array(), undefined))),
          Effect.provide(open),
          Effect.provideService(SensorLocations.SensorLocations, locations),
          Effect.provideService(Placement, placement)
        )
        return stage.sensorRow(stage.directory.sensorOf("b")).district
      })

      assert.strictEqual(yield* districtAfter(both, item("b", 1, inWest)), "west")
      assert.strictEqual(yield* districtAfter(placed(east), item("b", 2), "west"), null)
      assert.strictEqual(yield* districtAfter(both, item("b", 3), undefined), null)
      assert.strictEqual(yield* districtAfter(both, item("b", 4), "west"), "west")
    }))

  it.live("has locations of its own where nobody gives it any", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      yield* Effect.gen(function*() {
        yield* (yield* Door).offer("http", [item("tram", 1, inWest), item("tram", 2)])

        assert.deepStrictEqual(yield* districtsBy, { "tram 1": "west", "tram 2": "west" })
      }).pipe(
        Effect.provide(Layer.provideMerge(BatchingDoor.layer(), logs(folder))),
        Effect.provideService(Placement, both)
      )
    }))

  it.live("after a change of the map moves sensors at their next observation, and out of a district that is gone", () =>
    Effect.gen(function*() {
      const door = yield* Door

      yield* door.offer("http", [item("a", 1), item("b", 2), item("b", 3)])

      const districtSetVersion = placed(east).version
      const all = yield* written
      assert.deepInclude(all, { of: "a 1", district: "east", location: undefined, districtSetVersion })
      assert.deepInclude(all, { of: "b 2", district: undefined, location: inWest, districtSetVersion })
      assert.deepInclude(all, { of: "b 3", district: undefined, location: undefined, districtSetVersion })
    }).pipe(Effect.provide(withDoor(
      placed(east),
      { sensorId: "a", longitude: inEast[0], latitude: inEast[1], district: "west", changedAt: 0 },
      { sensorId: "b", longitude: inWest[0], latitude: inWest[1], district: "west", changedAt: 0 }
    ))))
})
