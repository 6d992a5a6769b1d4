/** The districts of the simulated city as GeoJSON: Voronoi cells of their centres within the outline. The same for every seed. */
import { districtCentres, outline } from "./HelsinkiMap.ts"
import { distance, type LonLat, type Metres, toLonLat, toMetres } from "./Plane.ts"
import { voronoiCells } from "./Voronoi.ts"

interface DistrictFeatures {
  readonly type: "FeatureCollection"
  readonly features: ReadonlyArray<{
    readonly type: "Feature"
    readonly id: string
    readonly properties: { readonly id: string; readonly name: string }
    readonly geometry: { readonly type: "Polygon"; readonly coordinates: ReadonlyArray<ReadonlyArray<LonLat>> }
  }>
}

const centres: ReadonlyArray<Metres> = districtCentres.map(([, , centre]) => toMetres(centre))

/** GeoJSON (RFC 7946) with `id` and `properties.name`, for whoever places observations. */
export const districtShapes = (): DistrictFeatures => {
  const cells = voronoiCells(centres, outline.map(toMetres))
  return {
    type: "FeatureCollection",
    features: districtCentres.map(([id, name], n) => {
      const ring = (cells[n] ?? []).map(toLonLat)
      return {
        type: "Feature" as const,
        id,
        properties: { id, name },
        geometry: { type: "Polygon" as const, coordinates: [[...ring, ...ring.slice(0, 1)]] }
      }
    })
  }
}

/** Number of the district whose centre is nearest: the one whose cell holds the place. */
export const nearestDistrict = (place: Metres): number => {
  let nearest = 0
  for (let n = 1; n < centres.length; n++) {
    if (distance(place, centres[n] as Metres) < distance(place, centres[nearest] as Metres)) nearest = n
  }
  return nearest
}

/** All observations of fixed sensors of this district come late. */
export const lateDistrict = districtCentres.findIndex(([id]) => id === "lauttasaari")
