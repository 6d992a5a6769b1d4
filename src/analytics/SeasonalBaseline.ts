/**
 * What is normal for a datastream at each hour of the week: a robust centre and spread per hour, learned from one hour a
 * week. Pure: the 168 bins go in and come out, no clock.
 *
 * An hour brings the means of its five-minute windows, at most twelve. With m their median and d = 1.4826·median|x − c|
 * (c the bin's centre; the factor makes it a standard deviation for normal data, Rousseeuw & Croux 1993, §1), a bin moves by
 * a stochastic approximation of a Huber M-estimator (Huber & Ronchetti 2009, §3.2):
 *
 *     c ← c + a·clip(m − c, ±3s),   s ← s + a·(min(d, 3s) − s),   a = 1/min(weeks + 1, 8)
 *
 * so that one wild week moves a bin by three spreads over eight at most, and a lasting change is learned in some weeks.
 */
import { hoursOfWeek } from "../schemas/Baseline.ts"

/** Five-minute means one hour may bring (a repeated hour of a clock going back counts as an hour of its own). */
export const meansPerHourMax = 12
/** The rate of learning falls to 1/`memoryWeeks`. */
export const memoryWeeks = 8
const clipSpreads = 3
const toDeviation = 1.4826

/** Float32 values of one datastream's bins: 168 centres, then 168 spreads (NaN: not known). */
export const binFloats = 2 * hoursOfWeek

const scratch = new Float64Array(meansPerHourMax)

/** Median of `values[0, n)`, which it sorts. */
const median = (values: Float64Array, n: number): number => {
  for (let i = 1; i < n; i++) {
    const x = values[i] as number
    let j = i - 1
    while (j >= 0 && (values[j] as number) > x) {
      values[j + 1] = values[j] as number
      j--
    }
    values[j + 1] = x
  }
  const middle = n >> 1
  return n % 2 === 1 ? values[middle] as number : ((values[middle - 1] as number) + (values[middle] as number)) / 2
}

/**
 * Lets the bin of `hour` learn from `means[from, from + n)`, 1 ≤ n ≤ 12.
 * `bins` holds the floats of the datastream from `binAt`, `weeks` its counters from `weekAt`.
 */
export const learn = (
  bins: Float32Array,
  binAt: number,
  weeks: Uint8Array,
  weekAt: number,
  hour: number,
  means: Float32Array,
  from: number,
  n: number
): void => {
  const centreAt = binAt + hour
  const spreadAt = centreAt + hoursOfWeek
  const seen = weeks[weekAt + hour] as number
  for (let i = 0; i < n; i++) scratch[i] = means[from + i] as number
  const m = median(scratch, n)
  const centre = seen === 0 ? m : bins[centreAt] as number
  for (let i = 0; i < n; i++) scratch[i] = Math.abs((means[from + i] as number) - centre)
  const d = toDeviation * median(scratch, n)
  const spread = bins[spreadAt] as number
  if (seen === 0) {
    bins[centreAt] = m
    // One value says nothing about spread.
    bins[spreadAt] = n >= 3 ? d : NaN
  } else {
    const rate = 1 / Math.min(seen + 1, memoryWeeks)
    const known = spread > 0
    const reach = known ? clipSpreads * spread : Infinity
    bins[centreAt] = centre + rate * Math.max(-reach, Math.min(reach, m - centre))
    bins[spreadAt] = known ? spread + rate * (Math.min(d, reach) - spread) : d
  }
  if (seen < 255) weeks[weekAt + hour] = seen + 1
}
