/**
 * What the datastreams of one shard say of one (district, property, five-minute window): the words of a *partial*, how a
 * datastream's part of the window is added, and how partials are merged. Pure, allocation-free.
 *
 * Two ways of counting stand side by side. *Observations* are pooled (count, mean, M2, min, max). *Sensors* count each with its
 * health weight w, however often it reports: Σw, Σw·mean, Σw·mean². The mean of a district is that of its sensors.
 */
import type { Aggregation } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Summary from "./Summary.ts"

// Words 0–7: the summary of the pooled observations.
/** Static sensors that belong here and usually report at this hour; moving ones while they report. */
export const expected = 8
/** Of them, those that report by their own rhythm. */
export const seen = 9
/** Of the seen, those that are ill (stuck). */
export const ill = 10
/** Σ of the health weights of the seen. */
export const seenWeight = 11
/** Datastreams with a value in this window. */
export const sensors = 12
/** Σw, Σw·mean, Σw·mean² and Σw·last over the datastreams with a value. `energy`: last as 10^(last/10). */
export const weight = 13
export const weightedMean = 14
/** The spread between sensors, for who reads partials. `circular`: Σw·sin(last). */
export const weightedSquare = 15
/** `circular`: Σw·cos(last). */
export const weightedLast = 16
/** `energy`: Σw·10^(mean/10). `circular`: Σw·cos(mean) and Σw·sin(mean). */
export const weightedCosine = 17
export const weightedSine = 18
/** Observations beyond the property's first and second threshold. */
export const beyond = 19
/** Σw of the datastreams that were compared with a reference of their own, and Σw·comparison. */
export const referenced = 21
export const compared = 22

const degree = Math.PI / 180

export const clear = (words: Float64Array, at: number, start: number): void => {
  Summary.clear(words, at)
  for (let i = Summary.summaryWords; i < partialWords; i++) words[at + i] = 0
  words[at + Summary.start] = start
}

const add = (words: Float64Array, at: number, value: number): void => {
  words[at] = (words[at] as number) + value
}

/**
 * Adds what one datastream has in the window, its summary at `source[from…]`. `w`: its health weight; `comparison`: its mean
 * against its own reference (see `References.ts`), NaN where there is none.
 */
export const addSensor = (
  words: Float64Array,
  at: number,
  source: Float64Array,
  from: number,
  aggregation: Aggregation,
  w: number,
  comparison: number
): void => {
  const mean = Summary.reportedMean(source, from, aggregation)
  Summary.merge(words, at, source, from, aggregation)
  add(words, at + sensors, 1)
  add(words, at + weight, w)
  add(words, at + weightedMean, w * mean)
  const last = source[from + Summary.last] as number
  if (aggregation === "circular") {
    add(words, at + weightedSquare, w * Math.sin(last * degree))
    add(words, at + weightedLast, w * Math.cos(last * degree))
    add(words, at + weightedCosine, w * Math.cos(mean * degree))
    add(words, at + weightedSine, w * Math.sin(mean * degree))
  } else {
    add(words, at + weightedSquare, w * mean * mean)
    add(words, at + weightedLast, w * (aggregation === "energy" ? 10 ** (last / 10) : last))
    if (aggregation === "energy") add(words, at + weightedCosine, w * (source[from + Summary.energy] as number))
  }
  if (comparison === comparison) {
    add(words, at + referenced, w)
    add(words, at + compared, w * comparison)
  }
}

/** Adds the partial at `source[from…]` to the one at `words[at…]`; the start stays. */
export const merge = (
  words: Float64Array,
  at: number,
  source: Float64Array,
  from: number,
  aggregation: Aggregation
): void => {
  Summary.merge(words, at, source, from, aggregation)
  for (let i = expected; i < partialWords; i++) add(words, at + i, source[from + i] as number)
}

/** The mean over the sensors in the property's unit; NaN where none has a value. */
export const sensorMean = (words: Float64Array, at: number, aggregation: Aggregation): number => {
  const w = words[at + weight] as number
  if (!(w > 0)) return NaN
  if (aggregation === "energy") return 10 * Math.log10((words[at + weightedCosine] as number) / w)
  if (aggregation !== "circular") return (words[at + weightedMean] as number) / w
  return directionOf(words[at + weightedSine] as number, words[at + weightedCosine] as number)
}

/** The same of the last results of the sensors. */
export const sensorLast = (words: Float64Array, at: number, aggregation: Aggregation): number => {
  const w = words[at + weight] as number
  if (!(w > 0)) return NaN
  const last = words[at + weightedLast] as number
  if (aggregation === "energy") return 10 * Math.log10(last / w)
  return aggregation === "circular" ? directionOf(words[at + weightedSquare] as number, last) : last / w
}

/** Degrees from 0 up to 360. */
const directionOf = (sine: number, cosine: number): number => {
  const angle = Math.atan2(sine, cosine) / degree
  const turned = angle < 0 ? angle + 360 : angle
  // A hair west of north rounds to 360°, which is north.
  return turned < 360 ? turned : 0
}
