/**
 * Do edges of a polygon cross? Such a map is used, as the even-odd rule says for each place whether it is inside, but the
 * start warns. Only a proper crossing counts (each edge passes from one side of the other to its other side, beyond rounding):
 * rings that touch themselves or each other are common in official maps.
 */
import type { Polygon, Position } from "./DistrictOutline.ts"

/** Pairs of edges looked at: about a second. A polygon of this size with this many long edges is no district. */
const pairsMax = 200_000_000

interface Edge {
  readonly a: Position
  readonly b: Position
  readonly minX: number
  readonly maxX: number
}

/** About where two edges cross, or `undefined` where none do. */
export const findCrossing = (rings: Polygon): Position | undefined => {
  const edges = rings.flatMap((ring) =>
    ring.slice(1).map((b, i): Edge => {
      const a = ring[i] as Position
      return { a, b, minX: Math.min(a[0], b[0]), maxX: Math.max(a[0], b[0]) }
    })
  ).sort((one, other) => one.minX - other.minX)
  let pairs = 0
  for (let i = 0; i < edges.length; i++) {
    const one = edges[i] as Edge
    for (let j = i + 1; j < edges.length; j++) {
      const other = edges[j] as Edge
      if (other.minX > one.maxX) break
      if (++pairs > pairsMax) return undefined
      if (cross(one, other)) return crossingOf(one, other)
    }
  }
  return undefined
}

const cross = (one: Edge, other: Edge): boolean => {
  const { a, b } = one
  const { a: c, b: d } = other
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0
}

/** On which side of the line from `a` to `b` a position lies: 1 left, −1 right, 0 on it or too close to tell. */
const side = (a: Position, b: Position, p: Position): number => {
  const left = (b[0] - a[0]) * (p[1] - a[1])
  const right = (b[1] - a[1]) * (p[0] - a[0])
  // 10⁻¹³ degrees² per degree of length is far below the rounding of published coordinates.
  const doubt = 1e-15 * (Math.abs(left) + Math.abs(right)) + 1e-13 * (Math.abs(b[0] - a[0]) + Math.abs(b[1] - a[1]))
  const difference = left - right
  return difference > doubt ? 1 : difference < -doubt ? -1 : 0
}

const crossingOf = ({ a, b }: Edge, { a: c, b: d }: Edge): Position => {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]]
  const t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / (rx * sy - ry * sx)
  return [rounded(a[0] + t * rx), rounded(a[1] + t * ry)]
}

const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6
