/** How a figure is held beside its goal. */
import { assert, describe, it } from "@effect/vitest"
import { judged } from "../../bench/Report.ts"

const ratioOf = (value: string, goal: string) => judged(["figure", value, goal])

describe("a figure beside its goal", () => {
  it("meets a goal it reaches and misses one it does not", () => {
    assert.deepStrictEqual(ratioOf("1.50 M/CPU-s", "≥ 1.00 M/CPU-s"), { isMet: true, ratio: 1.5 })
    assert.deepStrictEqual(ratioOf("0.50 M/CPU-s", "≥ 1.00 M/CPU-s"), { isMet: false, ratio: 0.5 })
    assert.deepStrictEqual(ratioOf("5.0 ms", "≤ 20 ms"), { isMet: true, ratio: 0.25 })
    assert.deepStrictEqual(ratioOf("500,000", "≥ 100,000"), { isMet: true, ratio: 5 })
  })

  it("is the last of several numbers that has the unit of the goal", () => {
    assert.strictEqual(ratioOf("2.0 ms, 40.0 ms", "p99 ≤ 20 ms")?.ratio, 2)
    assert.strictEqual(ratioOf("500 ms, 370 CPU-ms", "≤ 1000 ms")?.ratio, 0.5)
    assert.strictEqual(ratioOf("400 MB → 410 MB (+2.5 %), +1,395 MB an hour", "≤ +5 %")?.ratio, 0.5)
    assert.isTrue(ratioOf("400 MB → 390 MB (−2.5 %), −20 MB an hour", "≤ +5 %")?.isMet)
  })

  it("misses a goal of nothing by any of several numbers, or by none at all", () => {
    assert.deepStrictEqual(ratioOf("0", "0"), { isMet: true, ratio: undefined })
    assert.isTrue(ratioOf("0; 0; 0", "0")?.isMet)
    assert.isFalse(ratioOf("3; 0; 0", "0")?.isMet)
    assert.isFalse(ratioOf("1,204", "0")?.isMet)
    assert.isFalse(ratioOf("NaN", "0")?.isMet)
  })

  it("has no ratio without a goal that is one number", () => {
    assert.isUndefined(ratioOf("1.50 M/CPU-s", ""))
    assert.isUndefined(ratioOf("1.50 M/CPU-s", "flat within 2 ×"))
  })
})
