/**
 * Air: the bands of the European Air Quality Index, as points. The worst pollutant decides, as in that index.
 * Source: European Environment Agency, European Air Quality Index, bands as revised in 2024 for hourly concentrations of all
 * five pollutants (https://airindex.eea.europa.eu, "About"; ETC HE Report 2024/17, EEA's revision of the European Air
 * Quality Index bands). The bands of 2017 were others, with particles as 24 h means: not to be mixed with these.
 * Carbon monoxide is not part of that index and not of this.
 */
import { type BandEdges, bandName, bandOf, pointsOf, shown } from "./BandScale.ts"
import { type PartValue, type PropertyStates, seenState } from "./PropertyState.ts"

interface Pollutant {
  readonly property: string
  /** Name for people. */
  readonly label: string
  /** Hourly mean in µg/m³ at the edges of good, fair, moderate, poor, very poor; above the last: extremely poor. */
  readonly edges: BandEdges
}

export const pollutants: ReadonlyArray<Pollutant> = [
  { property: "pm2_5", label: "PM2.5", edges: [0, 5, 15, 50, 90, 140] },
  { property: "pm10", label: "PM10", edges: [0, 15, 45, 120, 195, 270] },
  { property: "no2", label: "NO₂", edges: [0, 10, 25, 60, 100, 150] },
  { property: "o3", label: "O₃", edges: [0, 60, 100, 120, 160, 180] },
  { property: "so2", label: "SO₂", edges: [0, 20, 40, 125, 190, 275] }
]

export const airProperties: ReadonlyArray<string> = pollutants.map(({ property }) => property)

/** From what is measured of the five; the index of the EEA wants some of them by kind of station, we take what there is. */
export const airQuality = (states: PropertyStates): PartValue | undefined => {
  let worst:
    | { readonly pollutant: Pollutant; readonly mean: number; readonly index: number; readonly band: number }
    | undefined
  for (const pollutant of pollutants) {
    const mean = seenState(states, pollutant.property)?.mean ?? NaN
    if (!Number.isFinite(mean)) continue
    const index = pointsOf(pollutant.edges, mean)
    const band = bandOf(pollutant.edges, mean)
    // The last edge and all beyond it have 0 points; beyond is the worse.
    if (worst === undefined || index < worst.index || (index === worst.index && band > worst.band)) {
      worst = { pollutant, mean, index, band }
    }
  }
  if (worst === undefined) return undefined
  const { pollutant, mean, index, band } = worst
  const value = `${shown(pollutant.edges, mean)} µg/m³`
  return {
    index,
    detail: `${pollutant.label} ${value}: ${bandName(band)}`,
    clause: `${pollutant.label} at ${value} is ${bandName(band)}`
  }
}
