/**
 * Noise: the energy-mean level of the hour with the penalty of its time of day, on the bands in which Europe counts people.
 * Sources: Directive 2002/49/EC, annex I (evening 19–23 h +5 dB, night 23–7 h +10 dB in Lden) and annex VI (bands from 55,
 * 60, 65, 70 and 75 dB Lden); WHO, Environmental Noise Guidelines for the European Region, 2018, §3.1: below 53 dB Lden for
 * road traffic. That 53 dB has 100 points and the band edges 80 to 0, and that one hour stands for a year, is ours.
 */
import { type BandEdges, bandName, bandOf, pointsOf, shown } from "./BandScale.ts"
import { type PartValue, type PropertyStates, seenState } from "./PropertyState.ts"

/** dB of the hour, penalty included. */
const noiseEdges: BandEdges = [53, 55, 60, 65, 70, 75]

export const noiseProperties: ReadonlyArray<string> = ["noise"]

/** Evening 19–23, night 23–7, local time: the default periods of the directive. */
export const noisePeriod = (localHour: number): { readonly name: string; readonly penalty: number } =>
  localHour < 7 || localHour >= 23
    ? { name: "at night", penalty: 10 }
    : localHour < 19
    ? { name: "by day", penalty: 0 }
    : { name: "in the evening", penalty: 5 }

/** `localHour` in [0, 24) is the hour of the city's time that was measured. */
export const noiseQuality = (states: PropertyStates, localHour: number): PartValue | undefined => {
  const mean = seenState(states, "noise")?.mean ?? NaN
  if (!Number.isFinite(mean)) return undefined
  const { name: period, penalty } = noisePeriod(localHour)
  const level = mean + penalty
  const name = bandName(bandOf(noiseEdges, level))
  const counted = shown(noiseEdges, level)
  const decimals = counted.split(".")[1]?.length ?? 0
  const value = penalty === 0
    ? `${counted} dB ${period}`
    : `${mean.toFixed(decimals)} dB ${period}, counted as ${counted} dB`
  return {
    index: pointsOf(noiseEdges, level),
    detail: `${value}: ${name}`,
    clause: `${value}${penalty === 0 ? "" : ","} is ${name}`
  }
}
