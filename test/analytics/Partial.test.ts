/** What a partial says of its sensors, by the aggregation of the property. */
import { assert, describe, it } from "@effect/vitest"
import * as Partial from "../../src/analytics/Partial.ts"
import * as Summary from "../../src/analytics/Summary.ts"
import type { Aggregation } from "../../src/schemas/ObservedProperties.ts"
import { partialWords } from "../../src/schemas/PartialsCodec.ts"

/** The sensors' mean and last where each reports the given values, all with the weight 1. */
const of = (aggregation: Aggregation, ...sensors: ReadonlyArray<ReadonlyArray<number>>) => {
  const words = new Float64Array(partialWords)
  Partial.clear(words, 0, 0)
  for (const values of sensors) {
    const summary = new Float64Array(Summary.summaryWords)
    Summary.summarize(summary, 0, 0, Float64Array.from(values), 0, values.length, aggregation)
    Partial.addSensor(words, 0, summary, 0, aggregation, 1, NaN)
  }
  return [Partial.sensorMean(words, 0, aggregation), Partial.sensorLast(words, 0, aggregation)]
}
const close = (found: ReadonlyArray<number>, ...wanted: ReadonlyArray<number>) => {
  for (const [i, value] of wanted.entries()) assert.closeTo(found[i] ?? NaN, value, 1e-9)
}

describe("the sensors of a partial", () => {
  it("count each once, however often it reports", () => close(of("arithmetic", [1, 2, 3], [10]), 6, 6.5))

  it("are averaged as levels in decibels: 60 and 70 dB are 67.4 dB", () =>
    close(of("energy", [50, 60], [70]), 10 * Math.log10(((1e5 + 1e6) / 2 + 1e7) / 2), 10 * Math.log10((1e6 + 1e7) / 2)))

  it("are averaged as directions: west and east of north is north", () =>
    close(of("circular", [350, 359], [10, 1]).map((angle) => angle > 180 ? angle - 360 : angle), 0, 0))

  it("are none where nobody has a value", () => assert.deepStrictEqual(of("circular"), [NaN, NaN]))
})
