/** What a datastream is compared with: free-flow speed and usual headway. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  comparedHeadway,
  comparedSpeed,
  freeFlowSpeed,
  isQuiet,
  quietHoursMin
} from "../../src/analytics/References.ts"
import { hoursOfWeek } from "../../src/schemas/Baseline.ts"

const finite = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 200 }))

describe("free-flow speed", () => {
  it("is learned in the local hours from 22 to 6", () => {
    const quiet = Array.from({ length: hoursOfWeek }, (_, hour) => hour).filter(isQuiet)

    assert.strictEqual(quiet.length, 7 * 8)
    assert.deepStrictEqual(quiet.filter((hour) => hour >= 24 && hour < 48), [24, 25, 26, 27, 28, 29, 46, 47])
  })

  it.prop(
    "is the 85th percentile of what is usual at the learned quiet hours, and nothing before four of them are",
    [Schema.Array(Schema.NullOr(finite)).check(Schema.isMinLength(hoursOfWeek), Schema.isMaxLength(hoursOfWeek))],
    ([usual]) => {
      // Of the second datastream of a chunk, with another before it.
      const centres = new Float32Array(3 * hoursOfWeek).fill(999)
      const weeks = new Uint8Array(2 * hoursOfWeek).fill(9)
      for (const [hour, value] of usual.entries()) {
        centres[hoursOfWeek + hour] = value ?? 777
        weeks[hoursOfWeek + hour] = value === null ? 0 : 1
      }

      const found = freeFlowSpeed(centres, hoursOfWeek, weeks, hoursOfWeek)

      const quiet = usual.flatMap((value, hour) => value !== null && (hour % 24 >= 22 || hour % 24 < 6) ? [value] : [])
        .map(Math.fround).sort((a, b) => a - b)
      if (quiet.length < quietHoursMin) return assert.isNaN(found)
      // The value that 85 of 100 equal steps along the sorted ones come to.
      const place = 0.85 * (quiet.length - 1)
      const [low = NaN, high = low] = quiet.slice(Math.floor(place))
      assert.closeTo(found, low * (1 - place % 1) + high * (place % 1), 1e-9)
    }
  )

  it("compares up to itself, as more than free is free, and not at all where it is not known", () => {
    assert.deepStrictEqual([comparedSpeed(25, 50), comparedSpeed(50, 50), comparedSpeed(70, 50)], [0.5, 1, 1])
    assert.deepStrictEqual([comparedSpeed(0, 50), comparedSpeed(50, NaN), comparedSpeed(50, 0)], [0, NaN, NaN])
  })
})

describe("headway", () => {
  it("is regular within half of what is usual, both ends included", () => {
    assert.deepStrictEqual([300, 600, 900].map((mean) => comparedHeadway(mean, 600)), [1, 1, 1])
    assert.deepStrictEqual([299, 901, 0].map((mean) => comparedHeadway(mean, 600)), [0, 0, 0])
    assert.deepStrictEqual([comparedHeadway(600, NaN), comparedHeadway(600, 0)], [NaN, NaN])
  })
})
