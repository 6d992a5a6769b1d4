/** Hours of the week across changes of the clock, against the zones of Effect's `DateTime`. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import { cityTime, hourOfWeek, localHour } from "../../src/analytics/CityTime.ts"

const quarter = 900_000
const hour = 3_600_000
const day = 86_400_000

const weekday = (epochMillis: number, timeZone: string): { readonly offset: number; readonly hourOfWeek: number } => {
  const zoned = DateTime.setZone(DateTime.makeUnsafe(epochMillis), DateTime.zoneMakeNamedUnsafe(timeZone))
  const parts = DateTime.toParts(zoned)
  // DateTime counts from Sunday.
  return { offset: DateTime.zonedOffset(zoned), hourOfWeek: ((parts.weekDay + 6) % 7) * 24 + parts.hour }
}

const agrees = (timeZone: string, epochMillis: number): void => {
  const { offset } = cityTimes(timeZone)
  const expected = weekday(epochMillis, timeZone)
  const at = `${timeZone} ${new Date(epochMillis).toISOString()}`
  assert.strictEqual(offset(epochMillis), expected.offset, at)
  assert.strictEqual(hourOfWeek(localHour(epochMillis, offset(epochMillis))), expected.hourOfWeek, at)
}

const memo = new Map<string, ReturnType<typeof cityTime>>()
const cityTimes = (timeZone: string) => {
  const known = memo.get(timeZone) ?? cityTime(timeZone)
  memo.set(timeZone, known)
  return known
}

/** Every quarter hour of the days around an instant, and the milliseconds beside it. */
const agreesAround = (timeZone: string, middle: number): void => {
  for (let at = middle - 2 * day; at <= middle + 2 * day; at += quarter) {
    for (const millis of [at - 1, at, at + 1, at + 450_123]) agrees(timeZone, millis)
  }
}

const changes: ReadonlyArray<readonly [zone: string, what: string, instant: number]> = [
  ["Europe/Helsinki", "spring 2026", Date.UTC(2026, 2, 29, 1)],
  ["Europe/Helsinki", "autumn 2026", Date.UTC(2026, 9, 25, 1)],
  ["America/Los_Angeles", "spring 2012", Date.UTC(2012, 2, 11, 10)],
  ["America/Los_Angeles", "autumn 2012", Date.UTC(2012, 10, 4, 9)],
  ["Australia/Lord_Howe", "half an hour in spring 2026", Date.UTC(2026, 9, 3, 15, 30)],
  ["Australia/Lord_Howe", "half an hour in autumn 2026", Date.UTC(2026, 3, 4, 15)],
  ["Pacific/Chatham", "12:45 to 13:45", Date.UTC(2026, 8, 26, 14)],
  ["Asia/Kathmandu", "no change, 5:45 ahead", Date.UTC(2026, 0, 4, 18, 15)],
  ["America/St_Johns", "half hours", Date.UTC(2026, 2, 8, 5, 30)],
  ["Pacific/Apia", "a day skipped", Date.UTC(2011, 11, 30, 10)],
  ["Asia/Pyongyang", "offset moved by half an hour", Date.UTC(2018, 4, 4, 15)],
  ["UTC", "none", 0]
]

describe("CityTime", () => {
  for (const [zone, what, instant] of changes) {
    it(`agrees with DateTime around ${zone}, ${what}`, () => agreesAround(zone, instant))
  }

  it.prop(
    "agrees with DateTime at any instant from 1980 to 2060",
    [
      Schema.Int.check(Schema.isBetween({ minimum: Date.UTC(1980, 0, 1), maximum: Date.UTC(2060, 0, 1) })),
      Schema.Literals([
        "Europe/Helsinki",
        "America/Los_Angeles",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Cairo"
      ])
    ],
    ([instant, zone]) => agrees(zone, instant),
    { arbitrary: { runs: 300 } }
  )

  it("gives the hour that autumn repeats twice, and the hour that spring leaves out never", () => {
    const { offset } = cityTime("Europe/Helsinki")
    const hoursFrom = (start: number) =>
      Array.from({ length: 4 }, (_, i) => localHour(start + i * hour, offset(start + i * hour)) % 24)

    assert.deepStrictEqual(hoursFrom(Date.UTC(2026, 9, 24, 23)), [2, 3, 3, 4])
    assert.deepStrictEqual(hoursFrom(Date.UTC(2026, 2, 29, 0)), [2, 4, 5, 6])
  })

  it("counts hours of the week from Monday 00:00, also before 1970", () => {
    assert.strictEqual(hourOfWeek(localHour(Date.UTC(2026, 5, 1), 0)), 0)
    assert.strictEqual(hourOfWeek(localHour(Date.UTC(2026, 5, 7, 23, 59), 0)), 167)
    assert.strictEqual(hourOfWeek(localHour(0, 0)), 3 * 24)
    assert.strictEqual(hourOfWeek(localHour(-1, 0)), 3 * 24 - 1)
    assert.strictEqual(hourOfWeek(localHour(Date.UTC(1969, 11, 29), 0)), 0)
  })

  it("does not depend on what was asked before", () => {
    const { offset } = cityTime("Europe/Helsinki")
    const spring = Date.UTC(2026, 2, 29, 1)

    // More quarter hours than are remembered.
    const first = [offset(spring - 1), offset(spring)]
    for (let i = 0; i < 10_000; i++) offset(i * quarter)

    assert.deepStrictEqual(first, [2 * hour, 3 * hour])
    assert.deepStrictEqual([offset(spring), offset(spring - 1)], [3 * hour, 2 * hour])
  })

  it("refuses a zone that does not exist", () => {
    assert.throws(() => cityTime("Europe/Atlantis"), RangeError)
  })
})
