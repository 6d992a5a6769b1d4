/**
 * The arithmetic of the light test: what is expected of the next observation of a datastream, and how far beyond that one is.
 *
 *     level   where the datastream is lately: moved by an eighth of the way to each observation, at most of an eighth of its reach
 *     reach   the deviation from the level that it exceeds about once a day: grows by a quarter when exceeded (never beyond what was
 *             seen) and shrinks by `decayPerDay` a day, a stochastic approximation of that quantile (Robbins & Monro 1951) in
 *             event time, so that a heavy tail, a daily rush hour or a thousand observations a second do not make it alarm more often
 *
 * Expected is level ± reach; where the baseline knows the hour of the week well, all between that and what is usual then. The
 * *score* of an observation is its distance from the middle of that in halves of its width: 1 at the edge, without an upper end.
 * Four 32-bit floats a datastream hold everything of one that is as ever (words `light` of its record).
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"

// Places of the floats.
export const level = 0
export const reach = 1
/** Milliseconds of event time learned, up to a day. */
export const age = 2
/** See `codeOf`. */
export const code = 3

const day = 86_400_000
const minute = 60_000

/** Observations before anything is judged, and how many of them are learned anew after a silence. */
export const learnedEnough = 32
export const learnedAfterSilence = 24

/** Scores: at once, three times in a row on one side, and what still counts as beyond once an anomaly is open. */
export const scoreAtOnce = 3
const scoreInARow = 2
export const scoreOpen = 1.5
export const runLength = 3
/** An anomaly is over when so many observations in a row were within, for so long. */
export const quietObservations = 6
export const quietMillis = 5 * minute

const levelRate = 1 / 8
const reachGrowth = 1.25
/** Of what may be an anomaly little is learned. */
export const reachGrowthBeyond = 1.06
const decayPerDay = Math.log(reachGrowth)
/** While an anomaly is open the level follows at this pace, so that what lasts becomes what is expected. */
const followMillis = 120 * minute
const followMax = 1 / 16

/** Weeks after which the baseline of an hour is believed, and how many of its spreads are usual. */
export const weeksEnough = 3
export const usualSpreads = 3

/** By number: the smallest reach. Of directions, which have no linear level, none is small enough. */
export const reachMin = Float64Array.from(
  observedProperties,
  ({ aggregation, reachMin }) => aggregation === "circular" ? Infinity : reachMin
)

/**
 * What the test remembers as one whole number: observations learned up to `learnedEnough`, then a run beyond (0: none; 1 or 2
 * above; 3 or 4 below), then 0, or 1 + the observations that were within since an anomaly is open.
 */
export const codeOf = (learned: number, run: number, open: number): number => learned + 64 * run + 512 * open
export const learnedOf = (code: number): number => code & 63
export const runOf = (code: number): number => (code >> 6) & 7
export const openOf = (code: number): number => code >> 9
/** Learned enough, nothing unusual: most datastreams at most times. */
export const steady = codeOf(learnedEnough, 0, 0)

/** A young datastream has not shown what it does in a day: it must say it up to twice as loud. */
export const needed = (ageMillis: number): number => ageMillis < day ? 2 - ageMillis / day : 1

export const isBeyond = (score: number, ageMillis: number): boolean => score >= scoreInARow * needed(ageMillis)
export const isBeyondAtOnce = (score: number, ageMillis: number): boolean => score >= scoreAtOnce * needed(ageMillis)

export const scoreOf = (result: number, low: number, high: number): number =>
  Math.abs(result - (low + high) / 2) / ((high - low) / 2)

/** Learns from an observation within. `since`: milliseconds after the one before. */
export const learn = (floats: Float32Array, at: number, deviation: number, since: number, smallest: number): void => {
  const size = Math.abs(deviation)
  const usual = floats[at + reach] as number
  if (size > usual) {
    floats[at + level] = (floats[at + level] as number) + levelRate * (deviation > 0 ? usual : -usual)
    floats[at + reach] = Math.min(size, usual * reachGrowth)
  } else {
    floats[at + level] = (floats[at + level] as number) + levelRate * deviation
    if (usual > smallest) floats[at + reach] = Math.max(smallest, usual * (1 - decayPerDay / day * since))
  }
  const known = floats[at + age] as number
  if (known < day) floats[at + age] = known + since
}

/** Learns before anything is judged: the first ones show how far it goes at all. */
export const learnFirst = (
  floats: Float32Array,
  at: number,
  deviation: number,
  since: number,
  smallest: number
): void => {
  const learned = floats[at + code] as number
  const usual = floats[at + reach] as number
  learn(floats, at, deviation, since, smallest)
  if (learned < learnedAfterSilence) floats[at + reach] = Math.max(usual, Math.abs(deviation))
  // No run and nothing open: the code is the number learned.
  floats[at + code] = learned + 1
}

/** Learns from one that may be an anomaly, before one is open. */
export const learnBeyond = (floats: Float32Array, at: number, deviation: number): void => {
  const usual = floats[at + reach] as number
  floats[at + level] = (floats[at + level] as number) + levelRate * Math.max(-usual, Math.min(usual, deviation))
  floats[at + reach] = Math.min(Math.max(usual, Math.abs(deviation)), usual * reachGrowthBeyond)
}

/** While an anomaly is open. */
export const follow = (floats: Float32Array, at: number, deviation: number, since: number): void => {
  const pace = Math.min(followMax, since / followMillis)
  const usual = floats[at + reach] as number
  floats[at + level] = (floats[at + level] as number) + pace * deviation
  if (Math.abs(deviation) > usual) floats[at + reach] = usual * (1 + pace)
}
