/**
 * The shape of a district as GeoJSON has it (RFC 7946 §3.1.6, §3.1.7), and what is wrong with one that is none. Promise: an
 * outline that is accepted has closed rings of at least four positions in range, with an area, none over the antimeridian, and
 * holes inside their polygon; either winding is taken (RFC 7946 §3.1.6). Edges may cross: `DistrictCrossings.ts` finds them.
 */

export type Position = readonly [longitude: number, latitude: number]
export type Ring = ReadonlyArray<Position>
/** The outer ring, then its holes. */
export type Polygon = ReadonlyArray<Ring>
export type Outline = ReadonlyArray<Polygon>

/** Places are decided on the grid on which the log keeps them: 10⁻⁷ degrees, about a centimetre. */
export const gridOf = (degrees: number): number => Math.round(degrees * 1e7)

/** The polygons of a geometry, or the end of a sentence that starts with the feature. */
export const readOutline = (geometry: unknown): Outline | string => {
  if (geometry === null || geometry === undefined) return "has no geometry: give it a Polygon or MultiPolygon"
  const { coordinates, type } = geometry as { readonly type?: unknown; readonly coordinates?: unknown }
  if (type !== "Polygon" && type !== "MultiPolygon") {
    return `has a geometry of type ${JSON.stringify(type) ?? "none"}: a district is a Polygon or a MultiPolygon`
  }
  const polygons: unknown = type === "Polygon" ? [coordinates] : coordinates
  if (!Array.isArray(polygons) || polygons.length === 0) return "has a MultiPolygon without a polygon in it"
  for (let i = 0; i < polygons.length; i++) {
    const problem = polygonProblem(polygons[i])
    if (problem !== undefined) return `has a bad ${polygons.length === 1 ? "polygon" : `polygon ${i}`}: ${problem}`
  }
  return polygons as Outline
}

const polygonProblem = (polygon: unknown): string | undefined => {
  if (!Array.isArray(polygon) || polygon.length === 0) return "it has no ring"
  for (let i = 0; i < polygon.length; i++) {
    const problem = ringProblem(polygon[i])
    if (problem !== undefined) return `ring ${i} ${problem}`
  }
  const rings = polygon as Polygon
  const outside = holeOutside(rings)
  return outside === undefined ? undefined : `a hole lies outside it at ${shownPosition(outside)}`
}

const ringProblem = (ring: unknown): string | undefined => {
  if (!Array.isArray(ring)) return "is no array of positions"
  for (let i = 0; i < ring.length; i++) {
    const problem = positionProblem(ring[i])
    if (problem !== undefined) return `position ${i} ${problem}`
  }
  const positions = ring as Ring
  if (positions.length < 4) return `has ${positions.length} positions: at least 4, the last one equal to the first`
  const first = positions[0] as Position
  const last = positions[positions.length - 1] as Position
  if (first[0] !== last[0] || first[1] !== last[1]) {
    return `is not closed: it starts at ${shownPosition(first)} and ends at ${shownPosition(last)}`
  }
  for (let i = 1; i < positions.length; i++) {
    const [from, to] = [positions[i - 1] as Position, positions[i] as Position]
    if (Math.abs(from[0] - to[0]) > 180) {
      return `crosses the antimeridian at position ${i}: cut it at 180° into a MultiPolygon (RFC 7946 §3.1.9)`
    }
  }
  return gridArea(positions) === 0
    ? `has no area, at ${shownPosition(first)}: its positions lie on one line, or its loops cancel out`
    : undefined
}

const positionProblem = (position: unknown): string | undefined => {
  if (!Array.isArray(position) || position.length < 2) return "is no [longitude, latitude]"
  const [longitude, latitude]: ReadonlyArray<unknown> = position
  if (!Number.isFinite(longitude) || !Number.isFinite(latitude)) {
    return `is ${shownPosition(position)}: longitude and latitude are two numbers`
  }
  const [x, y] = [Math.abs(longitude as number), Math.abs(latitude as number)]
  if (x <= 180 && y <= 90) return undefined
  if (x > 360 || y > 180) {
    return `is ${shownPosition(position)}: metres are no degrees, convert the file to EPSG:4326 (longitude, latitude)`
  }
  if (x <= 90 && y <= 180) return `is ${shownPosition(position)}: the longitude comes first`
  return `is ${shownPosition(position)}: longitude goes from -180 to 180, latitude from -90 to 90`
}

/** Twice the area on the grid, shifted to the ring's start so that small rings keep their digits. */
const gridArea = (ring: Ring): number => {
  const [x0, y0] = [gridOf(ring[0]?.[0] ?? 0), gridOf(ring[0]?.[1] ?? 0)]
  let sum = 0
  for (let i = 1; i < ring.length; i++) {
    const [from, to] = [ring[i - 1] as Position, ring[i] as Position]
    sum += (gridOf(from[0]) - x0) * (gridOf(to[1]) - y0) - (gridOf(to[0]) - x0) * (gridOf(from[1]) - y0)
  }
  return sum
}

/** About a second; of larger polygons not every position of the holes is looked at. */
const holeChecksMax = 100_000_000

/** A position of a hole that is neither in the outer ring nor on it. */
const holeOutside = ([outer, ...holes]: Polygon): Position | undefined => {
  if (outer === undefined || holes.length === 0) return undefined
  const positions = holes.reduce((sum, hole) => sum + hole.length, 0)
  const every = Math.ceil(outer.length * positions / holeChecksMax)
  for (const hole of holes) {
    const outside = hole.find(([x, y], i) => i % every === 0 && !isInside(outer, x, y) && !isOn(outer, x, y))
    if (outside !== undefined) return outside
  }
  return undefined
}

const isInside = (ring: Ring, x: number, y: number): boolean => {
  let inside = false
  for (let i = 1; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1] as Position, ring[i] as Position]
    if ((y1 > y) !== (y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)) inside = !inside
  }
  return inside
}

/** Within half a step of the grid of an edge. */
const isOn = (ring: Ring, x: number, y: number): boolean => {
  for (let i = 1; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1] as Position, ring[i] as Position]
    const [dx, dy] = [x2 - x1, y2 - y1]
    const length = dx * dx + dy * dy
    const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length))
    if (Math.hypot(x - x1 - along * dx, y - y1 - along * dy) < 0.5e-7) return true
  }
  return false
}

export const shownPosition = (position: ReadonlyArray<unknown>): string =>
  `[${position.slice(0, 2).map((part) => JSON.stringify(part)).join(", ")}]`
