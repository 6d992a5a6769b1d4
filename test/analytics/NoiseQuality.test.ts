/** Noise: the bands of Europe's noise maps, the guideline of the WHO, and the penalties of the time of day. */
import { assert, describe, it } from "@effect/vitest"
import { noisePeriod, noiseQuality } from "../../src/analytics/NoiseQuality.ts"
import { stateOf } from "./DrawnStates.ts"

const noiseOf = (mean: number, localHour: number) =>
  noiseQuality(new Map([["noise", stateOf("noise", { mean })]]), localHour)

describe("noise", () => {
  it("has 100 points up to 53 dB by day and 80, 60, 40, 20 and 0 at 55, 60, 65, 70 and 75", () => {
    assert.deepStrictEqual([40, 53, 55, 60, 65, 70, 75, 90].map((level) => noiseOf(level, 12)?.index), [
      100,
      100,
      80,
      60,
      40,
      20,
      0,
      0
    ])
  })

  it("counts 5 dB more from 19 to 23 and 10 dB more from 23 to 7", () => {
    const penalties = Array.from({ length: 24 }, (_, hour) => noisePeriod(hour).penalty)

    assert.deepStrictEqual(penalties, [
      ...Array.from({ length: 7 }, () => 10),
      ...Array.from({ length: 12 }, () => 0),
      ...Array.from({ length: 4 }, () => 5),
      10
    ])
    assert.strictEqual(noiseOf(60, 3)?.index, noiseOf(70, 12)?.index)
    assert.strictEqual(noiseOf(60, 20)?.index, noiseOf(65, 12)?.index)
  })

  it("adds up to the day-evening-night level over a day of one level", () => {
    // Annex I: 10·lg((12·10^(L/10) + 4·10^((L+5)/10) + 8·10^((L+10)/10)) / 24), for L = 50 dB 56.4 dB.
    const energy = Array.from({ length: 24 }, (_, hour) => 10 ** ((50 + noisePeriod(hour).penalty) / 10))

    const lden = 10 * Math.log10(energy.reduce((sum, value) => sum + value, 0) / 24)

    assert.closeTo(lden, 56.395, 1e-3)
  })

  it("says what was measured and what it counts as", () => {
    assert.strictEqual(noiseOf(61.4, 3)?.detail, "61 dB at night, counted as 71 dB: very poor")
    assert.strictEqual(noiseOf(61.4, 20)?.detail, "61 dB in the evening, counted as 66 dB: poor")
    assert.strictEqual(noiseOf(61.4, 12)?.clause, "61 dB by day is moderate")
    assert.strictEqual(noiseOf(60.04, 12)?.detail, "60.04 dB by day: moderate")
    assert.strictEqual(noiseOf(60.04, 20)?.detail, "60.04 dB in the evening, counted as 65.04 dB: poor")
  })

  it("is unknown where it is not measured", () => {
    assert.isUndefined(noiseOf(NaN, 12))
    assert.isUndefined(noiseQuality(new Map([["noise", stateOf("noise", { mean: 60, expected: 1, seen: 0 })]]), 12))
    assert.isUndefined(noiseQuality(new Map(), 12))
  })
})
