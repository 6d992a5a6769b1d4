/**
 * Traffic: how fast it flows, as a share of the free-flow speed of the same place, on the classes of the Highway Capacity
 * Manual for urban streets.
 * Source: Highway Capacity Manual, 7th edition (TRB 2022), exhibits 16-3 and 18-1 (the same in the 6th, 2016): travel speed
 * as a percentage of the base free-flow speed above 80, 67, 50, 40 and 30 for classes A to E. The HCM 2010 (exhibit 17-2)
 * had 85 for A. Free flow is the 85th percentile of the speeds of quiet hours, as in the Urban Congestion Report of the US
 * Federal Highway Administration (https://ops.fhwa.dot.gov/perf_measurement/ucr/documentation.htm).
 */
import { type BandEdges, bandName, bandOf, pointsOf, shownPercent } from "./BandScale.ts"
import { comparedShare, type PartValue, type PropertyStates } from "./PropertyState.ts"

/** Share of the free-flow speed. */
export const freeFlowEdges: BandEdges = [1, 0.8, 0.67, 0.5, 0.4, 0.3]

export const trafficProperties: ReadonlyArray<string> = ["vehicle_speed"]

export const trafficQuality = (states: PropertyStates): PartValue | undefined => {
  const share = comparedShare(states, "vehicle_speed")
  if (share === undefined) return undefined
  const value = shownPercent(freeFlowEdges, share)
  const name = bandName(bandOf(freeFlowEdges, share))
  return {
    index: pointsOf(freeFlowEdges, share),
    detail: `${value} of free-flow speed: ${name}`,
    clause: `${value} of free-flow speed is ${name}`
  }
}
