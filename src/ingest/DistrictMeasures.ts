/** Area, bounds and a point inside of a district's outline. Plain arithmetic; edges are straight in degrees, as RFC 7946 §3.1.1 says. */
import type { Outline, Polygon, Position, Ring } from "./DistrictOutline.ts"

const radians = Math.PI / 180
/** WGS 84: semi-major axis in metres, eccentricity. */
const a = 6_378_137
const e = 0.081_819_190_842_621_5

/** q of an authalic latitude (J. P. Snyder, Map Projections: A Working Manual, USGS 1987, equation 3-12). */
const q = (latitude: number): number => {
  const s = Math.sin(latitude * radians)
  return (1 - e * e) * (s / (1 - e * e * s * s) - Math.log((1 - e * s) / (1 + e * s)) / (2 * e))
}

/** Area in m² between two parallels, over some degrees of longitude. */
export const stripArea = (degrees: number, south: number, north: number): number =>
  degrees * radians * (q(north) - q(south)) * a * a / 2

/** On the ellipsoid in m², signed by winding: trapezoids in longitude and q, which keeps areas. */
const ringArea = (ring: Ring): number => {
  let sum = 0
  for (let i = 1; i < ring.length; i++) {
    const [from, to] = [ring[i - 1] as Position, ring[i] as Position]
    sum += (to[0] - from[0]) * radians * (q(from[1]) + q(to[1])) / 2
  }
  return sum * a * a / 2
}

const polygonArea = ([outer = [], ...holes]: Polygon): number =>
  Math.max(0, Math.abs(ringArea(outer)) - holes.reduce((sum, hole) => sum + Math.abs(ringArea(hole)), 0))

/** In m²; holes do not count. */
export const areaOf = (outline: Outline): number => outline.reduce((sum, polygon) => sum + polygonArea(polygon), 0)

/** West, south, east, north. */
export const boundsOf = (outline: Outline): readonly [number, number, number, number] => {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [outer = []] of outline) {
    for (const [x, y] of outer) {
      west = Math.min(west, x)
      south = Math.min(south, y)
      east = Math.max(east, x)
      north = Math.max(north, y)
    }
  }
  return [west, south, east, north]
}

/** The centroid of the largest polygon, or, where that is not inside, the middle of the widest part at some latitude. */
export const centreOf = (outline: Outline): Position => {
  const largest = outline.toSorted((one, other) => polygonArea(other) - polygonArea(one))[0] ?? []
  const centroid = centroidOf(largest[0] ?? [])
  const here = crossingsAt(largest, centroid[1])
  const east = here.findIndex((x) => x > centroid[0])
  if (east % 2 === 1 && isClear(here, east, centroid[0])) return centroid
  const [, south, , north] = boundsOf([largest])
  let [widest, best] = [-Infinity, centroid]
  for (let step = 1; step < 32; step++) {
    const y = south + (north - south) * step / 32.1
    const crossings = crossingsAt(largest, y)
    for (let i = 1; i < crossings.length; i += 2) {
      const [west, east] = [crossings[i - 1] as number, crossings[i] as number]
      if (east - west > widest) [widest, best] = [east - west, [(west + east) / 2, y]]
    }
  }
  return best
}

/** Further than a tenth of the span from its ends: a centroid that just touches the border is no good centre. */
const isClear = (crossings: ReadonlyArray<number>, east: number, x: number): boolean => {
  const [from, to] = [crossings[east - 1] as number, crossings[east] as number]
  return Math.min(x - from, to - x) > 0.1 * (to - from)
}

/** Of the outer ring, in degrees. */
const centroidOf = (ring: Ring): Position => {
  const [x0, y0] = ring[0] ?? [0, 0]
  let [sum, x, y] = [0, 0, 0]
  for (let i = 1; i < ring.length; i++) {
    const [from, to] = [ring[i - 1] as Position, ring[i] as Position]
    const cross = (from[0] - x0) * (to[1] - y0) - (to[0] - x0) * (from[1] - y0)
    sum += cross
    x += (from[0] + to[0] - 2 * x0) * cross
    y += (from[1] + to[1] - 2 * y0) * cross
  }
  return [x0 + x / (3 * sum), y0 + y / (3 * sum)]
}

/** Longitudes at which a parallel passes the borders of a polygon, from west to east: in, out, in, out. */
const crossingsAt = (polygon: Polygon, y: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (const ring of polygon) {
    for (let i = 1; i < ring.length; i++) {
      const [[x1, y1], [x2, y2]] = [ring[i - 1] as Position, ring[i] as Position]
      if ((y1 > y) !== (y2 > y)) found.push(x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    }
  }
  return found.sort((one, other) => one - other)
}
