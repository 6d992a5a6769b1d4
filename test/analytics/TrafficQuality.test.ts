/** Traffic on the classes of the Highway Capacity Manual, 7th edition, exhibit 16-3. */
import { assert, describe, it } from "@effect/vitest"
import { freeFlowEdges, trafficQuality } from "../../src/analytics/TrafficQuality.ts"
import { stateOf } from "./DrawnStates.ts"

const trafficOf = (share: number) =>
  trafficQuality(new Map([["vehicle_speed", stateOf("vehicle_speed", { referenced: 10, compared: 10 * share })]]))

/** Exhibit 16-3 as printed: travel speed in mi/h that is needed for A to E, by base free-flow speed. */
const exhibit: ReadonlyArray<readonly [freeFlow: number, speeds: ReadonlyArray<number>]> = [
  [55, [44, 37, 28, 22, 17]],
  [50, [40, 34, 25, 20, 15]],
  [45, [36, 30, 23, 18, 14]],
  [40, [32, 27, 20, 16, 12]],
  [35, [28, 23, 18, 14, 11]],
  [30, [24, 20, 15, 12, 9]],
  [25, [20, 17, 13, 10, 8]]
]

describe("traffic", () => {
  it("has 100, 80, 60, 40, 20 and 0 points at 100, 80, 67, 50, 40 and 30 % of the free-flow speed", () => {
    for (const [i, share] of [1, 0.8, 0.67, 0.5, 0.4, 0.3].entries()) {
      assert.closeTo(trafficOf(share)?.index ?? NaN, 100 - 20 * i, 1e-9)
    }
  })

  it("has the percentages that the printed speeds are rounded from", () => {
    for (const [freeFlow, speeds] of exhibit) {
      for (const [i, speed] of speeds.entries()) {
        assert.isAtMost(Math.abs(speed - freeFlow * (freeFlowEdges[i + 1] ?? NaN)), 0.55, `${speed} of ${freeFlow}`)
      }
    }
  })

  it("says the share of the free-flow speed and its class", () => {
    assert.strictEqual(trafficOf(0.6234)?.detail, "62 % of free-flow speed: moderate")
    assert.strictEqual(trafficOf(1)?.detail, "100 % of free-flow speed: good")
    assert.strictEqual(trafficOf(0.1)?.detail, "10 % of free-flow speed: extremely poor")
    assert.strictEqual(trafficOf(0.7996)?.detail, "79.96 % of free-flow speed: fair")
  })

  it("is unknown until speeds are compared with their own free flow, and where nobody reports", () => {
    const unknown = stateOf("vehicle_speed", { mean: 40, referenced: 0, compared: 0 })
    const silent = stateOf("vehicle_speed", { expected: 3, seen: 0 })

    assert.isUndefined(trafficQuality(new Map([["vehicle_speed", unknown]])))
    assert.isUndefined(trafficQuality(new Map([["vehicle_speed", silent]])))
    assert.isUndefined(trafficQuality(new Map([["vehicle_flow", stateOf("vehicle_flow", { mean: 900 })]])))
  })
})
