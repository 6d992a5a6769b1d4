/** The line that outliers do not bend. */
import { assert, describe, it } from "@effect/vitest"
import { theilSenSlope } from "../../bench/TheilSen.ts"

describe("the slope between all pairs of points", () => {
  it("is that of the line, whatever a few points are", () => {
    const points = Array.from({ length: 21 }, (_, x) => ({ x, y: x % 7 === 3 ? 1_000 : 2 * x + 1 }))

    assert.strictEqual(theilSenSlope(points), 2)
  })

  it("is none where there is one point", () => {
    assert.isNaN(theilSenSlope([{ x: 1, y: 1 }]))
  })
})
