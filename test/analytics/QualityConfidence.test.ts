/** How well a district is known. */
import { assert, describe, it } from "@effect/vitest"
import { partConfidence } from "../../src/analytics/QualityConfidence.ts"
import { type PropertyState, qualityOfLife } from "../../src/analytics/QualityOfLife.ts"
import type { QualityWeights } from "../../src/schemas/QualityOfLife.ts"
import { stateOf } from "./DrawnStates.ts"

const confidenceOf = (...states: ReadonlyArray<PropertyState>): number =>
  partConfidence(new Map(states.map((state) => [state.property, state])), ["pm2_5", "no2"])

const even: QualityWeights = { air: 1, traffic: 1, public_transport: 1, noise: 1 }

describe("confidence", () => {
  it("of one sensor is a half, of two two thirds, of nine nine tenths", () => {
    assert.deepStrictEqual([1, 2, 9].map((expected) => confidenceOf(stateOf("pm2_5", { expected }))), [
      1 / 2,
      2 / 3,
      0.9
    ])
  })

  it("of four sensors of which one is silent is that of three, times three quarters", () => {
    assert.closeTo(confidenceOf(stateOf("pm2_5", { expected: 4, seen: 3, weight: 3 })), 0.75 * 0.75, 1e-12)
  })

  it("falls with the weight of a stuck sensor", () => {
    // Two sensors, one with a tenth of its weight: coverage 1.1/2, n = 1.1.
    const stuck = stateOf("pm2_5", { expected: 2, ill: 1, weight: 1.1 })

    assert.closeTo(confidenceOf(stuck), (1.1 / 2) * (1.1 / 2.1), 1e-12)
  })

  it("counts a second property of the same sensors as cover, not as more sensors", () => {
    const two = stateOf("pm2_5", { expected: 2 })

    assert.closeTo(confidenceOf(two, stateOf("no2", { expected: 2 })), confidenceOf(two), 1e-12)
    assert.closeTo(confidenceOf(two, stateOf("no2", { expected: 2, seen: 0, weight: 0 })), confidenceOf(two) / 2, 1e-12)
  })

  it("is nothing without sensors, or with none to believe", () => {
    assert.strictEqual(confidenceOf(), 0)
    assert.strictEqual(confidenceOf(stateOf("pm2_5", { expected: 3, seen: 0, weight: 0 })), 0)
    assert.strictEqual(confidenceOf(stateOf("pm2_5", { expected: 3, ill: 3, weight: 0 })), 0)
  })

  it("of the index counts parts without data as nothing, but noise only where it is measured", () => {
    const air = stateOf("pm2_5", { mean: 10 })
    const noise = stateOf("noise", { mean: 60, expected: 3 })

    assert.closeTo(qualityOfLife([air], even, 12)?.confidence ?? NaN, 0.5 / 3, 1e-12)
    assert.closeTo(qualityOfLife([air, noise], even, 12)?.confidence ?? NaN, (0.5 + 0.75) / 4, 1e-12)
    assert.closeTo(qualityOfLife([air], { ...even, air: 2 }, 12)?.confidence ?? NaN, 1 / 4, 1e-12)
    assert.closeTo(
      qualityOfLife([air, { ...noise, seen: 0, weight: 0 }], even, 12)?.confidence ?? NaN,
      0.5 / 3,
      1e-12
    )
  })
})
