/**
 * The quality of life of a district from what it measured in the hour before. Pure; no clock, no rounding.
 * Promise: worse values never raise the index; only the proportions of the weights matter, the order of the states does
 * not; health of sensors changes the confidence and nothing else. Formulas and sources: docs/quality-of-life.md.
 */
import {
  type QualityOfLife,
  type QualityPartName,
  qualityPartNames,
  type QualityWeights
} from "../schemas/QualityOfLife.ts"
import { airProperties, airQuality } from "./AirQualityIndex.ts"
import { noiseProperties, noiseQuality } from "./NoiseQuality.ts"
import type { PartValue, PropertyState, PropertyStates } from "./PropertyState.ts"
import { publicTransportProperties, publicTransportQuality } from "./PublicTransportQuality.ts"
import { partConfidence } from "./QualityConfidence.ts"
import { qualitySentence } from "./QualitySentence.ts"
import { trafficProperties, trafficQuality } from "./TrafficQuality.ts"

export type { PropertyState } from "./PropertyState.ts"

/** Which properties a part is computed from. */
const propertiesOfPart: { readonly [name in QualityPartName]: ReadonlyArray<string> } = {
  air: airProperties,
  traffic: trafficProperties,
  public_transport: publicTransportProperties,
  noise: noiseProperties
}

/** Every property that the index is computed from. */
const qualityProperties: ReadonlyArray<string> = qualityPartNames.flatMap((name) => propertiesOfPart[name])

const partValue: {
  readonly [name in QualityPartName]: (states: PropertyStates, localHour: number) => PartValue | undefined
} = {
  air: airQuality,
  traffic: trafficQuality,
  public_transport: publicTransportQuality,
  noise: noiseQuality
}

/**
 * A part with 0 points would make the whole index 0, whatever the others are, and its logarithm has no bound: it is taken
 * as 1 point.
 */
const pointsMin = 1

/** What a part takes off in logarithms, at least 0: ln(100/q). */
const loss = (points: number): number => Math.log(100 / Math.max(pointsMin, points))

const clamped = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))

interface WeighedPart extends PartValue {
  readonly name: QualityPartName
  readonly weight: number
  readonly confidence: number
}

/** Parts with data, their weights adding up to 1; none where all that have data weigh nothing. */
const weighedParts = (
  states: PropertyStates,
  weights: QualityWeights,
  localHour: number
): ReadonlyArray<WeighedPart> => {
  const known = qualityPartNames.flatMap((name) => {
    const value = partValue[name](states, localHour)
    return value === undefined ? [] : [{ name, value }]
  })
  // Divided by the largest first, so that no sum of them overflows.
  const largest = Math.max(0, ...known.map(({ name }) => weights[name]))
  if (!(largest > 0)) return []
  const sum = known.reduce((total, { name }) => total + weights[name] / largest, 0)
  return known.map(({ name, value }) => ({
    ...value,
    name,
    weight: weights[name] / largest / sum,
    confidence: partConfidence(states, propertiesOfPart[name])
  }))
}

/** Weighted mean over the parts; one without data counts 0, but noise only where it is measured: few districts can. */
const indexConfidence = (parts: ReadonlyArray<WeighedPart>, weights: QualityWeights): number => {
  const heard = parts.some(({ name }) => name === "noise")
  const counting = qualityPartNames.filter((name) => name !== "noise" || heard)
  const largest = Math.max(...counting.map((name) => weights[name]))
  let sum = 0
  let known = 0
  for (const name of counting) {
    const weight = weights[name] / largest
    sum += weight
    known += weight * (parts.find((part) => part.name === name)?.confidence ?? 0)
  }
  return clamped(known / sum, 0, 1)
}

/**
 * `undefined` where no part with a weight has data. `states` holds at most one state of each property; `localHour` in
 * [0, 24) is the hour of the city's time that was measured, for the penalty of noise.
 */
export const qualityOfLife = (
  states: ReadonlyArray<PropertyState>,
  weights: QualityWeights,
  localHour: number
): QualityOfLife | undefined => {
  const byProperty = new Map(states.map((state) => [state.property, state]))
  const weighed = weighedParts(byProperty, weights, localHour)
  if (weighed.length === 0) return undefined
  const lost = weighed.reduce((total, { index, weight }) => total + weight * loss(index), 0)
  const index = clamped(100 * Math.exp(-lost), 0, 100)
  const parts = weighed.map((part) => ({
    ...part,
    // Its share of the loss, in points; + 0 because none is no −0.
    contribution: lost > 0 ? (index - 100) * (part.weight * loss(part.index) / lost) + 0 : 0
  }))
  return {
    index,
    confidence: indexConfidence(weighed, weights),
    parts: parts.map(({ name, index, weight, contribution, confidence, detail }) => ({
      name,
      index,
      weight,
      contribution,
      confidence,
      detail
    })),
    sentence: qualitySentence(parts, byProperty, qualityProperties)
  }
}
