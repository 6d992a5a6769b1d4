/** What a chart is given: gaps, the band of the hour of the week, and points that a line would not show. */
import { assert, describe, it } from "@effect/vitest"
import { lonelyPlaces, makeBand, seriesOf } from "../../dashboard/src/city/WindowSeries.ts"

const minute = 60_000
const at = (time: string): number => Date.parse(`2026-11-24T${time}Z`)

const window = (start: string, mean: number) => ({
  property: "noise",
  start: new Date(at(start)).toISOString(),
  end: new Date(at(start) + 5 * minute).toISOString(),
  count: 2,
  mean,
  variance: 1,
  min: mean,
  max: mean,
  last: mean,
  revision: 0,
  final: true
})

/** Tuesday 10:00 and 11:00 in Helsinki are 08:00 and 09:00 UTC in winter. */
const baseline = {
  property: "noise",
  unit: "dB",
  timeZone: "Europe/Helsinki",
  hours: [
    { hourOfWeek: 34, location: 50, scale: 2, weeks: 3 },
    { hourOfWeek: 35, location: 60, scale: 1, weeks: 3 },
    { hourOfWeek: 36, location: 70, scale: null, weeks: 1 }
  ]
}

describe("series of a chart", () => {
  it("have a place for each step, and null where there is no window", () => {
    //  08:00  08:05  08:10  08:15
    //   41     43      .     40
    const series = seriesOf(
      [window("08:00", 41), window("08:05", 43), window("08:15", 40)],
      () => undefined,
      { from: at("08:00"), to: at("08:20"), stepMillis: 5 * minute }
    )

    assert.deepStrictEqual(series.times, ["08:00", "08:05", "08:10", "08:15"].map((time) => at(time) / 1000))
    assert.deepStrictEqual(series.means, [41, 43, null, 40])
    assert.deepStrictEqual(series.lows, [null, null, null, null])
  })

  it("have the band of the hour of the week in the zone of the city: location ± 2 scale", () => {
    const series = seriesOf([], makeBand(baseline), {
      from: at("08:55"),
      to: at("09:05"),
      stepMillis: 5 * minute
    })

    assert.deepStrictEqual(series.lows, [46, 58])
    assert.deepStrictEqual(series.highs, [54, 62])
  })

  it("have no band where no spread is known, for an hour never seen, and without a baseline", () => {
    const band = makeBand(baseline)

    assert.isUndefined(band(at("10:30")))
    assert.isUndefined(band(at("20:00")))
    assert.isUndefined(makeBand(undefined)(at("08:00")))
  })

  it("begin at a whole step", () => {
    const series = seriesOf([], () => undefined, { from: at("08:02"), to: at("08:11"), stepMillis: 5 * minute })

    assert.deepStrictEqual(series.times, [at("08:05") / 1000, at("08:10") / 1000])
  })

  it("show a value between two gaps as a point", () => {
    assert.deepStrictEqual(lonelyPlaces([1, null, 2, null, 3, 4, null, 0]), [0, 2, 7])
    assert.deepStrictEqual(lonelyPlaces([]), [])
  })
})
