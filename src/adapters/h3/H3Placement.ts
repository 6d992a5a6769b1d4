/**
 * Places by the cells of H3 (a hierarchical hexagonal grid of the earth, h3geo.org), for a city without a map of districts:
 * the district of a place is the cell it lies in. Promise: every place has one; the same resolution gives the same version.
 */
import { cellArea, cellToBoundary, cellToLatLng, isValidCell, latLngToCell } from "h3-js"
import { type District, districtSetVersion, SquareMetres } from "../../schemas/District.ts"
import { DistrictId } from "../../schemas/Identifiers.ts"
import { Latitude, Longitude } from "../../schemas/Quantities.ts"

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

/** What is known of a cell by its id; `undefined` where that is no cell. */
export const h3District = (id: string): District | undefined => {
  if (!isValidCell(id)) return undefined
  const [latitude, longitude] = cellToLatLng(id)
  const outline = cellToBoundary(id, true) as ReadonlyArray<readonly [number, number]>
  const [longitudes, latitudes] = [outline.map(([x]) => x), outline.map(([, y]) => y)]
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)]
  return {
    id: DistrictId.make(id),
    name: id,
    centre: { type: "Point", coordinates: [Longitude.make(longitude), Latitude.make(latitude)] },
    areaSquareMetres: SquareMetres.make(cellArea(id, "m2")),
    bounds: [
      Longitude.make(west),
      Latitude.make(Math.min(...latitudes)),
      Longitude.make(east),
      Latitude.make(Math.max(...latitudes))
    ]
  }
}

/** GeoJSON MultiPolygon coordinates of a cell, closed; none where the id is no cell. */
export const h3Outline = (id: string): ReadonlyArray<ReadonlyArray<ReadonlyArray<readonly [number, number]>>> =>
  isValidCell(id) ? [[cellToBoundary(id, true) as ReadonlyArray<readonly [number, number]>]] : []
