/**
 * How good life is in a district in the hour before, from 0 to 100, in parts that say what pulls it down, with a
 * confidence that says how well it is known. How the numbers come about: docs/quality-of-life.md.
 * Promise: the contributions of the parts add up to index − 100, their weights to 1; a part without data is not there.
 */
import { Schema } from "effect"

/** The parts in the order in which they are listed. */
export const qualityPartNames = ["air", "traffic", "public_transport", "noise"] as const
export const QualityPartName = Schema.Literals(qualityPartNames)
export type QualityPartName = typeof QualityPartName.Type

const index = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** Longest sentence in characters. */
export const sentenceLengthMax = 240

export const QualityPart = Schema.Struct({
  name: QualityPartName,
  index: index.annotate({
    description:
      "Points from 0 (worst) to 100; the edges of the six bands of the part's source are 100, 80, 60, 40, 20, 0"
  }),
  weight: share.annotate({ description: "Share in the index; over the parts that are there they add up to 1" }),
  contribution: Schema.Finite.check(Schema.isBetween({ minimum: -100, maximum: 0 })).annotate({
    description: "Points this part takes off; all contributions add up to index − 100"
  }),
  confidence: share.annotate({ description: "From 0 to 1: how well the sensors of this part know it" }),
  detail: Schema.String.annotate({ description: "The deciding value, rounded for people, and its band" })
}).annotate({ identifier: "QualityPart", description: "One part of the quality of life of a district" })
export type QualityPart = typeof QualityPart.Type

export const QualityOfLife = Schema.Struct({
  index: index.annotate({
    description: "Points from 0 (worst) to 100: weighted geometric mean of the parts, each taken as at least 1"
  }),
  confidence: share.annotate({
    description: "From 0 to 1: weighted mean over the parts; a part without data counts 0, noise only where measured"
  }),
  parts: Schema.Array(QualityPart).annotate({ description: "The parts that have data" }),
  sentence: Schema.String.check(Schema.isMaxLength(sentenceLengthMax)).annotate({
    description: "What pulls the index down most, in English"
  })
}).annotate({
  identifier: "QualityOfLife",
  description: "How good life is in a district in the hour before, and how well that is known"
})
export type QualityOfLife = typeof QualityOfLife.Type

const weight = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** Only their proportions matter. */
export const QualityWeights = Schema.Struct({
  air: weight,
  traffic: weight,
  public_transport: weight,
  noise: weight
}).annotate({
  identifier: "QualityWeights",
  description: "How much each part counts, without unit; only the proportions matter, and at least one is above 0"
}).check(
  Schema.makeFilter((weights) => qualityPartNames.some((name) => weights[name] > 0), {
    expected: "at least one weight above 0"
  })
)
export type QualityWeights = typeof QualityWeights.Type

/** Ours: what is breathed and heard counts half, how one gets about the other half. */
export const defaultQualityWeights: QualityWeights = { air: 0.3, traffic: 0.25, public_transport: 0.25, noise: 0.2 }
