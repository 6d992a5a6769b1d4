/** What the shard answers about its sensors. */
import { assert, describe, it } from "@effect/vitest"
import * as Queries from "../../src/actors/SensorShardQueries.ts"
import { Latitude, Longitude } from "../../src/schemas/Quantities.ts"
import { itemsOf } from "./ItemsOf.ts"
import { batchOf, commandOf, type Sent, StoredShard } from "./StoredShard.ts"

const start = Date.UTC(2026, 5, 1, 12)
const minute = 60_000
const speed = 0
const noise = 10
const observed = (more: Partial<Sent> = {}): Sent => ({
  sensorId: "a",
  property: speed,
  time: start,
  result: 30,
  ...more
})
const shardOf = (...observations: ReadonlyArray<Sent>) =>
  new StoredShard().apply(batchOf(observations, { receivedAt: start })).shard

const pages = (shard: ReturnType<typeof shardOf>, limit: number, filter: Parameters<typeof Queries.sensors>[3]) => {
  const found: Array<string> = []
  let from: number | null = 0
  while (from !== null) {
    const page: ReturnType<typeof Queries.sensors> = Queries.sensors(shard, from, limit, filter)
    assert.isAtMost(page.sensors, limit)
    found.push(...itemsOf(page).map(({ id }) => id))
    from = page.next
  }
  return found
}

describe("a shard answers", () => {
  it("with a sensor, its place and the newest value of each property", () => {
    const shard = shardOf(
      observed({ sensorId: "tram/4", location: [24.95, 60.17], district: "kallio" }),
      observed({ sensorId: "tram/4", time: start - minute, result: 99 }),
      observed({ sensorId: "tram/4", property: noise, result: 61.5, time: start - 1 })
    )

    assert.deepStrictEqual(Queries.detail(shard, "tram/4"), {
      id: "tram/4",
      name: "tram/4",
      location: { type: "Point", coordinates: [Longitude.make(24.95), Latitude.make(60.17)] },
      district: "kallio",
      health: "ok",
      latest: [
        { property: "vehicle_speed", phenomenonTime: "2026-06-01T12:00:00.000Z", result: 30, unit: "km/h" },
        { property: "noise", phenomenonTime: "2026-06-01T11:59:59.999Z", result: 61.5, unit: "dB" }
      ],
      datastreams: [
        {
          property: "vehicle_speed",
          health: "ok",
          counted: 2,
          duplicate: 0,
          superseded: 0,
          late: 0,
          overflow: 0,
          watermark: "2026-06-01T11:55:00.000Z"
        },
        {
          property: "noise",
          health: "ok",
          counted: 1,
          duplicate: 0,
          superseded: 0,
          late: 0,
          overflow: 0,
          watermark: "2026-06-01T11:54:59.999Z"
        }
      ]
    })
  })

  it("with lists as text that is the JSON of each sensor, byte for byte", () => {
    const shard = shardOf(
      observed({ sensorId: 'tram "4"\\/\u2028ä😀', location: [24.95, -60.1700001], district: "kal\nlio", result: -0 }),
      observed({ sensorId: "b", time: start - 1, result: 1e-9 }),
      observed({ sensorId: "b", property: noise, result: 1e21 }),
      observed({ sensorId: "c", time: start - minute, result: 0.1 + 0.2 })
    )

    const page = Queries.sensors(shard, 0, 10, {})

    assert.strictEqual(page.json, [0, 1, 2].map((number) => JSON.stringify(Queries.sensor(shard, number))).join(","))
  })

  it("nothing for a sensor or property it does not know", () => {
    const shard = shardOf(observed())

    assert.isUndefined(Queries.detail(shard, "b"))
    assert.strictEqual(Queries.slotOf(shard, "b", "vehicle_speed"), -1)
    assert.strictEqual(Queries.slotOf(shard, "a", "noise"), -2)
    assert.strictEqual(Queries.slotOf(shard, "a", "no such thing"), -2)
    assert.strictEqual(Queries.slotOf(shard, "a", "vehicle_speed"), 0)
  })

  it("with a described sensor that has sent nothing", () => {
    const { shard } = new StoredShard().apply(commandOf("1", { _tag: "DescribeSensor", sensorId: "a", name: "Alpha" }))

    assert.deepStrictEqual(Queries.detail(shard, "a"), {
      id: "a",
      name: "Alpha",
      location: null,
      district: null,
      health: "ok",
      latest: [],
      datastreams: []
    })
  })

  it("with pages that hold every sensor once, whatever their size", () => {
    const ids = Array.from({ length: 250 }, (_, i) => `s${i}`)
    const shard = shardOf(...ids.map((sensorId) => observed({ sensorId })))

    for (const limit of [1, 7, 249, 250, 251]) assert.deepStrictEqual(pages(shard, limit, {}), ids, `pages of ${limit}`)
    assert.deepStrictEqual(Queries.sensors(shard, 250, 10, {}), { sensors: 0, json: "", next: null })
  })

  it("with the sensors that pass all filters", () => {
    const shard = shardOf(
      observed({ sensorId: "centre", location: [24.9, 60.2], district: "kallio" }),
      observed({ sensorId: "edge", location: [25, 60], property: noise }),
      observed({ sensorId: "east", location: [179.5, 10] }),
      observed({ sensorId: "west", location: [-179.5, 10] }),
      observed({ sensorId: "nowhere" })
    )

    assert.deepStrictEqual(pages(shard, 2, { bbox: [24, 60, 25, 61] }), ["centre", "edge"])
    assert.deepStrictEqual(pages(shard, 2, { bbox: [24, 60, 25, 61], property: "noise" }), ["edge"])
    assert.deepStrictEqual(pages(shard, 2, { bbox: [170, 0, -170, 20] }), ["east", "west"])
    assert.deepStrictEqual(pages(shard, 2, { bbox: [-170, 0, 170, 20] }), [])
    assert.deepStrictEqual(pages(shard, 2, { district: "kallio" }), ["centre"])
    assert.deepStrictEqual(pages(shard, 2, { property: "noise" }), ["edge"])
    assert.deepStrictEqual(pages(shard, 2, { property: "no such thing" }), [])
    assert.deepStrictEqual(pages(shard, 2, { health: "stuck" }), [])
    assert.lengthOf(pages(shard, 2, { health: "ok" }), 5)
  })

  it("with open windows as the API shows them", () => {
    const shard = shardOf(
      observed({ result: 1 }),
      observed({ time: start - minute, result: 4 }),
      observed({ time: start + 1, result: 2 })
    )
    const window = {
      property: "vehicle_speed",
      start: "2026-06-01T12:00:00.000Z",
      count: 2,
      mean: 1.5,
      variance: 0.25,
      min: 1,
      max: 2,
      last: 2,
      revision: 0,
      final: false
    }
    const before = {
      ...window,
      count: 1,
      mean: 4,
      variance: 0,
      min: 4,
      max: 4,
      last: 4,
      end: "2026-06-01T12:00:00.000Z"
    }

    assert.deepStrictEqual(Queries.openWindows(shard, 0, "1m"), [
      { ...before, start: "2026-06-01T11:59:00.000Z" },
      { ...window, end: "2026-06-01T12:01:00.000Z" }
    ])
    assert.deepStrictEqual(Queries.openWindows(shard, 0, "5m"), [
      { ...before, start: "2026-06-01T11:55:00.000Z" },
      { ...window, end: "2026-06-01T12:05:00.000Z" }
    ])
    assert.deepStrictEqual(Queries.openWindows(shard, 0, "1h"), [
      { ...before, start: "2026-06-01T11:00:00.000Z" },
      { ...window, end: "2026-06-01T13:00:00.000Z" }
    ])
  })

  it("with sealed windows too, until the commit after the one that took them", () => {
    const stored = new StoredShard()
    for (let i = 0; i < 12; i++) {
      const time = start + i * minute
      stored.apply(
        batchOf([observed({ time, result: i }), observed({ sensorId: "other", time })], { receivedAt: time })
      )
    }
    const shown = () =>
      Queries.openWindows(stored.shard, 0, "5m").map(({ final, last, start: at }) => [at.slice(11, 16), last, final])
    const all = [["12:00", 4, true], ["12:05", 9, false], ["12:10", 11, false]]

    assert.deepStrictEqual(shown(), all)
    stored.commit()
    assert.deepStrictEqual(shown(), all)
    stored.commit()
    assert.deepStrictEqual(shown(), all.slice(1))
  })

  it("with the baseline's learned hours only, a spread only where it is known", () => {
    const stored = new StoredShard()
    // Two values an hour say nothing about spread; five do.
    for (const [hour, values] of [[0, 2], [1, 5], [2, 1]] as const) {
      for (let i = 0; i < values; i++) {
        const time = start + hour * 60 * minute + i * 5 * minute
        stored.apply(batchOf([observed({ time, result: 10 + i })], { receivedAt: time }))
      }
    }
    const late = start + 3 * 60 * minute
    stored.apply(
      batchOf([observed({ time: late }), observed({ time: late + 11 * minute })], { receivedAt: late + 11 * minute })
    )

    const { hours, ...rest } = Queries.baseline(stored.shard, 0)

    assert.deepStrictEqual(rest, { property: "vehicle_speed", unit: "km/h", timeZone: "UTC" })
    assert.deepStrictEqual(
      hours.map(({ hourOfWeek, location, scale, weeks }) => [hourOfWeek, location, scale === null, weeks]),
      [
        [12, 10.5, true, 1],
        [13, 12, false, 1],
        [14, 10, true, 1]
      ]
    )
  })
})
