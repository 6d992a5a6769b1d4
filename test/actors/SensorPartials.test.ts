/** What the sensor stage gives to districts: against a naive model, across restarts, and from stored state of the version before. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { SensorShard } from "../../src/actors/SensorStage.ts"
import * as Slab from "../../src/analytics/DatastreamSlab.ts"
import * as Partial from "../../src/analytics/Partial.ts"
import { phases } from "../../src/analytics/ShardPartials.ts"
import * as Summary from "../../src/analytics/Summary.ts"
import { WordWriter } from "../../src/analytics/WordWriter.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import {
  averageOf,
  close,
  delay,
  direction,
  encoded,
  type Given,
  Giving,
  History,
  hour,
  int,
  isFinal,
  merged,
  minute,
  naive,
  noise,
  recordsOf,
  speed,
  start,
  text
} from "./NaivePartials.ts"
import { batchOf, type Sent } from "./StoredShard.ts"

describe("partials of a sensor shard", () => {
  it.prop(
    "hold every value that counts once, in the district it was sent from, each sensor with its weight",
    [History],
    ([history]) => {
      const records = recordsOf(history)
      const all = [...records, { now: start + 400 * hour, isHistory: true }]
      const shard = new Giving()
      for (const record of all) shard.apply(encoded(record)).take()
      // What became closed by the last tick but one is added by the next.
      shard.apply(encodeTick(start + 401 * hour, true)).take()

      const wanted = naive(all)
      const found = merged(shard.given)
      const withValues = [...found].filter(([, words]) => (words[Summary.count] ?? 0) > 0)
      assert.sameMembers(withValues.map(([key]) => key), [...wanted.keys()])
      for (const [key, words] of withValues) {
        const { means = [], values = [] } = wanted.get(key) ?? {}
        const property = Number(key.split(" ")[1])
        const word = (at: number): number => words[at] ?? NaN
        const thresholds = observedProperties[property]?.thresholds ?? []
        const weight = means.reduce((sum, one) => sum + one.weight, 0)
        assert.deepStrictEqual(
          [word(Summary.count), word(Summary.min), word(Summary.max), word(Partial.sensors)],
          [values.length, Math.min(...values), Math.max(...values), means.length],
          key
        )
        assert.isTrue(close(word(Partial.weight), weight), key)
        assert.deepStrictEqual(
          [word(Partial.beyond), word(Partial.beyond + 1)],
          [0, 1].map((i) => {
            const limit = thresholds[i]
            return limit === undefined ? 0 : values.filter((x) => limit < 0 ? x < limit : x > limit).length
          }),
          key
        )
        if (property === direction) continue
        const mean = property === noise
          ? 10 * Math.log10(means.reduce((sum, one) => sum + one.weight * 10 ** (one.mean / 10), 0) / weight)
          : means.reduce((sum, one) => sum + one.weight * one.mean, 0) / weight
        const aggregation = property === noise ? "energy" : "arithmetic"
        assert.isTrue(close(Partial.sensorMean(words, 0, aggregation), mean), `${key}: ${mean}`)
        const average = averageOf(values)
        const squares = values.reduce((sum, x) => sum + (x - average) ** 2, 0)
        assert.isTrue(close(word(Summary.m2), squares), `${key}: ${squares}`)
      }
    }
  )

  it.prop(
    "are the same, bit for bit, wherever the shard is stopped and restored",
    [History, Schema.Array(int(0, 60)).check(Schema.isMaxLength(8))],
    ([history, stops]) => {
      const records = [...recordsOf(history), { now: start + 40 * hour, isHistory: false }].map(encoded)
      const never = new Giving()
      const often = new Giving()
      for (const [i, record] of records.entries()) {
        never.apply(record).take()
        often.apply(record).take()
        if (stops.includes(i)) often.restart()
      }

      assert.strictEqual(text(often.given), text(never.given))
      assert.deepStrictEqual(often.everything(), never.everything())
    }
  )

  const kallio = (sensorId: string, minutes: number, result: number, property = speed): Sent => ({
    sensorId,
    property,
    time: start + minutes * minute,
    result,
    district: "kallio"
  })
  const sentAt = (minutes: number, sent: ReadonlyArray<Sent>) => batchOf(sent, { receivedAt: start + minutes * minute })
  const minutesOf = (given: ReadonlyArray<Given>, phase: keyof typeof phases, at = 0): ReadonlyArray<number> =>
    given.filter((one) => one.phase === phases[phase] && one.start === start + at * minute)
      .map(({ time }) => (time - start) / minute)
  /** Ticks of every minute from one to another, with what is sent in between. */
  const live = (shard: Giving, from: number, to: number, send: (minutes: number) => ReadonlyArray<Sent> = () => []) => {
    for (let at = from; at <= to; at++) {
      const sent = send(at)
      if (sent.length > 0) shard.apply(sentAt(at, sent))
      shard.apply(encodeTick(start + at * minute)).take()
    }
    return shard
  }

  it("are given out a minute after the end from what is in panes, then as final, then as additions", () => {
    //     window 12:00      ──┤ 12:05 end  ├─ 12:06 provisional ─┤ … ├─ 12:15 final (5 min late + 5 min on the way) ─┤
    const shard = live(
      new Giving(),
      0,
      20,
      (at) => at < 5 ? [kallio("a", at, 50 + at)] : at < 12 ? [kallio("b", at, 3)] : []
    )

    assert.deepStrictEqual(minutesOf(shard.given, "provisional"), [6])
    assert.deepStrictEqual(minutesOf(shard.given, "final"), [15])
    assert.deepStrictEqual(minutesOf(shard.given, "addition"), [])
    const [provisional, final] = shard.given.filter(({ start: at }) => at === start)
    assert.deepStrictEqual(provisional?.words, final?.words)
    assert.strictEqual(provisional?.words[Summary.count], 5)
  })

  it.prop("are final for every district that was told something provisional", [History], ([history]) => {
    const shard = new Giving()
    for (const record of recordsOf(history)) shard.apply(encoded(record)).take()
    shard.apply(encodeTick(start + 400 * hour)).take()

    const keys = (phase: keyof typeof phases) =>
      new Set(
        shard.given.filter((one) => one.phase === phases[phase]).map((one) =>
          `${one.district} ${one.property} ${one.start}`
        )
      )
    const finals = keys("final")
    assert.deepStrictEqual([...keys("provisional")].filter((key) => !finals.has(key)), [])
  })

  it("take back what was provisional of a district, where it turns out that nothing was there", () => {
    const at = (district: string, resultTime: number): Sent => ({
      ...kallio("tram", 1, 50),
      district,
      resultTime: start + resultTime,
      result: 50 + resultTime
    })
    const send = (minutes: number) => minutes === 1 ? [at("kallio", 1)] : minutes === 7 ? [at("pasila", 2)] : []
    const shard = live(new Giving(), 0, 40, send)

    const said = shard.given.filter((one) => one.start === start && one.district === "kallio")
      .map(({ phase, words }) => [phase, words[Summary.count], words[Partial.expected]])
    assert.deepStrictEqual(said, [[phases.provisional, 1, 1], [phases.final, 0, 0]])
    assert.strictEqual(merged(shard.given).get(`pasila ${speed} ${start}`)?.[Summary.mean], 52)
  })

  it("say what a window has got meanwhile when it becomes final, and what a station that reports late adds", () => {
    const shard = new Giving().apply(sentAt(-60, [kallio("late", -120, 1)]))
    live(shard, 0, 9, (at) => at === 8 ? [kallio("a", 4, 70)] : [])
    live(shard, 10, 90, (at) => at === 61 ? [kallio("late", 1, 30)] : [])

    const finals = shard.given.filter((one) => one.start === start && isFinal(one))
    assert.deepStrictEqual(minutesOf(shard.given, "final"), [15])
    assert.deepStrictEqual(finals.map(({ phase, words }) => [phase, words[Summary.count], words[Summary.mean]]), [
      [phases.final, 1, 70],
      [phases.addition, 1, 30]
    ])
    // Not before it has closed, which is as late as the station always reports.
    assert.isAbove(minutesOf(shard.given, "addition")[0] ?? NaN, 61)
  })

  it("give nothing provisional by ticks of the past", () => {
    const shard = new Giving()
    for (let at = 0; at <= 40; at++) {
      if (at < 30) shard.apply(sentAt(at, [kallio("a", at, at + 1)]))
      shard.apply(encodeTick(start + at * minute, true)).take()
    }

    assert.isEmpty(shard.given.filter((one) => !isFinal(one)))
    assert.deepStrictEqual(
      shard.given.filter(({ start: at }) => at >= start).map((
        { start: at, time }
      ) => [(at - start) / minute, (time - start) / minute]),
      [0, 5, 10, 15, 20, 25].map((at) => [at, at + 15])
    )
  })

  it("of a shard that had nothing are looked at again when it has something, and do not wait for the next window", () => {
    const shard = new Giving()
    shard.apply(encodeTick(start + 7 * minute)).take()
    shard.apply(sentAt(7.5, [kallio("a", 3, 40)])).apply(encodeTick(start + 8 * minute)).take()

    const given = shard.given.filter(({ words }) => (words[Summary.count] ?? 0) > 0)
    assert.deepStrictEqual(minutesOf(given, "provisional"), [8])
  })

  it("are given by whole minutes, and by a tick set back or repeated not again", () => {
    const shard = new Giving().apply(sentAt(1, [kallio("a", 1, 5)]))
    for (const seconds of [300, 359, 360, 360, 300, 361, 419, 900, 899, 901]) {
      shard.apply(encodeTick(start + seconds * 1000)).take()
    }

    assert.deepStrictEqual(minutesOf(shard.given, "provisional"), [6])
    assert.deepStrictEqual(minutesOf(shard.given, "final"), [15])
  })

  it("tell after a jump of the clock what there was, and of what was empty at most an hour", () => {
    const shard = live(new Giving(), 0, 4, (at) => [kallio("a", at, 5 + at)])
    shard.apply(encodeTick(start + 100 * hour)).take()

    const jumped = shard.given.filter((one) => one.time === start + 100 * hour && one.start >= start)
    assert.deepStrictEqual(minutesOf(jumped, "final"), [6000])
    // Hours of which there was nothing have no partials: nobody is expected there any more.
    assert.strictEqual(jumped.length, 1)
  })

  it("count a vehicle where it was, also in the middle of a window, and what it corrects where that was", () => {
    const at = (seconds: number, result: number, district: string, corrects = 0): Sent => ({
      sensorId: "tram",
      property: delay,
      time: start + seconds * 1000,
      resultTime: start + seconds * 1000 + corrects,
      result,
      district
    })
    const shard = new Giving().apply(sentAt(4, [
      at(0, 400, "kallio"),
      at(70, -90, "kallio"),
      at(80, 10, "pasila"),
      at(200, 20, "kallio")
    ]))
    // 400 s was wrong, and said of another district; a repeated value counts once, in the district it came with first.
    shard.apply(sentAt(4, [at(0, 40, "pasila", 1000), at(200, 20, "pasila")]))
    live(shard, 5, 20)

    const found = shard.given.filter((one) => one.start === start && one.phase === phases.final)
    assert.deepStrictEqual(
      found.map(({ district, words }) => [
        district,
        words[Summary.count],
        words[Summary.mean],
        words[Summary.last],
        words[Partial.beyond],
        words[Partial.beyond + 1]
      ]).sort(),
      [["kallio", 2, -35, 20, 1, 0], ["pasila", 2, 25, 10, 0, 0]]
    )
  })

  it("expect who usually reports: silent after three of its own intervals, stuck with a tenth of its weight", () => {
    const shard = live(new Giving(), 0, 95, (at) => [
      kallio("well", at, 40 + at % 7),
      kallio("stuck", at, 33),
      ...(at < 60 ? [kallio("silent", at, 50 + at % 3)] : []),
      // What stands still at 0 is at rest, and temperature may.
      kallio("resting", at, 0),
      kallio("well", at, 20, 11)
    ])

    const health = (at: number, property: number) =>
      shard.given.filter((one) =>
        one.phase === phases.final && one.property === property && one.start === start + at * minute
      ).map(({ words }) =>
        [Partial.expected, Partial.seen, Partial.ill, Partial.seenWeight, Partial.sensors, Partial.weight].map((word) =>
          words[word]
        )
      )
    assert.deepStrictEqual(health(30, speed), [[4, 4, 0, 4, 4, 4]])
    // The twelfth window with one value, 12:55, makes it stuck; the silent one is not missed before 13:15.
    assert.deepStrictEqual(health(50, speed).map((words) => words[4]), [4])
    assert.deepStrictEqual(health(55, speed).map(([, , ill, , sensors, weight]) => [ill, sensors, weight]), [[
      1,
      4,
      3.1
    ]])
    assert.deepStrictEqual(health(60, speed).map((words) => words.slice(0, 2)), [[4, 4]])
    assert.deepStrictEqual(health(75, speed), [[4, 3, 1, 2.1, 3, 2.1]])
    assert.deepStrictEqual(health(75, 11).map((words) => words[2]), [0])
  })

  it("do not expect at night what stops at night, once that is known", () => {
    const midnight = Date.UTC(2026, 5, 1)
    const shard = new Giving()
    // A stop at which something happens every four minutes from 6 to 24, for three days.
    for (let at = 0; at < 3 * 24 * 60; at++) {
      const time = midnight + at * minute
      if (at % 1440 >= 360 && at % 4 === 0) {
        const sent = [{ sensorId: "stop", property: 17, time, result: 240 + at % 11, district: "kallio" }]
        shard.apply(batchOf(sent, { receivedAt: time }))
      }
      shard.apply(encodeTick(time, true)).take()
    }

    const expectedAt = (day: number, hours: number) =>
      shard.given.filter(({ phase, start: at }) =>
        phase === phases.final && at === midnight + day * 24 * hour + hours * hour
      )
        .map(({ words }) => [words[Partial.expected], words[Partial.seen]])
    assert.deepStrictEqual(expectedAt(1, 12), [[1, 1]])
    assert.deepStrictEqual(expectedAt(2, 12), [[1, 1]])
    // Three hours after the last one nobody waits for the next.
    assert.deepStrictEqual([expectedAt(1, 4), expectedAt(2, 4)], [[], []])
  })

  it("go on from a state that was stored before there were districts", () => {
    const sent = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => [
        { ...kallio("a", from + i, 50 + i), district: undefined },
        { ...kallio("b", from + i, 61.5 + i * i, noise), district: undefined }
      ]).flat()
    const now = new Giving().apply(sentAt(22, sent(0, 22))).restart()
    const { streams } = now.shard
    const records = Array.from({ length: streams.slab.length }, (_, slot) => {
      const writer = new WordWriter()
      streams.writeSlot(slot, writer)
      const words = new Float64Array(writer.take().buffer)
      return [...words.subarray(0, 40), ...words.subarray(Slab.recordWords)]
    })
    const snapshot = now.snapshot()
    const header = JSON.parse(new TextDecoder().decode(snapshot.header)) as object
    const before = new Giving()
    before.shard = new SensorShard(7, {
      ...snapshot,
      header: new TextEncoder().encode(JSON.stringify({ ...header, version: 1, partials: undefined })),
      groups: [{ number: 0, bytes: new Uint8Array(Float64Array.from(records.flat()).buffer) }]
    })
    const placed = sent(22, 60).map((one) => ({ ...one, district: "kallio" }))
    for (const shard of [before, now]) {
      shard.apply(batchOf(placed, { receivedAt: start + 60 * minute }))
      live(shard, 60, 90)
    }

    const withValues = ({ given }: Giving) => given.filter(({ words }) => (words[Summary.count] ?? 0) > 0)
    assert.deepStrictEqual(before.commit().rows, now.commit().rows.slice(-before.rows.length))
    assert.strictEqual(text(withValues(before)), text(withValues(now)))
    // The window that ran when the state was stored has in the district only what came from there.
    const running = before.given.find((one) => one.start === start + 20 * minute && one.property === speed)
    assert.deepStrictEqual([running?.words[Summary.count], running?.words[Summary.mean]], [3, 51])
  })
})
