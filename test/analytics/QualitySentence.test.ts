/** The sentence: what it says, and that it never gets long. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type PropertyState, qualityOfLife } from "../../src/analytics/QualityOfLife.ts"
import { defaultQualityWeights, sentenceLengthMax } from "../../src/schemas/QualityOfLife.ts"
import { drawnDistrict, stateOf } from "./DrawnStates.ts"

const said = (states: ReadonlyArray<PropertyState>, localHour = 12): string | undefined =>
  qualityOfLife(states, defaultQualityWeights, localHour)?.sentence

describe("the sentence", () => {
  it("names what pulls it down most, what then, and the stuck sensor", () => {
    const states = [
      stateOf("pm2_5", { mean: 18.2, expected: 2 }),
      stateOf("vehicle_speed", { compared: 8.4, expected: 7, ill: 1, weight: 6.1 }),
      stateOf("schedule_delay", { observations: 100, beyond: [0, 2] })
    ]

    assert.strictEqual(
      said(states),
      "Air pulls it down most: PM2.5 at 18 µg/m³ is moderate; then traffic (70 % of free-flow speed: fair); 1 of 10 sensors is stuck."
    )
  })

  it("says when nothing does", () => {
    assert.strictEqual(
      said([stateOf("o3", { mean: 1 }), stateOf("vehicle_speed"), stateOf("schedule_delay")]),
      "Nothing pulls it down by as much as a point (measured: air, traffic and public transport)."
    )
  })

  it("counts silent sensors, and stuck ones beside them", () => {
    const delay = stateOf("schedule_delay")

    assert.match(
      said([delay, stateOf("headway", { expected: 5, seen: 3, weight: 3 })]) ?? "",
      /; 2 of 6 sensors are silent\.$/
    )
    assert.match(
      said([delay, stateOf("headway", { expected: 5, seen: 3, ill: 1, weight: 2.1 })]) ?? "",
      /; of 6 sensors 1 is stuck and 2 are silent\.$/
    )
    assert.match(said([stateOf("noise", { mean: 64, ill: 1, weight: 0.1 })]) ?? "", /; 1 of 1 sensor is stuck\.$/)
  })

  it("counts the sensors of a part that nobody reports for", () => {
    const states = [stateOf("noise", { mean: 66 }), stateOf("pm10", { expected: 2, seen: 0, weight: 0 })]

    assert.strictEqual(said(states), "Noise pulls it down most: 66 dB by day is poor; 2 of 3 sensors are silent.")
  })

  it("says what the night does to noise", () => {
    assert.strictEqual(
      said([stateOf("noise", { mean: 57 })], 2),
      "Noise pulls it down most: 57 dB at night, counted as 67 dB, is poor."
    )
  })

  it("leaves out sensors of properties that it is not computed from", () => {
    const states = [stateOf("noise", { mean: 66 }), stateOf("temperature", { expected: 5, seen: 0, weight: 0 })]

    assert.strictEqual(said(states), "Noise pulls it down most: 66 dB by day is poor.")
  })

  it("leaves out from the end what does not fit into 240 characters", () => {
    const broken = { expected: 1e20, seen: 5e19, ill: 3e19, weight: 2e19 }
    const states = [
      stateOf("schedule_delay", { observations: 1e5, beyond: [0, 25_001], ...broken }),
      stateOf("headway", { referenced: 1, compared: 0.499999, ...broken }),
      stateOf("noise", { mean: 60.0004, ...broken })
    ]

    const sentence = said(states, 20) ?? ""

    assert.match(sentence, /; then noise \(60\.0004 dB in the evening, counted as 65\.0004 dB: poor\)\.$/)
    assert.isAtMost(sentence.length, sentenceLengthMax)
  })

  it.prop(
    "is one sentence, never too long, without a number that is none",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 }))],
    ([seed]) => {
      const { states, weights, localHour } = drawnDistrict(seed)

      const sentence = qualityOfLife(states, weights, localHour)?.sentence

      if (sentence === undefined) return
      assert.isAtMost(sentence.length, sentenceLengthMax)
      assert.match(sentence, /^[A-Z].*[^.]\.$/)
      assert.notMatch(sentence, /NaN|Infinity|undefined/)
    }
  )
})
