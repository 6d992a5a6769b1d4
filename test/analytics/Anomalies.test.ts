/** The light test: what opens an anomaly, what becomes of it, and what leaves it alone. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { FoundAnomaly } from "../../src/analytics/FoundAnomaly.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { start, steady, WatchedDatastream } from "./WatchedDatastream.ts"

const minute = 60_000
const hour = 60 * minute

const told = ({ closed, ending, revision, severity }: FoundAnomaly): string =>
  `r${revision} ${severity}${closed === undefined ? "" : ` ${ending}`}`

const tellings = ({ found }: WatchedDatastream): ReadonlyArray<string> => found.map(told)

describe("an anomaly", () => {
  it("opens with one observation far beyond what is expected, and is over when six were within for five minutes", () => {
    const one = new WatchedDatastream().grown()
    const opened = one.now + 5 * minute

    one.send([95], 5).send(steady(5), 5)
    assert.deepStrictEqual(tellings(one), ["r0 major"])
    one.send([50], 5).send(steady(50), 5)

    assert.deepStrictEqual(tellings(one), ["r0 major", "r1 major over"])
    const [first, last] = one.found
    assert.deepStrictEqual([first?.opened, first?.observed, first?.observedAt, first?.district], [
      opened,
      95,
      opened,
      7
    ])
    assert.strictEqual(last?.closed, opened + 5 * minute)
    assert.isTrue((first?.low ?? NaN) < 48 && (first?.high ?? NaN) > 52 && (first?.high ?? NaN) < 60)
  })

  it("opens with the third in a row that is beyond on one side, and with none that changes sides", () => {
    const one = new WatchedDatastream().grown().send([62.5, 63.5, 64.5], 5)
    const other = new WatchedDatastream().grown().send([62.5, 37.5, 62.5, 37.5, 50, 62.5, 62.5, 50], 5)

    assert.deepStrictEqual(tellings(one), ["r0 minor"])
    assert.strictEqual(one.found[0]?.opened, one.now)
    assert.deepStrictEqual(tellings(other), [])
  })

  it("does not open before enough was learned, and a young datastream must say it louder", () => {
    const unlearned = new WatchedDatastream().send(steady(20)).send([200])
    const young = new WatchedDatastream().send(steady(40)).send([70])
    const loud = new WatchedDatastream().send(steady(40)).send([100])
    const grown = new WatchedDatastream().grown().send([70], 5)

    assert.deepStrictEqual([unlearned, young, loud, grown].map(({ found }) => found.length), [0, 0, 1, 1])
  })

  it("is one for an episode, raised as it becomes severe", () => {
    const one = new WatchedDatastream().grown().send([70, 71, 50, 72, 90, 73, 180], 5).send(steady(20), 5)

    assert.deepStrictEqual(tellings(one), ["r0 minor", "r1 major", "r2 critical", "r3 critical over"])
    assert.strictEqual(one.found.at(-1)?.observed, 180)
    assert.strictEqual(new Set(one.found.map(({ opened }) => opened)).size, 1)
  })

  it("is over when what lasts has become what is expected", () => {
    const one = new WatchedDatastream().grown().send(Array.from(steady(60), (x) => x + 40), 5)

    assert.strictEqual(one.found.at(-1)?.ending, "over")
    assert.strictEqual(one.found.filter(({ revision }) => revision === 0).length, 1)
    assert.isAbove((one.found.at(-1)?.closed ?? 0) - (one.found[0]?.opened ?? 0), hour / 2)
  })

  it("closes at the newest observation when nothing comes any more, as time alone tells or the next observation", () => {
    const quiet = new WatchedDatastream().grown().send([95], 5)
    const last = quiet.now
    quiet.silent(10)
    assert.deepStrictEqual(tellings(quiet), ["r0 major"])
    quiet.silent(60)
    const back = new WatchedDatastream().grown().send([95], 5).send([95], 10 * 24 * 60)

    assert.deepStrictEqual(tellings(quiet), ["r0 major", "r1 major silent"])
    assert.deepStrictEqual(tellings(back), ["r0 major", "r1 major silent"])
    assert.deepStrictEqual([quiet, back].map(({ found }) => found[1]?.closed), [last, last])
  })

  it("is taken back by a correction of the observation it rests on, and told anew where that is still beyond", () => {
    const backTaken = new WatchedDatastream().grown().send([95], 5)
    backTaken.observe(51, backTaken.now, backTaken.now + 1).send(steady(10), 5)
    const less = new WatchedDatastream().grown().send([95], 5)
    less.observe(80, less.now, less.now + 1)
    const other = new WatchedDatastream().grown().send([95, 50], 5)
    other.observe(51, other.now, other.now + 1)

    assert.deepStrictEqual(tellings(backTaken), ["r0 major", "r1 major corrected"])
    assert.deepStrictEqual(tellings(less), ["r0 major", "r1 major"])
    assert.strictEqual(less.found[1]?.observed, 80)
    assert.deepStrictEqual(tellings(other), ["r0 major"])
  })

  it("does not rest on what was not counted or is older than the newest", () => {
    const one = new WatchedDatastream().grown()
    const { now } = one

    one.observe(200, now - 2 * minute).observe(200, now - hour).observe(50, now).observe(200, now, now - 1)

    assert.deepStrictEqual(tellings(one), [])
  })

  it("is not every change of what is constant, nor of what has two values once both were seen", () => {
    const constant = new WatchedDatastream().send(Array.from({ length: 400 }, () => 50), 5).send([51, 49, 60], 5)
    const switched = new WatchedDatastream("occupancy").send(
      Array.from({ length: 800 }, (_, i) => i % 97 < 60 ? 0 : 40),
      5
    )

    assert.deepStrictEqual(tellings(constant), [])
    assert.strictEqual(switched.found.filter(({ revision }) => revision === 0).length, 1)
  })

  it("is nothing that is usual at this hour of the week", () => {
    // Of each hour of the week 12 observations; on Mondays at 8 it jumps from 50 to 90, for an hour.
    const week = Array.from({ length: 7 * 24 * 12 }, (_, i) => Math.floor(i / 12) === 8 ? 90 + i % 3 : 50 + i % 3)
    const weeks = (n: number) => Array.from({ length: n }, () => week).flat()

    const one = new WatchedDatastream().send(weeks(3), 5)
    const before = one.found.length
    one.send(week, 5)

    assert.isAbove(before, 0)
    assert.strictEqual(one.found.length, before)
    one.send(week.slice(0, 24), 5).send([90], 5)
    assert.strictEqual(one.found.length, before + 1)
  })

  it("is none of a direction", () => {
    const one = new WatchedDatastream("wind_direction").send(Array.from({ length: 300 }, () => 10), 5).send(
      [190, 355],
      5
    )

    assert.deepStrictEqual(tellings(one), [])
  })
})

describe("the light test", () => {
  const Steps = Schema.Array(Schema.Struct({
    minutes: Schema.Finite.check(Schema.isBetween({ minimum: -10, maximum: 400 })),
    years: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
    result: Schema.Union([
      Schema.Finite,
      Schema.Number,
      Schema.Literals([0, 50, 51, 95, 1e308, -1e308])
    ]),
    does: Schema.Literals(["send", "send", "send", "correct", "wait", "spike"])
  })).check(Schema.isMaxLength(60))

  const run = (steps: typeof Steps.Type, restarts: ReadonlyArray<number>, property: number): WatchedDatastream => {
    const one = new WatchedDatastream(observedProperties[property]?.name)
    one.send(steady(40), 5)
    for (const [i, { does, minutes, result, years }] of steps.entries()) {
      const later = Math.round(minutes + (years > 18 ? years * 365 * 24 * 60 : 0))
      if (does === "wait") one.silent(Math.abs(later))
      else if (does === "correct") one.observe(result, one.now, one.now + i)
      else one.send([does === "spike" ? 5_000 : result], later)
      if (restarts.includes(i)) one.restart()
    }
    return one
  }
  const Property = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: observedProperties.length - 1 }))

  it.prop(
    "opens, raises and closes in order, one at a time, with finite evidence, whatever comes",
    [Steps, Property],
    ([
      steps,
      property
    ]) => {
      const { found, streams } = run(steps, [], property)

      let open: FoundAnomaly | undefined
      for (const one of found) {
        for (const value of [one.opened, one.score, one.low, one.high, one.observed, one.observedAt]) {
          assert.isTrue(Number.isFinite(value), JSON.stringify(one))
        }
        assert.isTrue(one.low < one.high && one.score >= 1.5)
        if (one.revision === 0) assert.isUndefined(open)
        else assert.deepStrictEqual([one.opened, one.revision], [open?.opened, (open?.revision ?? NaN) + 1])
        assert.isTrue(one.closed === undefined || one.closed >= one.opened)
        assert.strictEqual(one.closed === undefined, one.ending === undefined)
        open = one.closed === undefined ? one : undefined
      }
      assert.strictEqual(streams.anomalies.openCount, open === undefined ? 0 : 1)
      const ids = found.filter(({ revision }) => revision === 0).map(({ opened }) => opened)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.isTrue(ids.every((opened) => opened > start))
    }
  )

  it.prop("finds the same and remembers the same when it is stored and read back at any points", [
    Steps,
    Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))),
    Property
  ], ([steps, restarts, property]) => {
    const never = run(steps, [], property)
    const often = run(steps, restarts, property)

    assert.deepStrictEqual(often.found, never.found)
    assert.deepStrictEqual(often.words(), never.words())
  })

  it.prop("finds nothing in what stays within the smallest reach", [
    Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 48, maximum: 52 }))).check(Schema.isMaxLength(200))
  ], ([results]) => {
    const one = new WatchedDatastream().send(steady(40), 5).send(results, 5)

    assert.deepStrictEqual(one.found, [])
  })
})
