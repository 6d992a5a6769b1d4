/** The index as a whole: worked examples, laws, and every number once more by brute force. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type PropertyState, qualityOfLife } from "../../src/analytics/QualityOfLife.ts"
import { defaultQualityWeights, QualityOfLife, type QualityWeights } from "../../src/schemas/QualityOfLife.ts"
import { drawnDistrict, randomOf, shuffled, stateOf } from "./DrawnStates.ts"
import { naiveQuality } from "./NaiveQuality.ts"

const seeds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 }))

const even: QualityWeights = { air: 1, traffic: 1, public_transport: 1, noise: 1 }

const indexOf = (states: ReadonlyArray<PropertyState>, weights = even, localHour = 12): number =>
  qualityOfLife(states, weights, localHour)?.index ?? NaN

/** Air with 60, traffic with 80 points, eight detectors. */
const fairDistrict = [
  stateOf("pm2_5", { mean: 15 }),
  stateOf("vehicle_speed", { referenced: 96, compared: 76.8, expected: 8 })
]

/** The state with the same values, worse by `much` in (0, 1] of what is left. */
const worse = (state: PropertyState, much: number): PropertyState => ({
  ...state,
  mean: state.mean + much * 100,
  compared: state.compared * (1 - much),
  beyond: [state.beyond[0] + much * (state.observations - state.beyond[0] - state.beyond[1]), state.beyond[1]]
})

describe("quality of life", () => {
  it("is the weighted geometric mean of the parts, and says what each takes off", () => {
    const quality = qualityOfLife(fairDistrict, { ...even, air: 3 }, 12)

    // 60^¾ · 80^¼ = 64.474; 35.526 points lost, of which ¾·ln(100/60) / (¾·ln(100/60) + ¼·ln(100/80)) are of the air.
    assert.closeTo(quality?.index ?? NaN, 64.4742, 1e-4)
    assert.deepStrictEqual(quality?.parts.map(({ name, index, weight }) => [name, Math.round(index), weight]), [
      ["air", 60, 0.75],
      ["traffic", 80, 0.25]
    ])
    assert.closeTo(quality?.parts[0]?.contribution ?? NaN, -31.0104, 1e-3)
    assert.closeTo(quality?.parts[1]?.contribution ?? NaN, -4.5154, 1e-3)
  })

  it("equals brute force in every number", () => {
    let known = 0
    for (let seed = 0; seed < 3_000; seed++) {
      const { states, weights, localHour } = drawnDistrict(seed)

      const quality = qualityOfLife(states, weights, localHour)

      const naive = naiveQuality(states, weights, localHour)
      if (quality === undefined || naive === undefined) {
        assert.deepStrictEqual([quality, naive], [undefined, undefined])
        continue
      }
      known++
      assert.closeTo(quality.index, naive.index, 1e-9)
      assert.closeTo(quality.confidence, naive.confidence, 1e-9)
      assert.deepStrictEqual(quality.parts.map(({ name }) => name), naive.parts.map(({ name }) => name))
      for (const [i, part] of quality.parts.entries()) {
        for (const field of ["index", "weight", "contribution", "confidence"] as const) {
          assert.closeTo(part[field], naive.parts[i]?.[field] ?? NaN, 1e-9, `${field} of ${part.name}, seed ${seed}`)
        }
      }
    }
    assert.isAbove(known, 2_000)
  })

  it.prop("is always what its schema says, and no number is −0", [seeds], ([seed]) => {
    const { states, weights, localHour } = drawnDistrict(seed)

    const quality = qualityOfLife(states, weights, localHour)

    if (quality === undefined) return
    assert.isTrue(Schema.is(QualityOfLife)(quality))
    for (const part of quality.parts) assert.isFalse(Object.is(part.contribution, -0))
  })

  it.prop("loses what its parts take off, in shares that add up to one", [seeds], ([seed]) => {
    const { states, weights, localHour } = drawnDistrict(seed)

    const quality = qualityOfLife(states, weights, localHour)

    if (quality === undefined) return
    const sum = (field: "contribution" | "weight") => quality.parts.reduce((total, part) => total + part[field], 0)
    assert.closeTo(sum("contribution"), quality.index - 100, 1e-9)
    assert.closeTo(sum("weight"), 1, 1e-12)
  })

  it.prop("never rises when a value gets worse", [seeds], ([seed]) => {
    const { states, weights, localHour } = drawnDistrict(seed)
    const random = randomOf(~seed)
    const before = indexOf(states, weights, localHour)

    for (const [i, state] of states.entries()) {
      const after = indexOf(states.with(i, worse(state, random())), weights, localHour)

      if (!Number.isNaN(before)) assert.isAtMost(after, before + 1e-9, state.property)
    }
  })

  it.prop("does not depend on the order of the states", [seeds], ([seed]) => {
    const { states, weights, localHour } = drawnDistrict(seed)

    const other = qualityOfLife(shuffled(states, randomOf(~seed)), weights, localHour)

    assert.deepStrictEqual(other, qualityOfLife(states, weights, localHour))
  })

  it.prop("knows only the proportions of the weights", [seeds], ([seed]) => {
    const { states, weights, localHour } = drawnDistrict(seed)
    const quality = qualityOfLife(states, weights, localHour)

    for (const factor of [1e-200, 7, 1e200]) {
      const scaled = qualityOfLife(states, {
        air: weights.air * factor,
        traffic: weights.traffic * factor,
        public_transport: weights.public_transport * factor,
        noise: weights.noise * factor
      }, localHour)

      assert.strictEqual(scaled?.sentence, quality?.sentence)
      if (scaled === undefined || quality === undefined) continue
      assert.closeTo(scaled.index, quality.index, 1e-9)
      assert.closeTo(scaled.confidence, quality.confidence, 1e-12)
    }
  })

  it.prop(
    "is left alone by a stuck or silent sensor that leaves the mean alone, but known less well",
    [seeds],
    ([seed]) => {
      const { states, weights, localHour } = drawnDistrict(seed)
      const quality = qualityOfLife(states, weights, localHour)
      if (quality === undefined) return

      for (const [i, state] of states.entries()) {
        const stuck = { ...state, ill: state.ill + 1, weight: state.weight * 0.9 }
        const silent = { ...state, expected: state.expected + 1 }
        for (const changed of [stuck, silent]) {
          const after = qualityOfLife(states.with(i, changed), weights, localHour)

          assert.strictEqual(after?.index, quality.index)
          assert.deepStrictEqual(
            after?.parts.map(({ name, contribution }) => [name, contribution]),
            quality.parts.map(({ name, contribution }) => [name, contribution])
          )
          assert.isAtMost(after?.confidence ?? NaN, quality.confidence + 1e-12)
        }
      }
    }
  )

  it("is 100 and loses nothing where all is well", () => {
    const quality = qualityOfLife(
      [stateOf("o3", { mean: 0 }), stateOf("schedule_delay"), stateOf("noise", { mean: 40 })],
      even,
      2
    )

    assert.strictEqual(quality?.index, 100)
    assert.deepStrictEqual(quality?.parts.map(({ contribution }) => contribution), [0, 0, 0])
  })

  it("takes a part without points as one point, so that the others still count", () => {
    const gridlock = stateOf("vehicle_speed", { compared: 0 })

    assert.closeTo(indexOf([gridlock, stateOf("o3", { mean: 0 })]), 10, 1e-9)
    assert.closeTo(indexOf([gridlock, stateOf("o3", { mean: 120 })]), Math.sqrt(40), 1e-9)
    assert.closeTo(indexOf([gridlock]), 1, 1e-9)
    assert.strictEqual(qualityOfLife([gridlock], even, 12)?.parts[0]?.index, 0)
  })

  it("leaves out a part without data and one that weighs nothing changes nothing", () => {
    const noisy = [...fairDistrict, stateOf("noise", { mean: 75 })]

    assert.deepStrictEqual(qualityOfLife(fairDistrict, even, 12)?.parts.map(({ name }) => name), ["air", "traffic"])
    const silenced = qualityOfLife(noisy, { ...even, noise: 0 }, 12)
    assert.strictEqual(silenced?.index, qualityOfLife(fairDistrict, even, 12)?.index)
    assert.deepStrictEqual(
      silenced?.parts.map(({ name, weight, contribution }) => [name, weight, contribution === 0])[2],
      [
        "noise",
        0,
        true
      ]
    )
  })

  it("is unknown where no part with a weight has data", () => {
    assert.isUndefined(qualityOfLife([], even, 12))
    assert.isUndefined(qualityOfLife([stateOf("co", { mean: 3 }), stateOf("temperature", { mean: 3 })], even, 12))
    assert.isUndefined(qualityOfLife([stateOf("pm10", { mean: 30, expected: 4, seen: 0 })], even, 12))
    assert.isUndefined(qualityOfLife([stateOf("noise", { mean: 50 })], { ...even, noise: 0 }, 12))
  })

  it("has default weights that are proportions of one", () => {
    const sum = Object.values(defaultQualityWeights).reduce((total, weight) => total + weight, 0)

    assert.closeTo(sum, 1, 1e-12)
  })
})
