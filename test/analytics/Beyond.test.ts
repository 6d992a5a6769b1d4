/** Observations beyond the thresholds of their property, away from zero. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { beyondOf, firstBeyond, secondBeyond } from "../../src/analytics/Beyond.ts"
import { observedProperty } from "../../src/schemas/ObservedProperties.ts"

const countsOf = (name: string, values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const packed = beyondOf(Float64Array.from(values), 0, values.length, observedProperty(name)?.number ?? -1)
  return [firstBeyond(packed), secondBeyond(packed)]
}

describe("beyond", () => {
  it("is away from zero: what lies on a threshold is on time, what is a hair further is not", () => {
    const hair = 1e-9
    assert.deepStrictEqual(countsOf("schedule_delay", [-60, 300, 0, -59, 299]), [0, 0])
    assert.deepStrictEqual(countsOf("schedule_delay", [-60 - hair, 300 + hair]), [1, 1])
    assert.deepStrictEqual(countsOf("schedule_delay", [-3600, -61, 301, 302, 7200]), [2, 3])
  })

  it("counts what is beyond the second threshold beyond the first, too, where both are on one side", () => {
    assert.deepStrictEqual(countsOf("pm2_5", [0, 15, 15.1, 25, 25.1, 400]), [4, 2])
  })

  it("is nothing for a property without thresholds", () => {
    assert.deepStrictEqual(countsOf("vehicle_speed", [-1, 0, 1e9]), [0, 0])
  })

  it.prop(
    "adds up when packed, up to tens of millions",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: -400, maximum: 400 }))),
      Schema.Int.check(
        Schema.isBetween({ minimum: 1, maximum: 100_000 })
      )
    ],
    ([values, times]) => {
      const packed = beyondOf(
        Float64Array.from(values),
        0,
        values.length,
        observedProperty("schedule_delay")?.number ?? -1
      )
      const early = values.filter((x) => x < -60).length
      const late = values.filter((x) => x > 300).length

      assert.deepStrictEqual([firstBeyond(packed * times), secondBeyond(packed * times)], [early * times, late * times])
    }
  )
})
