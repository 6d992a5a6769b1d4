/** Maps for tests, and what lies where by brute force: whole-number arithmetic of any size over every edge. */
import type { Piece } from "../../src/ingest/DistrictIndex.ts"

export type Corner = readonly [number, number]

export const feature = (properties: object, coordinates: unknown, rest: object = {}) => ({
  type: "Feature",
  properties,
  geometry: { type: "Polygon", coordinates },
  ...rest
})

export const map = (features: ReadonlyArray<unknown>, rest: object = {}): string =>
  JSON.stringify({ type: "FeatureCollection", features, ...rest })

/** A closed ring around a rectangle. */
export const box = (west: number, south: number, east: number, north: number): ReadonlyArray<Corner> => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south]
]

/** The district of a place on the grid by the rule of docs/districts.md; −1 outside all. */
export const districtByBruteForce = (pieces: ReadonlyArray<Piece>, x: number, y: number): number =>
  pieces.find(({ rings }) => isInside(rings, x, y))?.district ?? -1

const isInside = (rings: ReadonlyArray<Int32Array>, x: number, y: number): boolean => {
  const [px, py] = [BigInt(x), BigInt(y)]
  let inside = false
  for (const ring of rings) {
    const at = (i: number): bigint => BigInt(ring[i] ?? 0)
    for (let i = 2; i < ring.length; i += 2) {
      const [x1, y1, x2, y2] = [at(i - 2), at(i - 1), at(i), at(i + 1)]
      const side = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
      const isBeside = px >= min(x1, x2) && px <= max(x1, x2) && py >= min(y1, y2) && py <= max(y1, y2)
      if (side === 0n && isBeside) return true
      // A ray to the east meets an edge that goes up from below it (or on it) to above it, to the east of the place.
      if (y1 <= py && y2 > py && side > 0n) inside = !inside
      if (y2 <= py && y1 > py && side < 0n) inside = !inside
    }
  }
  return inside
}

const min = (a: bigint, b: bigint): bigint => a < b ? a : b
const max = (a: bigint, b: bigint): bigint => a > b ? a : b
