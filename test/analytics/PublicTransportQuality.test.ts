/** Public transport on the tables of the Transit Capacity and Quality of Service Manual, 2nd edition, 3-29 and 3-30. */
import { assert, describe, it } from "@effect/vitest"
import { publicTransportQuality } from "../../src/analytics/PublicTransportQuality.ts"
import type { PropertyState } from "../../src/analytics/QualityOfLife.ts"
import { stateOf } from "./DrawnStates.ts"

const delays = (early: number, late: number, observations: number): PropertyState =>
  stateOf("schedule_delay", { observations, beyond: [early, late] })
const headways = (off: number): PropertyState => stateOf("headway", { referenced: 100, compared: 100 - off })
const qualityOf = (...states: ReadonlyArray<PropertyState>) =>
  publicTransportQuality(new Map(states.map((state) => [state.property, state])))

describe("public transport", () => {
  it("has 100, 80, 60, 40, 20 and 0 points at 100, 95, 90, 85, 80 and 75 % on time", () => {
    for (const [i, onTime] of [100, 95, 90, 85, 80, 75].entries()) {
      assert.closeTo(qualityOf(delays(0, 100 - onTime, 100))?.index ?? NaN, 100 - 20 * i, 1e-9)
    }
  })

  it("has 100, 80, 60, 40, 20 and 0 points with 0, 1, 10, 20, 33 and 50 % of headways off by more than half", () => {
    for (const [i, off] of [0, 1, 10, 20, 33, 50].entries()) {
      assert.closeTo(qualityOf(headways(off))?.index ?? NaN, 100 - 20 * i, 1e-9)
    }
  })

  it("takes early as not on time, like late", () => {
    assert.strictEqual(qualityOf(delays(7, 3, 100))?.index, 60)
    assert.strictEqual(qualityOf(delays(10, 0, 100))?.index, 60)
  })

  it("is the mean of the two where both are known", () => {
    const both = qualityOf(delays(0, 16, 100), headways(9))

    assert.closeTo(both?.index ?? NaN, (36 + (60 + 20 / 9)) / 2, 1e-9)
    assert.strictEqual(both?.detail, "84 % on time, 91 % of headways regular: moderate")
    assert.strictEqual(both?.clause, "84 % on time and 91 % of headways regular is moderate")
  })

  it("says first what pulls it down", () => {
    const detail = qualityOf(delays(0, 0, 100), headways(55))?.detail

    assert.strictEqual(detail, "45 % of headways regular, 100 % on time: moderate")
  })

  it("is extremely poor only where both are beyond their last edge", () => {
    assert.match(qualityOf(delays(0, 60, 100), headways(80))?.detail ?? "", /: extremely poor$/)
    assert.match(qualityOf(delays(0, 25, 100), headways(80))?.detail ?? "", /: very poor$/)
  })

  it("has no points below the last edges", () => {
    assert.strictEqual(qualityOf(delays(30, 70, 100))?.index, 0)
    assert.strictEqual(qualityOf(headways(100))?.index, 0)
  })

  it("is unknown without observations, without usual headways and where nobody reports", () => {
    assert.isUndefined(qualityOf(delays(0, 0, 0)))
    assert.isUndefined(qualityOf(stateOf("headway", { referenced: 0, compared: 0 })))
    assert.isUndefined(qualityOf(stateOf("schedule_delay", { expected: 2, seen: 0 })))
    assert.isUndefined(qualityOf())
  })
})
