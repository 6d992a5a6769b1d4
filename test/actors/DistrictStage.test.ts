/** The district stage as a function of its log: however the sensor shards interleave, wherever it is stopped and restored. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { SquareMetres } from "../../src/schemas/District.ts"
import { DistrictId } from "../../src/schemas/Identifiers.ts"
import { Latitude, Longitude } from "../../src/schemas/Quantities.ts"
import { recordKind, RecordVersionUnknown } from "../../src/schemas/Records.ts"
import { encodeWindows } from "../../src/schemas/WindowsCodec.ts"
import { type GivenPartial, type GivenRound, othersAt, recordOf, StoredDistricts, wordsOf } from "./StoredDistricts.ts"
import { commandOf, tickAt } from "./StoredShard.ts"

const minute = 60_000
const step = 5 * minute
const midnight = Date.UTC(2026, 5, 1)
const sources = [1, 2, 3]

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
/** What a sensor shard says of one window of a district: provisional or not, final, and perhaps something more. */
const Said = Schema.Struct({
  source: int(0, 2),
  district: Schema.Literals(["a", "b"]),
  property: Schema.Literals([0, 3, 4]),
  window: int(0, 7),
  isProvisional: Schema.Boolean,
  value: int(1, 40),
  /** Minutes after the end at which an addition comes. */
  addition: Schema.NullOr(Schema.Union([int(11, 20), int(100, 260)]))
})
const History = Schema.Struct({
  said: Schema.Array(Said).check(Schema.isMinLength(1), Schema.isMaxLength(14)),
  /** Which source has its next record applied, modulo those that have one left. */
  order: Schema.Array(int(0, 2)).check(Schema.isMinLength(8), Schema.isMaxLength(40)),
  /** How many rounds a record has. */
  rounds: Schema.Array(int(1, 40)).check(Schema.isMinLength(1), Schema.isMaxLength(8))
})
type History = typeof History.Type

const lastMinute = 8 * 5 + 280

/** Rounds of one source, a round a minute; every window that it speaks of becomes final ten minutes after its end. */
const roundsOf = (said: History["said"], source: number): ReadonlyArray<GivenRound> => {
  const mine = said.filter((one) => one.source === source)
  const byKey = new Map(mine.map((one) => [`${one.district} ${one.property} ${one.window}`, one]))
  return Array.from({ length: lastMinute }, (_, i) => {
    const partials = [...byKey.values()].flatMap((one): ReadonlyArray<GivenPartial> => {
      const { addition, district, isProvisional, property, value, window } = one
      const start = midnight + window * step
      const after = i - (window + 1) * 5
      const partial = (phase: GivenPartial["phase"], values: ReadonlyArray<number>) => [
        { district, property, phase, start, words: wordsOf(start, values) }
      ]
      if (after === 1 && isProvisional) return partial("provisional", [value])
      if (after === 10) return partial("final", [value, value + 1 / 3])
      return after === addition ? partial("addition", [value / 7]) : []
    })
    return { time: midnight + i * minute, sequence: i + 1, partials }
  })
}

/** Records of each source in its own order, interleaved as `order` says. */
const interleaved = ({ said }: History, order: History["order"], sizes: History["rounds"]) => {
  const queues = sources.map((shard, source) => {
    const rounds = roundsOf(said, source)
    const records: Array<Uint8Array> = []
    for (let from = 0, n = source; from < rounds.length; n++) {
      const size = sizes[n % sizes.length] ?? 1
      records.push(recordOf(shard, rounds.slice(from, from + size)))
      from += size
    }
    return records
  })
  const records: Array<Uint8Array> = []
  for (let n = 0; queues.some((queue) => queue.length > 0); n++) {
    const left = queues.filter((queue) => queue.length > 0)
    const next = left[((order[n % order.length] ?? 0) + n) % left.length]?.shift()
    if (next !== undefined) records.push(next)
  }
  return records
}

const opened = (): StoredDistricts => new StoredDistricts().apply(...othersAt(midnight + lastMinute * minute, sources))

describe("the district stage", () => {
  it.prop(
    "makes the same public, bit for bit and in the same order, however the sensor shards interleave",
    [
      History,
      Schema.Array(int(0, 2)).check(Schema.isMinLength(1)),
      Schema.Array(int(1, 90)).check(Schema.isMinLength(1))
    ],
    ([history, otherOrder, otherRounds]) => {
      const one = opened().apply(...interleaved(history, history.order, history.rounds))
      const other = opened().apply(...interleaved(history, otherOrder, otherRounds))

      assert.deepStrictEqual(other.published(), one.published())
    }
  )

  it.prop(
    "ends in the same state and has made the same public wherever it is stopped and restored",
    [History, Schema.Array(int(0, 60)).check(Schema.isMaxLength(6))],
    ([history, stops]) => {
      const records = interleaved(history, history.order, history.rounds)
      const never = opened().apply(...records)
      const often = opened()
      for (const [i, record] of records.entries()) {
        often.apply(record)
        if (stops.includes(i % 61)) often.restart()
      }

      assert.deepStrictEqual(often.everything(), never.everything())
    }
  )

  it("gives a late addition the whole hour, and drops what comes to one more than two hours behind the newest", () => {
    const record = (minutes: number, partials: GivenRound["partials"]) =>
      recordOf(1, [{ time: midnight + minutes * minute, sequence: minutes + 1, partials }])
    const one = (window: number, phase: GivenPartial["phase"], value: number): GivenPartial => {
      const start = midnight + window * step
      return { district: "a", property: 0, phase, start, words: wordsOf(start, [value]) }
    }
    const districts = new StoredDistricts().apply(...othersAt(midnight + 10_000 * minute, [1]))
    const final = (window: number) => districts.apply(record((window + 1) * 5 + 10, [one(window, "final", 10)]))
    // The window of 0:55 takes in what comes before one after 2:55 is there.
    for (let window = 0; window < 36; window++) final(window)
    districts.apply(record(191, [one(11, "addition", 34)])).restart()
    final(36).apply(record(196, [one(11, "addition", 1000)])).commit()

    const hours = districts.windows.filter(({ size, start }) => size === 12 * step && start === midnight)
    assert.deepStrictEqual(hours.map(({ count, final, mean, revision }) => [count, final, mean, revision]), [
      [12, true, 10, 0],
      [13, true, (12 * 10 + 34) / 13, 1]
    ])
    assert.deepStrictEqual(districts.shard.totals, { afterHorizon: 1, corruptRecords: 0 })
  })

  it("makes an hour public as late as its last window would be, though that stays empty", () => {
    //     00:20 ┤ 00:26 provisional … 00:35 final          01:00 ┤ 01:01 hour, provisional … 01:10 hour, final
    const said = (phase: GivenPartial["phase"], values: ReadonlyArray<number>): ReadonlyArray<GivenPartial> => [
      { district: "a", property: 0, phase, start: midnight + 4 * step, words: wordsOf(midnight + 4 * step, values) }
    ]
    const round = (minutes: number, partials: ReadonlyArray<GivenPartial> = []): Uint8Array =>
      recordOf(1, [{ time: midnight + minutes * minute, sequence: minutes, partials }])
    const hoursOf = ({ windows }: StoredDistricts) =>
      windows.filter(({ size }) => size === 12 * step)
        .map(({ count, final, knownAt, revision }) => [(knownAt - midnight) / minute, revision, final, count])
    const only = () => new StoredDistricts().apply(...othersAt(midnight + 300 * minute, [1]))
    const live = only().apply(round(26, said("provisional", [1])), round(60), round(61)).restart()
      .apply(round(62, said("final", [1, 2])), round(97)).commit()
    const history = only().apply(round(35, said("final", [1, 2])), round(69)).restart().apply(round(97)).commit()

    assert.deepStrictEqual(hoursOf(live), [[61, 0, false, 1], [62, 1, true, 2]])
    assert.deepStrictEqual(hoursOf(history), [[70, 0, true, 2]])
  })

  it("takes in all that a jump of the clock makes final, in whatever rounds of the log", () => {
    const partials = Array.from({ length: 24 * 12 }, (_, window): GivenPartial => {
      const start = midnight + window * step
      return { district: "a", property: 0, phase: "final", start, words: wordsOf(start, [1]) }
    })
    const time = midnight + 100 * 60 * minute
    const districts = new StoredDistricts().apply(
      ...othersAt(time + 120 * minute, [1]),
      recordOf(1, [{ time, sequence: 1, partials }, { time: time + 60 * minute, sequence: 2, partials: [] }])
    ).commit()

    const counts = (size: number) => districts.windows.filter((row) => row.size === size).map(({ count }) => count)
    assert.deepStrictEqual(counts(step), Array(24 * 12).fill(1))
    assert.deepStrictEqual(counts(12 * step), Array(24).fill(12))
    assert.strictEqual(districts.shard.totals.afterHorizon, 0)
  })

  it("knows what a shard that was left out brings later since it came, and merges it as a revision", () => {
    const end = midnight + step
    const final = (value: number): GivenPartial => ({
      district: "a",
      property: 0,
      phase: "final",
      start: midnight,
      words: wordsOf(midnight, [value])
    })
    const districts = new StoredDistricts().apply(
      ...othersAt(end, [2]),
      recordOf(1, [{ time: end + 10 * minute, sequence: end + 1, partials: [final(10)] }]),
      ...othersAt(end + 30 * minute, [1, 2])
    )
    const quiet = districts.commit().states.length
    // The clock says that shard 2 does not come along, and that shard 1 has.
    districts.apply(tickAt(end + 12 * minute))
    districts.apply(
      recordOf(1, [{ time: end + 12 * minute, sequence: end + 2, partials: [] }]),
      recordOf(2, [
        { time: end + 10 * minute, sequence: 1, partials: [final(20)] },
        { time: end + 13 * minute, sequence: 2, partials: [] }
      ]),
      recordOf(1, [{ time: end + 13 * minute, sequence: end + 3, partials: [] }])
    ).commit()

    assert.strictEqual(quiet, 0)
    assert.deepStrictEqual(
      districts.windows.filter(({ size }) => size === step)
        .map(({ final, knownAt, mean, revision }) => [final, (knownAt - end) / minute, mean, revision]),
      [[true, 10, 10, 0], [true, 12, 15, 1]]
    )
  })

  it("counts revisions from 0, the provisional one first, and tells of each by events of their own ids", () => {
    const said = (phase: GivenPartial["phase"], values: ReadonlyArray<number>): GivenPartial => ({
      district: "a",
      property: 4,
      phase,
      start: midnight,
      words: wordsOf(midnight, values, { 8: 2, 9: 2, 11: 2 })
    })
    const rounds = [
      { time: midnight + 6 * minute, sequence: 1, partials: [said("provisional", [4])] },
      { time: midnight + 15 * minute, sequence: 2, partials: [said("final", [4, 6])] },
      { time: midnight + 16 * minute, sequence: 3, partials: [said("addition", [11])] }
    ]
    const districts = new StoredDistricts().apply(...othersAt(midnight + 60 * minute, [1]), recordOf(1, rounds))
      .commit()

    assert.deepStrictEqual(
      districts.windows.map(({ count, final, mean, revision, size }) => [size, revision, final, count, mean]),
      [[step, 0, false, 1, 4], [step, 1, true, 2, 5], [step, 2, true, 3, 7]]
    )
    assert.deepStrictEqual(districts.states.map(({ final, revision }) => [final, revision]), [
      [false, 0],
      [true, 1],
      [true, 2]
    ])
    assert.deepStrictEqual(
      districts.events.map(({ id }) => id),
      [0, 1, 2].flatMap((n) => [
        `quality:a:2026-06-01T00:00:00.000Z:r${n}`,
        `window:a:2026-06-01T00:00:00.000Z:r${n}`
      ])
    )
    assert.deepStrictEqual(districts.events.map(({ time }) => (time - midnight) / minute), [6, 6, 15, 15, 16, 16])
    assert.deepStrictEqual(districts.shard.districts.get("a")?.latest, JSON.parse(districts.states[2]?.state ?? ""))
  })

  it("hears a round once, however often a restarted sensor shard says it again", () => {
    const rounds = [1, 2, 3].map((n): GivenRound => ({
      time: midnight + (14 + n) * minute,
      sequence: n,
      partials: [{
        district: "a",
        property: 0,
        phase: n === 1 ? "final" : "addition",
        start: midnight,
        words: wordsOf(midnight, [n])
      }]
    }))
    const others = othersAt(midnight + 60 * minute, [1])
    const once = new StoredDistricts().apply(...others, recordOf(1, rounds))
    const again = new StoredDistricts().apply(...others, recordOf(1, rounds.slice(0, 2)), recordOf(1, rounds)).restart()
      .apply(recordOf(1, rounds.slice(1)), recordOf(1, rounds))

    assert.deepStrictEqual(again.published(), once.published())
  })

  it("lists the districts that were described last; one that is gone from the map is still answered for", () => {
    const described = (id: string) => ({
      id: DistrictId.make(id),
      name: id.toUpperCase(),
      centre: { type: "Point" as const, coordinates: [Longitude.make(24.9), Latitude.make(60.2)] as const },
      areaSquareMetres: SquareMetres.make(1e6),
      bounds: [24.8, 60.1, 25, 60.3].map((x, i) => i % 2 === 0 ? Longitude.make(x) : Latitude.make(x)) as never
    })
    const describe = (id: string, version: number, ids: ReadonlyArray<string>) =>
      commandOf(id, { _tag: "DescribeDistricts", version, districts: ids.map(described) })
    const seen = recordOf(1, [{
      time: midnight + 15 * minute,
      sequence: 1,
      partials: [{ district: "b", property: 0, phase: "final", start: midnight, words: wordsOf(midnight, [1]) }]
    }])
    const districts = new StoredDistricts().apply(...othersAt(midnight + 60 * minute, [1]), seen)
    const listed = () => districts.shard.listed.map(({ description, id }) => [id, description?.name]).sort()

    assert.deepStrictEqual(listed(), [["b", undefined]])
    districts.apply(describe("one", 11, ["a", "b"])).restart()
    assert.deepStrictEqual(listed(), [["a", "A"], ["b", "B"]])
    districts.apply(describe("two", 12, ["a"])).restart()
    assert.deepStrictEqual(listed(), [["a", "A"]])
    // The same command again changes nothing.
    districts.apply(describe("one", 11, ["a", "b"])).restart()
    assert.deepStrictEqual(listed(), [["a", "A"]])
    assert.isDefined(districts.shard.districts.get("b")?.latest)
    assert.strictEqual(districts.shard.describedVersion, 12)
  })

  it("weighs by the settings of the last command, and refuses commands of the other stage", () => {
    const weights = { air: 1, traffic: 0, public_transport: 0, noise: 0 }
    const settings = { timeZone: "Europe/Helsinki", weights }
    const words = (property: number) => ({
      district: "a",
      property,
      phase: "final" as const,
      start: midnight,
      words: wordsOf(midnight, [60], { 8: 1, 9: 1, 11: 1 })
    })
    // Fine particles at 60 µg/m³, and everything on time.
    const round = { time: midnight + 15 * minute, sequence: 1, partials: [words(4), words(3)] }
    const configure = commandOf("weights", { _tag: "ConfigureDistricts", settings })
    const others = othersAt(midnight + 60 * minute, [1])
    const [before, after] = [[], [configure]].map((commands) =>
      new StoredDistricts().apply(...others, ...commands).restart().apply(recordOf(1, [round])).commit()
    )

    assert.closeTo(after?.states[0]?.quality ?? NaN, 35, 1e-9)
    assert.notStrictEqual(before?.states[0]?.quality, after?.states[0]?.quality)
    assert.deepStrictEqual(after?.shard.settings, settings)
    const other = commandOf("name", { _tag: "DescribeSensor", sensorId: "x" })
    assert.throws(() => after?.apply(other), RecordVersionUnknown)
  })

  it("refuses a kind of record it does not know, and passes over windows", () => {
    const said = {
      district: "a",
      property: 0,
      phase: "final" as const,
      start: midnight,
      words: wordsOf(midnight, [40])
    }
    const round = { time: midnight + 15 * minute, sequence: 1, partials: [said] }
    const window = { sensorId: "x", property: 0, start: midnight, count: 1, mean: 50, min: 50, max: 50 }
    const windows = encodeWindows({ sourceShard: 1, sourceSequence: 2, windows: [window] })
    const unknown = recordOf(1, [])
    unknown[2] = 200

    const districts = new StoredDistricts().apply(...othersAt(midnight + 60 * minute, [1]), recordOf(1, [round]))
    const before = structuredClone(districts.everything())
    const after = districts.apply(windows).everything()

    assert.lengthOf(districts.states, 1)
    assert.deepStrictEqual(after, before)
    assert.throws(() => recordKind(unknown), RecordVersionUnknown)
    assert.throws(() => districts.apply(unknown), RecordVersionUnknown)
  })
})
