/**
 * What the sensor stage should do, written as plainly as possible and apart from it: every observation is kept for ever in
 * plain objects, windows are whatever falls into them, means and variances come from two passes.
 */
import { assert } from "@effect/vitest"
import type { Aggregation } from "../../src/schemas/ObservedProperties.ts"

export interface NaiveSummary {
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  readonly last: number
}

const average = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

export const naiveSummary = (results: ReadonlyArray<number>, aggregation: Aggregation): NaiveSummary => {
  const arithmetic = average(results)
  let mean = arithmetic
  let variance = average(results.map((x) => (x - arithmetic) ** 2))
  if (aggregation === "energy") mean = 10 * Math.log10(average(results.map((x) => 10 ** (x / 10))))
  if (aggregation === "circular") {
    const radians = results.map((x) => x / 180 * Math.PI)
    const [cosine, sine] = [average(radians.map(Math.cos)), average(radians.map(Math.sin))]
    mean = (Math.atan2(sine, cosine) * 180 / Math.PI + 360) % 360
    variance = -2 * Math.log(Math.max(1e-12, Math.sqrt(cosine ** 2 + sine ** 2))) * (180 / Math.PI) ** 2
  }
  return {
    count: results.length,
    mean,
    variance,
    min: Math.min(...results),
    max: Math.max(...results),
    last: results.at(-1) ?? NaN
  }
}

/** Means and variances within 1e-9 of the size of what was added up, all else exactly. */
export const assertSummaryEquals = (actual: NaiveSummary, expected: NaiveSummary, aggregation: Aggregation): void => {
  // Adding 0 makes one zero of the two.
  assert.deepStrictEqual(
    [actual.count, actual.min, actual.max, actual.last].map((x) => x + 0),
    [expected.count, expected.min, expected.max, expected.last].map((x) => x + 0)
  )
  if (aggregation !== "circular") {
    // Levels pass through their energy, where 0 dB is 1.
    const floor = aggregation === "energy" ? 1 : 0
    const scale = Math.max(Math.abs(expected.min), Math.abs(expected.max), floor)
    assert.closeTo(actual.mean, expected.mean, 1e-9 * scale + 1e-300)
    assert.closeTo(actual.variance, expected.variance, 1e-9 * scale ** 2 + 1e-300)
    return
  }
  assert.isTrue(actual.mean >= 0 && actual.mean < 360, `${actual.mean} is a direction`)
  // Beyond, directions cancel and what is left is rounding: the resultant length is below 1e-5.
  if (expected.variance > 75_000) return assert.isAbove(actual.variance, 70_000)
  assert.closeTo(actual.variance, expected.variance, 1e-9 * Math.max(1, expected.variance))
  const apart = Math.abs(actual.mean - expected.mean)
  assert.closeTo(Math.min(apart, 360 - apart), 0, 1e-8)
}

export interface NaiveObservation {
  readonly time: number
  readonly resultTime: number | undefined
  readonly result: number
  readonly receivedAt: number
  readonly lateness: number
}

export interface NaiveWindow extends NaiveSummary {
  readonly size: number
  readonly start: number
}

const minute = 60_000
const sizes = [minute, 5 * minute, 60 * minute]
const floorTo = (time: number, size: number): number => Math.floor(time / size) * size

interface Kept {
  readonly time: number
  readonly resultTime: number
  readonly result: number
}

/** One datastream. */
export class NaiveDatastream {
  /** All that was late, in the order of the log, as it came. */
  readonly late: Array<NaiveObservation> = []
  readonly counts = { counted: 0, duplicate: 0, superseded: 0, late: 0 }
  watermark = -Infinity
  private readonly aggregation: Aggregation
  /** All that was not late, in the order of the log. */
  private readonly kept: Array<Kept> = []
  private lastReceived = -Infinity
  private lateness = 0
  private delay = 0

  constructor(aggregation: Aggregation) {
    this.aggregation = aggregation
  }

  observe(observation: NaiveObservation): void {
    const { lateness, receivedAt, result, time } = observation
    const resultTime = observation.resultTime ?? time
    this.lastReceived = Math.max(this.lastReceived, receivedAt)
    this.lateness = lateness
    this.delay = Math.max(receivedAt - time, 0.9 * this.delay)
    if (floorTo(time, minute) + minute <= this.watermark) {
      this.counts.late++
      this.late.push(observation)
      return
    }
    const same = this.kept.filter((other) => other.time === time)
    if (same.some((other) => other.resultTime === resultTime && other.result === result)) this.counts.duplicate++
    else {
      this.kept.push({ time, resultTime, result })
      if (same.length === 0) this.counts.counted++
      else this.counts.superseded++
    }
    this.watermark = Math.max(this.watermark, Math.min(time, receivedAt) - lateness)
  }

  tick(now: number, idleTimeout: number): void {
    if (now - this.lastReceived < idleTimeout) return
    const mark = now - this.lateness - Math.max(0, this.delay)
    // The watermark moves only where a window that is open closes.
    const closes = this.kept.some(({ time }) =>
      [minute, 5 * minute, 60 * minute].some((size) => {
        const end = floorTo(time, size) + size
        return end > this.watermark && end <= mark
      })
    )
    if (closes) this.watermark = mark
  }

  /** The current value of each phenomenon time, ascending: of the newest result time the last in the log. */
  current(): ReadonlyArray<Kept> {
    const byTime = new Map<number, Kept>()
    for (const value of this.kept) {
      const other = byTime.get(value.time)
      if (other === undefined || value.resultTime >= other.resultTime) byTime.set(value.time, value)
    }
    return [...byTime.values()].sort((a, b) => a.time - b.time)
  }

  windows(size: number, sealed: boolean): ReadonlyArray<NaiveWindow> {
    const groups = Map.groupBy(this.current(), ({ time }) => floorTo(time, size))
    const windows = [...groups]
      .sort(([a], [b]) => a - b)
      .filter(([start]) => (start + size <= this.watermark) === sealed)
      .map(([start, values]) => ({
        size,
        start,
        ...naiveSummary(values.map(({ result }) => result), this.aggregation)
      }))
    if (!sealed || size === 60 * minute) return windows
    // Kept while the votes, from 4 at first, up to 8, say that the datastream reports at least that often.
    let votes = 4
    return windows.filter(({ start }, i) => {
      const gap = start - (windows[i - 1]?.start ?? start)
      if (i > 0) votes = gap <= size ? Math.min(8, votes + 1) : Math.max(0, votes - 1)
      return votes > 0
    })
  }

  /** Sealed windows of all sizes. */
  sealed(): ReadonlyArray<NaiveWindow> {
    return sizes.flatMap((size) => this.windows(size, true))
  }

  /** Every 5-min window that closed, kept or not, as the baseline sees them. */
  closedFives(): ReadonlyArray<{ readonly start: number; readonly mean: number }> {
    const groups = Map.groupBy(this.current(), ({ time }) => floorTo(time, 5 * minute))
    return [...groups]
      .sort(([a], [b]) => a - b)
      .filter(([start]) => start + 5 * minute <= this.watermark)
      .map(([start, values]) => ({
        start,
        mean: naiveSummary(values.map(({ result }) => result), this.aggregation).mean
      }))
  }
}
