/** Districts as a list shows them. Pure. Promise: a district whose outline is known has bounds, also one that is a cell of a grid. */
import type { DistrictShapes, OutlineCoordinates } from "../ports/DistrictMap.ts"
import type { Bounds } from "../schemas/District.ts"
import type { DistrictView } from "../schemas/DistrictState.ts"
import { Latitude, Longitude } from "../schemas/Quantities.ts"
import type { ListedDistrict } from "./DistrictsApi.ts"
import type { Bbox } from "./Parameters.ts"

/** West, south, east, north; west > east where it crosses the antimeridian (RFC 7946 §5.2). */
export const boundsOf = (outline: OutlineCoordinates): Bounds | null => {
  const positions = outline.flat(2)
  if (positions.length === 0) return null
  const longitudes = positions.map(([longitude]) => longitude)
  const latitudes = positions.map(([, latitude]) => latitude)
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)]
  const crosses = east - west > 180
  return [
    Longitude.make(crosses ? Math.min(...longitudes.filter((x) => x > 0)) : west),
    Latitude.make(Math.min(...latitudes)),
    Longitude.make(crosses ? Math.max(...longitudes.filter((x) => x <= 0)) : east),
    Latitude.make(Math.max(...latitudes))
  ]
}

export const listed = (view: DistrictView, { outlineOf }: DistrictShapes, withOutline: boolean): ListedDistrict => {
  if (!withOutline && view.bounds !== null) return view
  const coordinates = outlineOf(view.id)
  const bounds = view.bounds ?? (coordinates === undefined ? null : boundsOf(coordinates))
  if (!withOutline) return { ...view, bounds }
  return { ...view, bounds, outline: coordinates === undefined ? null : { type: "MultiPolygon", coordinates } }
}

/** Longitudes of a span that may cross the antimeridian, as one or two that do not. */
const spans = (west: number, east: number): ReadonlyArray<readonly [number, number]> =>
  west <= east ? [[west, east]] : [[west, 180], [-180, east]]

/** Whether they have a place in common. What has no bounds is in no box. */
export const meets = ([west, south, east, north]: Bbox, bounds: Bounds | null): boolean => {
  if (bounds === null) return false
  const [w, s, e, n] = bounds
  if (s > north || n < south) return false
  return spans(west, east).some(([from, to]) => spans(w, e).some(([a, b]) => a <= to && b >= from))
}
