/**
 * A mergeable summary of the results in a window: eight words of a Float64Array. Pure, allocation-free.
 * Promise: merging summaries of two spans that follow each other equals, up to rounding, summarizing their results together
 * (Chan, Golub & LeVeque 1979, eq. 2.1); count, min, max and last are exact.
 */
import type { Aggregation } from "../schemas/ObservedProperties.ts"

/** Words of a summary. `start` is NaN while it is empty. */
export const summaryWords = 8
export const start = 0
export const count = 1
/** Arithmetic mean; for `circular` the mean cosine. */
export const mean = 2
/** Σ(x − mean)²; for `circular` the mean sine. */
export const m2 = 3
export const min = 4
export const max = 5
/** Result at the newest phenomenon time. */
export const last = 6
/** For `energy` the mean of 10^(L/10), else 0. */
export const energy = 7

const degree = Math.PI / 180

export const clear = (words: Float64Array, at: number): void => {
  words[at + start] = NaN
  for (let i = 1; i < summaryWords; i++) words[at + i] = 0
}

/**
 * Summarizes `results[from, to)`, which stand in order of phenomenon time, into `words` (Welford 1962).
 * `to > from`.
 */
export const summarize = (
  words: Float64Array,
  at: number,
  windowStart: number,
  results: Float64Array,
  from: number,
  to: number,
  aggregation: Aggregation
): void => {
  let n = 0
  let average = 0
  let squares = 0
  let low = Infinity
  let high = -Infinity
  let extra = 0
  let sine = 0
  for (let i = from; i < to; i++) {
    const x = results[i] as number
    n++
    const delta = x - average
    average += delta / n
    squares += delta * (x - average)
    if (x < low) low = x
    if (x > high) high = x
    if (aggregation === "energy") extra += (10 ** (x / 10) - extra) / n
    else if (aggregation === "circular") {
      extra += (Math.cos(x * degree) - extra) / n
      sine += (Math.sin(x * degree) - sine) / n
    }
  }
  words[at + start] = windowStart
  words[at + count] = n
  words[at + mean] = aggregation === "circular" ? extra : average
  words[at + m2] = aggregation === "circular" ? sine : squares
  words[at + min] = low
  words[at + max] = high
  words[at + last] = results[to - 1] as number
  words[at + energy] = aggregation === "energy" ? extra : 0
}

/** Adds the summary at `from` to the one at `into`; `from` holds the later results. Starts are left alone. */
export const merge = (
  words: Float64Array,
  into: number,
  source: Float64Array,
  from: number,
  aggregation: Aggregation
): void => {
  const a = words[into + count] as number
  const b = source[from + count] as number
  if (b === 0) return
  if (a === 0) {
    for (let i = 1; i < summaryWords; i++) words[into + i] = source[from + i] as number
    return
  }
  const n = a + b
  const share = b / n
  const delta = (source[from + mean] as number) - (words[into + mean] as number)
  words[into + mean] = (words[into + mean] as number) + delta * share
  if (aggregation === "circular") {
    words[into + m2] = (words[into + m2] as number) +
      ((source[from + m2] as number) - (words[into + m2] as number)) * share
  } else {
    words[into + m2] = (words[into + m2] as number) + (source[from + m2] as number) + delta * delta * a * share
  }
  words[into + count] = n
  if ((source[from + min] as number) < (words[into + min] as number)) words[into + min] = source[from + min] as number
  if ((source[from + max] as number) > (words[into + max] as number)) words[into + max] = source[from + max] as number
  words[into + last] = source[from + last] as number
  words[into + energy] = (words[into + energy] as number)
    + ((source[from + energy] as number) - (words[into + energy] as number)) * share
}

/** The mean a window reports, in the property's unit. */
export const reportedMean = (words: Float64Array, at: number, aggregation: Aggregation): number => {
  const average = words[at + mean] as number
  if (aggregation === "energy") return 10 * Math.log10(words[at + energy] as number)
  if (aggregation !== "circular") return average
  const angle = Math.atan2(words[at + m2] as number, average) / degree
  const turned = angle < 0 ? angle + 360 : angle
  // A hair west of north rounds to 360°, which is north.
  return turned < 360 ? turned : 0
}

/**
 * The population variance a window reports, in squared units. For directions that of the wrapped normal with the same
 * resultant length R, −2·ln R rad² (Mardia & Jupp 2000, eq. 2.3.14), in deg².
 */
export const reportedVariance = (words: Float64Array, at: number, aggregation: Aggregation): number => {
  if (aggregation !== "circular") return Math.max(0, (words[at + m2] as number) / (words[at + count] as number))
  const resultant = Math.hypot(words[at + mean] as number, words[at + m2] as number)
  // Opposite directions cancel to R = 0, where the variance has no bound: report that of R = 1e-12.
  return Math.max(0, -2 * Math.log(Math.min(1, Math.max(resultant, 1e-12)))) / (degree * degree)
}
