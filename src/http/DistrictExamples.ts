/** A district as the documentation shows it: Kallio of the simulated Helsinki. */
import { SquareMetres } from "../schemas/District.ts"
import type { DistrictState, DistrictView } from "../schemas/DistrictState.ts"
import { DistrictId } from "../schemas/Identifiers.ts"
import { Latitude, Longitude } from "../schemas/Quantities.ts"

const step = {
  start: "2026-11-24T09:55:00.000Z",
  end: "2026-11-24T10:00:00.000Z",
  knownAt: "2026-11-24T10:02:00.000Z",
  revision: 0,
  final: false
}

const judged = {
  quality: {
    index: 80.5,
    confidence: 0.84,
    parts: [
      { name: "air", index: 73.6, weight: 0.3, contribution: -8.3, confidence: 0.67, detail: "NO₂ 15 µg/m³: fair" },
      {
        name: "traffic",
        index: 90.5,
        weight: 0.25,
        contribution: -2.3,
        confidence: 0.98,
        detail: "90 % of free-flow speed: good"
      },
      {
        name: "public_transport",
        index: 100,
        weight: 0.25,
        contribution: 0,
        confidence: 0.94,
        detail: "100 % on time: good"
      },
      { name: "noise", index: 60.9, weight: 0.2, contribution: -8.9, confidence: 0.8, detail: "60 dB by day: fair" }
    ],
    sentence: "Noise pulls it down most: 60 dB by day is fair; then air (NO₂ 15 µg/m³: fair)."
  },
  properties: [
    { property: "no2", unit: "ug/m3", mean: 14.8, sensors: 2 },
    { property: "noise", unit: "dB", mean: 59.8, sensors: 4 }
  ],
  incidents: 0
} as const

export const stateExample: DistrictState = { district: DistrictId.make("kallio"), name: "Kallio", ...step, ...judged }

export const districtExample: DistrictView = {
  id: DistrictId.make("kallio"),
  name: "Kallio",
  centre: { type: "Point", coordinates: [Longitude.make(24.967), Latitude.make(60.18)] },
  areaSquareMetres: SquareMetres.make(7_518_338),
  bounds: [Longitude.make(24.933), Latitude.make(60.165), Longitude.make(25.001), Latitude.make(60.193)],
  ...judged,
  ...step
}

/** Not that of Kallio, which is longer. */
export const outlineExample = {
  type: "MultiPolygon",
  coordinates: [[[[24.933, 60.165], [25.001, 60.165], [24.967, 60.193], [24.933, 60.165]]]]
} as const
