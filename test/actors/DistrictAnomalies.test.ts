/** What a district shard makes of the anomalies it hears of: each told once, and counted while it is open. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { encodeAnomalies, type TravellingAnomaly } from "../../src/schemas/AnomaliesCodec.ts"
import { othersAt, recordOf, StoredDistricts, wordsOf } from "./StoredDistricts.ts"

const minute = 60_000
const step = 5 * minute
const midnight = Date.UTC(2026, 5, 1)
const at = (minutes: number): number => midnight + minutes * minute

const opened = (sensorId: string, change: Partial<TravellingAnomaly> = {}): TravellingAnomaly => ({
  sourceSequence: 10,
  ordinal: 0,
  foundAt: at(1),
  sensorId,
  property: 0,
  district: "kallio",
  opened: at(0),
  closed: null,
  ending: null,
  revision: 0,
  severity: "minor",
  score: 4,
  low: 40,
  high: 60,
  observed: 90,
  observedAt: at(0),
  sentence: "Vehicle speed was 90.0 km/h where 40.0 to 60.0 km/h was expected.",
  ...change
})
const closed = (sensorId: string, change: Partial<TravellingAnomaly> = {}): TravellingAnomaly =>
  opened(sensorId, { closed: at(20), ending: "over", revision: 1, ...change })

const told = (sourceShard: number, ...found: ReadonlyArray<TravellingAnomaly>): Uint8Array =>
  encodeAnomalies({ sourceShard, found })

/** A window of Kallio that begins at a minute becomes final at another; it is the shards of sensors 1 and 2 that speak. */
const windowAt = (minutes: number, known: number): Uint8Array =>
  recordOf(1, [{
    time: at(known),
    sequence: known,
    partials: [{
      district: "kallio",
      property: 0,
      phase: "final",
      start: at(minutes),
      words: wordsOf(at(minutes), [50])
    }]
  }])
const secondAt = (minutes: number): Uint8Array => recordOf(2, [{ time: at(minutes), sequence: minutes, partials: [] }])

const live = ({ shard }: StoredDistricts): number | undefined => shard.districts.get("kallio")?.incidents.now

describe("anomalies in a district shard", () => {
  it("are told at once under an id that follows from what they are", () => {
    const { events } = new StoredDistricts().apply(
      told(3, opened("tram/9"), closed("tram/9", { sourceSequence: 11 })),
      told(4, opened("a:b", { district: null }))
    ).commit()

    assert.deepStrictEqual(events.map(({ id }) => id), [
      "anomaly:tram/9:vehicle_speed:2026-06-01T00:00:00.000Z:r0",
      "anomaly:tram/9:vehicle_speed:2026-06-01T00:00:00.000Z:r1",
      "anomaly:a:b:vehicle_speed:2026-06-01T00:00:00.000Z:r0"
    ])
    const [first, , loose] = events
    const { data, ...attributes } = first ?? { data: undefined }
    assert.deepStrictEqual(attributes, {
      id: "anomaly:tram/9:vehicle_speed:2026-06-01T00:00:00.000Z:r0",
      type: "anomaly",
      district: "kallio",
      sensor: "tram/9",
      time: at(1),
      source: "/v1/sensors/tram%2F9"
    })
    assert.deepStrictEqual(data, {
      id: "anomaly:tram/9:vehicle_speed:2026-06-01T00:00:00.000Z",
      sensor: "tram/9",
      district: "kallio",
      property: "vehicle_speed",
      opened: "2026-06-01T00:00:00.000Z",
      closed: null,
      severity: "minor",
      score: 4,
      expected: { low: 40, high: 60 },
      observed: 90,
      observedAt: "2026-06-01T00:00:00.000Z",
      unit: "km/h",
      ending: null,
      revision: 0,
      sentence: "Vehicle speed was 90.0 km/h where 40.0 to 60.0 km/h was expected."
    })
    assert.deepStrictEqual([loose?.district, loose?.sensor], ["", "a:b"])
  })

  it.prop(
    "are taken in once, however often and in whatever pieces they are given out again, also over restarts",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 11 }))).check(Schema.isMaxLength(12)),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))).check(Schema.isMinLength(1)),
      Schema.Array(Schema.Boolean).check(Schema.isMinLength(1))
    ],
    ([backs, sizes, restarts]) => {
      // Three a record of the source's log, all of one sensor each.
      const all = Array.from({ length: 12 }, (_, i) =>
        (i % 2 === 0 ? opened : closed)(`sensor-${Math.floor(i / 2)}`, {
          sourceSequence: 10 + Math.floor(i / 3),
          ordinal: i % 3
        }))
      const once = new StoredDistricts().apply(told(3, ...all))
      const often = new StoredDistricts()
      let at = 0
      for (let n = 0; at < all.length; n++) {
        const size = sizes[n % sizes.length] ?? 1
        const from = n % 2 === 1 ? Math.min(at, backs[n % (backs.length || 1)] ?? at) : at
        often.apply(told(3, ...all.slice(from, at + size)))
        if (restarts[n % restarts.length] === true) often.restart()
        at += size
      }

      assert.deepStrictEqual(often.commit().events, once.commit().events)
      assert.strictEqual(live(often), live(once))
    }
  )

  it("are counted while they are open, for the city now and in each state as of when it was known", () => {
    const shard = new StoredDistricts().apply(...othersAt(at(600), [1, 2]), secondAt(600))

    shard.apply(told(3, opened("a"), opened("b", { ordinal: 1, foundAt: at(16) })))
    assert.strictEqual(live(shard), 2)
    shard.apply(windowAt(0, 15))
    shard.restart().apply(windowAt(5, 20))
    shard.apply(told(3, closed("a", { sourceSequence: 11, foundAt: at(24) })))
    assert.strictEqual(live(shard), 1)
    shard.apply(windowAt(10, 25)).commit()

    const incidents = shard.states.map(({ knownAt, state }) => [
      (knownAt - midnight) / minute,
      (JSON.parse(state) as { readonly incidents: number }).incidents
    ])
    assert.deepStrictEqual(incidents, [[15, 1], [20, 2], [25, 1]])
    assert.strictEqual(shard.states.length * step, 15 * minute)
  })

  it("count in a state the same, whether they come before or after what else was known by then", () => {
    const records = [
      told(3, opened("a", { foundAt: at(2) })),
      told(1, opened("b", { foundAt: at(16), sourceSequence: 16 })),
      windowAt(0, 15),
      windowAt(5, 20)
    ]
    const one = new StoredDistricts().apply(...othersAt(at(600), [1, 2]), ...records, secondAt(600))
    const other = new StoredDistricts().apply(...othersAt(at(600), [1, 2]), secondAt(15))
    for (const i of [2, 0, 1, 3]) other.apply(...records.slice(i, i + 1))
    // What was found before 15 must have come before the shards had come so far: then the order of all else is free.
    const third = new StoredDistricts().apply(...othersAt(at(600), [1, 2]), secondAt(600))
    for (const i of [0, 2, 1, 3]) third.apply(...records.slice(i, i + 1))

    assert.deepStrictEqual(third.published(), { ...(one.published() as object), events: third.events })
    assert.strictEqual(live(other.apply(secondAt(600))), 2)
  })

  it("stop a shard of a version that does not know a field of them", () => {
    const newer = { ...opened("a"), feeling: "uneasy" }

    assert.throws(() => new StoredDistricts().apply(told(3, newer)), /newer/)
  })
})
