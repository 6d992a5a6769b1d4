/** Summaries against two-pass formulas, worked examples and extreme values. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Summary from "../../src/analytics/Summary.ts"
import type { Aggregation } from "../../src/schemas/ObservedProperties.ts"
import { assertSummaryEquals, naiveSummary } from "./NaiveModel.ts"

const summaryOf = (results: ReadonlyArray<number>, aggregation: Aggregation, start = 0): Float64Array => {
  const words = new Float64Array(Summary.summaryWords)
  if (results.length === 0) Summary.clear(words, 0)
  else Summary.summarize(words, 0, start, Float64Array.from(results), 0, results.length, aggregation)
  return words
}

const merged = (parts: ReadonlyArray<ReadonlyArray<number>>, aggregation: Aggregation): Float64Array => {
  // Off zero, so that a mixed-up offset shows.
  const words = new Float64Array(2 * Summary.summaryWords)
  Summary.clear(words, Summary.summaryWords)
  for (const part of parts) Summary.merge(words, Summary.summaryWords, summaryOf(part, aggregation), 0, aggregation)
  return words.slice(Summary.summaryWords)
}

const mean = (results: ReadonlyArray<number>, aggregation: Aggregation): number =>
  Summary.reportedMean(summaryOf(results, aggregation), 0, aggregation)
const variance = (results: ReadonlyArray<number>, aggregation: Aggregation): number =>
  Summary.reportedVariance(summaryOf(results, aggregation), 0, aggregation)

const between = (minimum: number, maximum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
const partsOf = (result: Schema.Schema<number>) =>
  Arbitrary.array(Arbitrary.array(Arbitrary.schema(result), { maxLength: 30 }), { minLength: 1, maxLength: 12 })

const equalsBruteForce = (parts: ReadonlyArray<ReadonlyArray<number>>, aggregation: Aggregation): void => {
  const all = parts.flat()
  if (all.length === 0) return
  const words = merged(parts, aggregation)
  const [, count = NaN, , , min = NaN, max = NaN, last = NaN] = words
  const reported = {
    mean: Summary.reportedMean(words, 0, aggregation),
    variance: Summary.reportedVariance(words, 0, aggregation)
  }
  assertSummaryEquals({ count, ...reported, min, max, last }, naiveSummary(all, aggregation), aggregation)
}

describe("Summary", () => {
  it.prop("merged from any splits equals brute force of all", [partsOf(between(-1e6, 1e6))], ([parts]) => {
    equalsBruteForce(parts, "arithmetic")
    equalsBruteForce(parts, "count")
  })

  it.prop("of levels merged from any splits equals brute force", [partsOf(between(0, 160))], ([parts]) => {
    equalsBruteForce(parts, "energy")
  })

  it.prop("of directions merged from any splits equals brute force", [partsOf(between(0, 360))], ([parts]) => {
    equalsBruteForce(parts, "circular")
  })

  it("keeps a small variance beside a large mean", () => {
    const parts = [[1e9 + 4, 1e9 + 7], [1e9 + 13], [1e9 + 16]]

    const words = merged(parts, "arithmetic")

    // The sample of Chan, Golub & LeVeque: variance of 4, 7, 13, 16 is 22.5 (population), whatever is added to all.
    assert.strictEqual(Summary.reportedMean(words, 0, "arithmetic"), 1e9 + 10)
    assert.closeTo(Summary.reportedVariance(words, 0, "arithmetic"), 22.5, 1e-6)
  })

  it("of one value has its value and no variance", () => {
    for (const aggregation of ["arithmetic", "count", "energy", "circular"] as const) {
      assert.closeTo(mean([42], aggregation), 42, 1e-12)
      assert.closeTo(variance([42], aggregation), 0, 1e-9)
    }
  })

  it("of equal values has exactly no variance", () => {
    assert.strictEqual(variance(Array.from({ length: 10_000 }, () => 0.1), "arithmetic"), 0)
  })

  it("averages levels by energy", () => {
    // 60 dB and 70 dB: 10·log10((10⁶ + 10⁷)/2) = 67.4 dB; two equal levels keep theirs.
    assert.closeTo(mean([60, 70], "energy"), 67.4036, 1e-4)
    assert.closeTo(mean([60, 60], "energy"), 60, 1e-12)
    // One minute at 80 dB in an hour of silence at 40 dB: 80 − 10·log10(60) = 62.2 dB.
    assert.closeTo(mean([80, ...Array.from({ length: 59 }, () => 40)], "energy"), 62.25, 0.01)
    assert.closeTo(mean([0, 160], "energy"), 160 - 10 * Math.log10(2), 1e-9)
  })

  it("averages directions on the circle, into [0°, 360°)", () => {
    assert.closeTo(mean([350, 10], "circular"), 0, 1e-9)
    assert.closeTo(mean([10, 350], "circular"), 0, 1e-9)
    assert.closeTo(mean([0, 90], "circular"), 45, 1e-9)
    assert.closeTo(mean([270, 180], "circular"), 225, 1e-9)
    assert.strictEqual(mean([360, 0], "circular"), 0)
    // Mardia & Jupp 2000, example 1.1 (roulette): mean direction 51°, resultant length 0.711.
    const roulette = [43, 45, 52, 61, 75, 88, 88, 279, 357]
    assert.closeTo(mean(roulette, "circular"), 51, 0.5)
    assert.closeTo(variance(roulette, "circular"), -2 * Math.log(0.711) * (180 / Math.PI) ** 2, 5)
  })

  it("of 350° and 10° has the variance of a wrapped normal of the same resultant length", () => {
    // R = cos 10°.
    assert.closeTo(variance([350, 10], "circular"), -2 * Math.log(Math.cos(Math.PI / 18)) * (180 / Math.PI) ** 2, 1e-9)
  })

  it("of opposite directions has a finite variance", () => {
    assert.isTrue(Number.isFinite(variance([0, 180], "circular")))
    assert.isAbove(variance([0, 180], "circular"), 100_000)
    assert.isTrue(Number.isFinite(mean([0, 120, 240], "circular")))
  })

  it("survives extreme values", () => {
    assert.strictEqual(mean([-1e150, 1e150], "arithmetic"), 0)
    assert.closeTo(variance([-1e150, 1e150], "arithmetic") / 1e300, 1, 1e-9)
    assert.strictEqual(mean([5e-324, 5e-324], "arithmetic"), 5e-324)
    const far = merged([[0], Array.from({ length: 1000 }, () => 1e15)], "arithmetic")
    assert.closeTo(Summary.reportedMean(far, 0, "arithmetic") / (1e18 / 1001), 1, 1e-12)
  })

  it("stays what it is when an empty one is merged", () => {
    const one = summaryOf([1, 2, 3], "arithmetic")
    const before = one.slice()

    Summary.merge(one, 0, summaryOf([], "arithmetic"), 0, "arithmetic")

    assert.deepStrictEqual(one, before)
  })
})
