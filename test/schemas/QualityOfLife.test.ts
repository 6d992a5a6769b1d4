/** Which weights and which results the schemas take. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  defaultQualityWeights,
  QualityOfLife,
  qualityPartNames,
  QualityWeights
} from "../../src/schemas/QualityOfLife.ts"

const isWeights = Schema.is(QualityWeights)

describe("weights of the quality of life", () => {
  it("may leave parts out, but not all of them, and are never negative or no number", () => {
    assert.isTrue(isWeights(defaultQualityWeights))
    assert.isTrue(isWeights({ air: 0, traffic: 0, public_transport: 0, noise: 1e-9 }))
    assert.isFalse(isWeights({ air: 0, traffic: 0, public_transport: 0, noise: 0 }))
    assert.isFalse(isWeights({ ...defaultQualityWeights, air: -0.1 }))
    assert.isFalse(isWeights({ ...defaultQualityWeights, air: NaN }))
    assert.isFalse(isWeights({ air: 1, traffic: 1, public_transport: 1 }))
  })

  it("are there for every part", () => {
    assert.deepStrictEqual(Object.keys(defaultQualityWeights).toSorted(), qualityPartNames.toSorted())
  })
})

describe("quality of life", () => {
  const quality = {
    index: 71.3,
    confidence: 0.86,
    parts: [
      { name: "air", index: 64.2, weight: 1, contribution: -28.7, confidence: 0.9, detail: "PM2.5 18 µg/m³: moderate" }
    ],
    sentence: "Air pulls it down most: PM2.5 at 18 µg/m³ is moderate."
  }

  it("is points from 0 to 100 that parts take off, known from 0 to 1, in at most 240 characters", () => {
    const isQuality = Schema.is(QualityOfLife)

    assert.isTrue(isQuality(quality))
    assert.isFalse(isQuality({ ...quality, index: 100.1 }))
    assert.isFalse(isQuality({ ...quality, confidence: -0.1 }))
    assert.isFalse(isQuality({ ...quality, sentence: "a".repeat(241) }))
    assert.isFalse(isQuality({ ...quality, parts: [{ ...quality.parts[0], contribution: 1 }] }))
    assert.isFalse(isQuality({ ...quality, parts: [{ ...quality.parts[0], name: "weather" }] }))
  })
})
