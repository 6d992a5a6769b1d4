/**
 * A datastream compared with a reference of its own, learned in its baseline.
 * - `vehicle_speed` of a fixed detector: min(1, mean / free-flow speed), the free-flow speed being the 85th percentile of what is usual
 *   at its quiet hours (the reference speed of FHWA's Urban Congestion Reports is the 85th percentile of off-peak speeds).
 * - `headway` of a stop: 1 where the mean is within half of what is usual at this hour of the week, else 0 (TCQSM: a vehicle is
 *   off headway by more than half).
 * Moving sensors have no reference: a bus in another street is another road.
 */
import { hoursOfWeek } from "../schemas/Baseline.ts"
import { observedProperty } from "../schemas/ObservedProperties.ts"

/** −1, a number no property has, where the catalogue does not have it. */
export const speedProperty = observedProperty("vehicle_speed")?.number ?? -1
export const headwayProperty = observedProperty("headway")?.number ?? -1

/** Local hours from 22 to 6. */
export const isQuiet = (hourOfTheWeek: number): boolean => {
  const hour = hourOfTheWeek % 24
  return hour >= 22 || hour < 6
}

/** Quiet hours that must have been learned: those of half a night. */
export const quietHoursMin = 4
const freeFlowPercentile = 0.85
const regularShare = 0.5

const scratch = new Float64Array(hoursOfWeek)

/**
 * The 85th percentile of the centres of the learned quiet hours (linear between ranks, Hyndman & Fan 1996, type 7), in km/h;
 * NaN before `quietHoursMin` are learned.
 */
export const freeFlowSpeed = (centres: Float32Array, binAt: number, weeks: Uint8Array, weekAt: number): number => {
  let n = 0
  for (let hour = 0; hour < hoursOfWeek; hour++) {
    if (isQuiet(hour) && (weeks[weekAt + hour] as number) > 0) scratch[n++] = centres[binAt + hour] as number
  }
  if (n < quietHoursMin) return NaN
  const sorted = scratch.subarray(0, n).sort()
  const rank = freeFlowPercentile * (n - 1)
  const below = Math.floor(rank)
  const low = sorted[below] as number
  return low + (rank - below) * ((sorted[Math.min(n - 1, below + 1)] as number) - low)
}

export const comparedSpeed = (mean: number, freeFlow: number): number =>
  freeFlow > 0 ? Math.min(1, mean / freeFlow) : NaN

/** `usual`: the centre of the hour's bin, NaN where it is not learned. */
export const comparedHeadway = (mean: number, usual: number): number =>
  usual > 0 ? Math.abs(mean / usual - 1) <= regularShare ? 1 : 0 : NaN
