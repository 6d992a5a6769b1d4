/** The bands of the European Air Quality Index of 2024, edge by edge. */
import { assert, describe, it } from "@effect/vitest"
import { airQuality, pollutants } from "../../src/analytics/AirQualityIndex.ts"
import { bandNames } from "../../src/analytics/BandScale.ts"
import { stateOf } from "./DrawnStates.ts"

const airOf = (means: { readonly [property: string]: number }) =>
  airQuality(new Map(Object.entries(means).map(([property, mean]) => [property, stateOf(property, { mean })])))

/** As the EEA shows it: upper ends of good, fair, moderate, poor and very poor in µg/m³, hourly. */
const bands: { readonly [property: string]: ReadonlyArray<number> } = {
  pm2_5: [5, 15, 50, 90, 140],
  pm10: [15, 45, 120, 195, 270],
  no2: [10, 25, 60, 100, 150],
  o3: [60, 100, 120, 160, 180],
  so2: [20, 40, 125, 190, 275]
}

describe("air", () => {
  for (const [property, ends] of Object.entries(bands)) {
    it(`of ${property} has 80, 60, 40, 20 and 0 points at ${ends.join(", ")} µg/m³ and 100 at none`, () => {
      assert.deepStrictEqual([0, ...ends].map((mean) => airOf({ [property]: mean })?.index), [100, 80, 60, 40, 20, 0])
    })

    it(`of ${property} changes its band just above ${ends.join(", ")} µg/m³`, () => {
      const word = (mean: number) => airOf({ [property]: mean })?.detail.split(": ")[1]

      assert.deepStrictEqual(ends.map(word), bandNames.slice(0, 5))
      assert.deepStrictEqual(ends.map((end) => word(end + 1e-3)), bandNames.slice(1))
    })
  }

  it("is a straight line inside a band and nothing beyond the last", () => {
    assert.strictEqual(airOf({ pm2_5: 32.5 })?.index, 50)
    assert.strictEqual(airOf({ no2: 17.5 })?.index, 70)
    assert.strictEqual(airOf({ o3: 1_000 })?.index, 0)
  })

  it("is as good as its worst pollutant, whatever the order", () => {
    const means = { pm2_5: 18, pm10: 20, no2: 12, o3: 70, so2: 3 }

    const air = airOf(means)

    assert.strictEqual(air?.detail, "PM2.5 18 µg/m³: moderate")
    assert.strictEqual(air?.clause, "PM2.5 at 18 µg/m³ is moderate")
    assert.deepStrictEqual(airOf(Object.fromEntries(Object.entries(means).toReversed())), air)
  })

  it("names of two pollutants without points the one beyond the last edge", () => {
    assert.strictEqual(airOf({ pm2_5: 140, o3: 181 })?.detail, "O₃ 181 µg/m³: extremely poor")
  })

  it("shows as many decimals as the band needs", () => {
    assert.strictEqual(airOf({ pm2_5: 15.3 })?.detail, "PM2.5 15.3 µg/m³: moderate")
    assert.strictEqual(airOf({ pm2_5: 15.02 })?.detail, "PM2.5 15.02 µg/m³: moderate")
    assert.strictEqual(airOf({ pm2_5: 14.6 })?.detail, "PM2.5 15 µg/m³: fair")
  })

  it("knows nothing of carbon monoxide, of silent sensors and of no value", () => {
    assert.isUndefined(airOf({ co: 50 }))
    assert.isUndefined(airOf({ pm2_5: NaN }))
    assert.isUndefined(airQuality(new Map([["pm10", stateOf("pm10", { mean: 300, expected: 2, seen: 0 })]])))
    assert.isUndefined(airOf({}))
  })

  it("has the five pollutants of the index", () => {
    assert.deepStrictEqual(pollutants.map(({ property }) => property).toSorted(), Object.keys(bands).toSorted())
  })
})
