/** The robust baseline: by hand, in a wild week, on a synthetic city, and across changes of the clock. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Datastreams, fiveMinutes, hour } from "../../src/analytics/Datastreams.ts"
import { binFloats, learn } from "../../src/analytics/SeasonalBaseline.ts"
import { hoursOfWeek } from "../../src/schemas/Baseline.ts"
import { NaiveBaseline } from "./NaiveBaseline.ts"

/** One bin, in the middle of others that must not change. */
class Bin {
  readonly bins = new Float32Array(3 * binFloats).fill(NaN)
  readonly weeks = new Uint8Array(3 * hoursOfWeek)
  readonly hour: number
  constructor(hourOfTheWeek = 167) {
    this.hour = hourOfTheWeek
  }
  learn(means: ReadonlyArray<number>): this {
    // From 5 on, so that a wrong offset shows.
    const floats = Float32Array.from([...Array.from({ length: 5 }, () => 1e9), ...means, 1e9])
    learn(this.bins, binFloats, this.weeks, hoursOfWeek, this.hour, floats, 5, means.length)
    return this
  }
  get centre(): number {
    return this.bins[binFloats + this.hour] ?? NaN
  }
  get spread(): number {
    return this.bins[binFloats + hoursOfWeek + this.hour] ?? NaN
  }
  get seen(): number {
    return this.weeks[hoursOfWeek + this.hour] ?? NaN
  }
}

/** Repeatable noise: a linear congruential generator and the sum of twelve uniforms, standard deviation 1. */
const noise = (seed: number): () => number => {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return () => Array.from({ length: 12 }, uniform).reduce((sum, x) => sum + x, -6)
}

/** Plays one value per 5 minutes, and two more so that the last hour closes. */
const played = (timeZone: string, from: number, to: number, valueAt: (time: number) => number): Datastreams => {
  const streams = new Datastreams(timeZone)
  streams.add(0)
  for (let time = from; time < to + 2 * fiveMinutes; time += fiveMinutes) {
    streams.observe(0, time, NaN, valueAt(time), time, 0)
  }
  return streams
}

describe("the baseline", () => {
  it("starts with the median and 1.4826 times the median deviation of its first hour", () => {
    const bin = new Bin().learn([10, 12, 11, 100, 9])

    // Median 11; deviations 1 1 0 89 2, their median 1.
    assert.strictEqual(bin.centre, 11)
    assert.closeTo(bin.spread, 1.4826, 1e-6)
    assert.strictEqual(bin.seen, 1)
  })

  it("moves by the clipped difference over the number of weeks", () => {
    const bin = new Bin().learn([10, 12, 11, 100, 9]).learn([13, 13, 14, 13])

    // a = 1/2, s = 1.4826: c = 11 + ½·(13 − 11) = 12; deviations from 11 are 2 2 3 2: d = 2.9652 < 3s; s = 1.4826 + ½·1.4826.
    assert.closeTo(bin.centre, 12, 1e-6)
    assert.closeTo(bin.spread, 2.2239, 1e-6)

    bin.learn([1000, 1000])

    // a = 1/3; both are clipped at 3s = 6.6717.
    assert.closeTo(bin.centre, 12 + 2.2239, 1e-6)
    assert.closeTo(bin.spread, 2.2239 + (6.6717 - 2.2239) / 3, 1e-6)
    assert.strictEqual(bin.seen, 3)
  })

  it("does not know a spread from one or two values, and learns it from the next week", () => {
    const bin = new Bin().learn([10, 11])

    assert.isNaN(bin.spread)
    bin.learn([12, 12, 12])

    // No clipping before a spread is known: c = 10.5 + ½·1.5; d = 1.4826·1.5.
    assert.closeTo(bin.centre, 11.25, 1e-6)
    assert.closeTo(bin.spread, 2.2239, 1e-6)
  })

  it("takes any spread after a week without any", () => {
    const bin = new Bin().learn([0, 0, 0, 0]).learn([0, 0, 0, 0]).learn([6, 6, 6])

    assert.closeTo(bin.centre, 2, 1e-6)
    assert.closeTo(bin.spread, 6 * 1.4826, 1e-5)
  })

  it("counts 255 weeks at most, and goes on learning", () => {
    const bin = new Bin()
    for (let week = 0; week < 300; week++) bin.learn([week % 2 === 0 ? 1 : 3, 2, 2])
    assert.strictEqual(bin.seen, 255)
    for (let week = 0; week < 100; week++) bin.learn([7, 8, 9])

    assert.closeTo(bin.centre, 8, 0.1)
  })

  it("leaves all other bins alone", () => {
    const bin = new Bin(0).learn([1, 2, 3]).learn([2, 3, 4])

    const touched = [...bin.bins.entries()].filter(([, x]) => !Number.isNaN(x)).map(([i]) => i)
    assert.deepStrictEqual(touched, [binFloats, binFloats + hoursOfWeek])
    assert.deepStrictEqual([...bin.weeks.entries()].filter(([, x]) => x > 0).map(([i]) => i), [hoursOfWeek])
  })

  it.prop(
    "moves in a wild week by at most three spreads times its rate, whatever comes",
    [
      Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: -1e6, maximum: 1e6 }))).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(12)
      ),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))
    ],
    ([wild, weeks]) => {
      const random = noise(weeks)
      const bin = new Bin()
      for (let week = 0; week < weeks; week++) bin.learn(Array.from({ length: 12 }, () => 50 + 4 * random()))
      const { centre, spread } = bin
      const rate = 1 / Math.min(weeks + 1, 8)

      bin.learn(wild)

      assert.isAtMost(Math.abs(bin.centre - centre), 3 * spread * rate * (1 + 1e-5) + 1e-5)
      assert.isAtMost(bin.spread, spread * (1 + 2 * rate) * (1 + 1e-5))
      assert.isAtLeast(bin.spread, spread * (1 - rate) * (1 - 1e-5))
    }
  )

  it("converges on a weekly rhythm with noise, and forgets one wild week", () => {
    const monday = Date.UTC(2026, 5, 1)
    const random = noise(7)
    const rhythm = (time: number): number =>
      60 + 30 * Math.sin(Math.floor((time - monday) / hour) / hoursOfWeek * 14 * Math.PI)
    const wildFrom = monday + 20 * 7 * 86_400_000

    const streams = played("UTC", monday, monday + 30 * 7 * 86_400_000, (time) => {
      const wild = time >= wildFrom && time < wildFrom + 7 * 86_400_000
      return wild ? 300 * Math.abs(random()) : rhythm(time) + 5 * random()
    })

    const bins = Array.from({ length: hoursOfWeek - 1 }, (_, i) => {
      const bin = streams.bin(0, i)
      assert.isDefined(bin)
      return { off: bin.centre - rhythm(monday + i * hour), spread: bin.spread, weeks: bin.weeks }
    })
    const largest = Math.max(...bins.map(({ off }) => Math.abs(off)))
    const spreads = bins.map(({ spread }) => spread).sort((a, b) => a - b)
    assert.isBelow(largest, 5)
    assert.isBelow(Math.abs(bins.reduce((sum, { off }) => sum + off, 0) / bins.length), 1)
    assert.closeTo(spreads[80] ?? NaN, 5, 1)
    assert.isTrue(bins.every(({ weeks }) => weeks === 30))
  })

  it("learns a lasting change in some weeks", () => {
    const random = noise(11)
    const bin = new Bin()
    for (let week = 0; week < 20; week++) bin.learn(Array.from({ length: 12 }, () => 50 + 3 * random()))
    for (let week = 0; week < 12; week++) bin.learn(Array.from({ length: 12 }, () => 80 + 3 * random()))

    assert.isAbove(bin.centre, 70)
  })
})

/** Hour of the week → weeks learned, where any were. */
const weeksOf = (streams: Datastreams): ReadonlyArray<readonly [hour: number, weeks: number, centre: number]> =>
  Array.from({ length: hoursOfWeek }, (_, i) => ({ i, bin: streams.bin(0, i) })).flatMap(({ bin, i }) =>
    bin === undefined ? [] : [[i, bin.weeks, Math.round(bin.centre * 100) / 100] as const]
  )
const sunday = 6 * 24

describe("the baseline across changes of the clock", () => {
  it("learns the hour that autumn repeats twice, into its own bin", () => {
    // Sunday 25 October 2026, Helsinki: 03:00–04:00 summer time is 00:00–01:00 UTC, then 03:00–04:00 winter time.
    const start = Date.UTC(2026, 9, 24, 22)
    const streams = played("Europe/Helsinki", start, start + 6 * hour, (time) => Math.floor((time - start) / hour))

    assert.deepStrictEqual(weeksOf(streams), [
      [sunday + 1, 1, 0],
      [sunday + 2, 1, 1],
      // 2 in summer time; then 3 by half of the difference, as no spread was seen: 2.5.
      [sunday + 3, 2, 2.5],
      [sunday + 4, 1, 4],
      [sunday + 5, 1, 5]
    ])
  })

  it("learns nothing for the hour that spring leaves out", () => {
    const start = Date.UTC(2026, 2, 28, 23)
    const streams = played("Europe/Helsinki", start, start + 5 * hour, (time) => Math.floor((time - start) / hour))

    assert.deepStrictEqual(weeksOf(streams), [
      [sunday + 1, 1, 0],
      [sunday + 2, 1, 1],
      [sunday + 4, 1, 2],
      [sunday + 5, 1, 3],
      [sunday + 6, 1, 4]
    ])
  })

  it("puts hours that start at a quarter to where the clock on the wall says", () => {
    // Kathmandu: 18:15 UTC on Sunday is Monday 00:00.
    const start = Date.UTC(2026, 0, 4, 18, 15)
    const streams = played("Asia/Kathmandu", start, start + 2 * hour, (time) => Math.floor((time - start) / hour))

    assert.deepStrictEqual(weeksOf(streams), [[0, 1, 0], [1, 1, 1]])
  })

  it("keeps the half hours apart where the clock moves by half an hour", () => {
    // Lord Howe, Sunday 4 October 2026: at 02:00 (15:30 UTC on Saturday) it is 02:30, so that hour 2 has half an hour.
    const change = Date.UTC(2026, 9, 3, 15, 30)
    const streams = played("Australia/Lord_Howe", change - hour, change + hour + hour / 2, (time) => {
      return time < change ? 1 : time < change + hour / 2 ? 2 : 3
    })

    assert.deepStrictEqual(weeksOf(streams), [[sunday + 1, 1, 1], [sunday + 2, 1, 2], [sunday + 3, 1, 3]])
  })

  it("keeps the hours apart where the clock jumps at a quarter to", () => {
    // Chatham, Sunday 27 September 2026: at 02:45 (14:00 UTC on Saturday) it is 03:45.
    const change = Date.UTC(2026, 8, 26, 14)
    const streams = played("Pacific/Chatham", change - hour * 0.75, change + hour * 1.25, (time) => {
      return time < change ? 2 : time < change + hour / 4 ? 3 : 4
    })

    assert.deepStrictEqual(weeksOf(streams), [[sunday + 2, 1, 2], [sunday + 3, 1, 3], [sunday + 4, 1, 4]])
  })

  it("closes an hour under the zone in which it was gathered", () => {
    const monday = Date.UTC(2026, 5, 1, 10)
    const streams = new Datastreams("UTC")
    streams.add(0)
    for (let i = 0; i < 13; i++) streams.observe(0, monday + i * fiveMinutes, NaN, 5, monday + i * fiveMinutes, 0)

    streams.setTimeZone("Asia/Tokyo")
    for (let i = 13; i < 38; i++) streams.observe(0, monday + i * fiveMinutes, NaN, 6, monday + i * fiveMinutes, 0)

    // 10:00 UTC was gathered as hour 10; from 11:00 UTC on it is 20:00 in Tokyo.
    assert.deepStrictEqual(weeksOf(streams).map(([at]) => at), [10, 20, 21])
  })

  it.prop(
    "equals a naive one wherever it is and however sparse",
    [
      Schema.Literals([
        "Europe/Helsinki",
        "America/Los_Angeles",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Chatham"
      ]),
      Schema.Int.check(
        Schema.isBetween({ minimum: Date.UTC(2026, 0, 1) / fiveMinutes, maximum: Date.UTC(2026, 11, 1) / fiveMinutes })
      ),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
    ],
    ([zone, from, every]) => {
      const random = noise(from)
      const naive = new NaiveBaseline(zone)
      const streams = new Datastreams(zone)
      streams.add(0)
      for (let i = 0; i < 2000; i++) {
        const time = (from + i * every) * fiveMinutes
        // As exact as means are kept: a first deviation that is tiny is multiplied by each week that follows, its rounding too.
        const result = Math.fround(40 + 10 * random())
        streams.observe(0, time, NaN, result, time, 0)
        // The window of the newest observation is still open.
        if (i < 1999) naive.add(time, result)
      }

      for (let i = 0; i < hoursOfWeek; i++) {
        const [bin, expected] = [streams.bin(0, i), naive.bins.get(i)]
        assert.strictEqual(bin?.weeks, expected?.weeks, `hour ${i}`)
        if (bin === undefined || expected === undefined) continue
        assert.closeTo(bin.centre, expected.centre, 1e-3)
        if (expected.spread === undefined) assert.isNaN(bin.spread)
        else assert.closeTo(bin.spread, expected.spread, 1e-3)
      }
    },
    { arbitrary: { runs: 20 } }
  )
})
