/**
 * Public transport: is it on time, and does it come regularly. The mean of those two that are known.
 * Source: Transit Capacity and Quality of Service Manual, 2nd edition (TCRP Report 100, TRB 2003), part 3, exhibit 3-29
 * (on-time performance) and exhibit 3-30 (headway adherence: probability of being off headway by more than half). The 3rd
 * edition (TCRP Report 165, 2013) keeps the measures but no longer grades them by letters; its on-time window, 1 min early
 * to 5 min late, is the thresholds of `schedule_delay`.
 */
import { type BandEdges, bandName, bandOf, bandOfPoints, pointsOf, shownPercent } from "./BandScale.ts"
import { comparedShare, type PartValue, type PropertyStates, seenState } from "./PropertyState.ts"

/** Share on time at the edges of A to E. */
const onTimeEdges: BandEdges = [1, 0.95, 0.9, 0.85, 0.8, 0.75]

/** Share of regular headways; the manual has the others: at most 1, 10, 20, 33 and 50 % off by more than half. */
const regularEdges: BandEdges = [1, 0.99, 0.9, 0.8, 0.67, 0.5]

export const publicTransportProperties: ReadonlyArray<string> = ["schedule_delay", "headway"]

/** Neither more than 1 min early nor more than 5 min late, in [0, 1]. */
const onTimeShare = (states: PropertyStates): number | undefined => {
  const state = seenState(states, "schedule_delay")
  if (state === undefined || !(state.observations > 0)) return undefined
  const share = (state.observations - state.beyond[0] - state.beyond[1]) / state.observations
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : undefined
}

export const publicTransportQuality = (states: PropertyStates): PartValue | undefined => {
  const measures = [
    { share: onTimeShare(states), edges: onTimeEdges, label: "on time" },
    { share: comparedShare(states, "headway"), edges: regularEdges, label: "of headways regular" }
  ].flatMap(({ share, edges, label }) =>
    share === undefined
      ? []
      : [{ points: pointsOf(edges, share), band: bandOf(edges, share), text: `${shownPercent(edges, share)} ${label}` }]
  )
  const [first, second] = measures
  if (first === undefined) return undefined
  const index = second === undefined ? first.points : (first.points + second.points) / 2
  // Two in one band are in it together, also beyond the last edge, where all have 0 points.
  const together = second === undefined || second.band === first.band
  const name = bandName(together ? first.band : bandOfPoints(index))
  // What pulls it down first.
  const texts = measures.toSorted((a, b) => a.points - b.points).map(({ text }) => text)
  return {
    index,
    detail: `${texts.join(", ")}: ${name}`,
    clause: `${texts.join(" and ")} is ${name}`
  }
}
