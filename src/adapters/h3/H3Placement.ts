/**
 * Places by the cells of H3 (a hierarchical hexagonal grid of the earth, h3geo.org), for a city without a map of districts:
 * the district of a place is the cell it lies in. Promise: every place has one; the same resolution gives the same version.
 */
import { cellToBoundary, isValidCell, latLngToCell } from "h3-js"
import type { OutlineCoordinates } from "../../ports/DistrictMap.ts"
import { districtSetVersion } from "../../schemas/District.ts"

/** On the log's grid of 10⁻⁷ degrees, so that the district of a location read from the log is the same. */
const onGrid = (degrees: number): number => Math.round(degrees * 1e7) / 1e7

/** `resolution`: 0 (cells of 4.4 million km²) to 15 (0.9 m²); 7: 5.2 km², 8: 0.7 km². */
export const h3Placement = (resolution: number): {
  readonly version: number
  readonly districtOf: (longitude: number, latitude: number) => string
} => ({
  version: districtSetVersion(new TextEncoder().encode(`h3:${resolution}`)),
  districtOf: (longitude, latitude) => latLngToCell(onGrid(latitude), onGrid(longitude), resolution)
})

/** The outline of a cell, closed; `undefined` where the id is no cell. */
export const h3Outline = (id: string): OutlineCoordinates | undefined =>
  isValidCell(id)
    ? [[cellToBoundary(id, true).map(([longitude, latitude]) => [longitude, latitude] as const)]]
    : undefined
