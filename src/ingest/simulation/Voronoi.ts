/**
 * Shapes of districts from their centres: Voronoi cells, cut at the outline of the city. Promise: neighbouring cells share
 * their corners bit for bit, so there is no gap and no overlap: a corner is computed from what meets there (three
 * centres, or two centres and an edge of the outline, in a fixed order), never from the cell it is computed for.
 */
import type { Metres } from "./Plane.ts"

/** A half plane's border: between two centres, or along an edge of the outline; numbers of centres or −1 − edge. */
type Border = number

interface Corner {
  readonly at: Metres
  /** Border of the edge that starts here. */
  readonly border: Border
}

/** The cell of each centre, anticlockwise, not closed. `outline` is anticlockwise. */
export const voronoiCells = (
  centres: ReadonlyArray<Metres>,
  outline: ReadonlyArray<Metres>
): ReadonlyArray<ReadonlyArray<Metres>> =>
  centres.map((_, own) => {
    let cell: ReadonlyArray<Corner> = outline.map((at, edge) => ({ at, border: -1 - edge }))
    for (let other = 0; other < centres.length; other++) {
      if (other !== own) cell = cut(cell, own, other, centres, outline)
    }
    return cell.map(({ at }) => at)
  })

/** What of a cell is nearer to `own` than to `other` (Sutherland & Hodgman 1974, with exact names for corners). */
const cut = (
  cell: ReadonlyArray<Corner>,
  own: number,
  other: number,
  centres: ReadonlyArray<Metres>,
  outline: ReadonlyArray<Metres>
): ReadonlyArray<Corner> => {
  const kept: Array<Corner> = []
  for (let i = 0; i < cell.length; i++) {
    const [here, next] = [cell[i] as Corner, cell[(i + 1) % cell.length] as Corner]
    const isIn = nearer(here.at, centres[own] as Metres, centres[other] as Metres)
    const nextIsIn = nearer(next.at, centres[own] as Metres, centres[other] as Metres)
    if (isIn) kept.push(here)
    if (isIn === nextIsIn) continue
    const at = here.border < 0
      ? onOutline(-1 - here.border, own, other, centres, outline)
      : circumcentre([own, other, here.border].sort((a, b) => a - b).map((n) => centres[n] as Metres))
    kept.push({ at, border: isIn ? other : here.border })
  }
  return kept
}

const square = (a: Metres, b: Metres): number => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2

const nearer = (point: Metres, own: Metres, other: Metres): boolean => square(point, own) <= square(point, other)

/** Where an edge of the outline is as far from one centre as from another. */
const onOutline = (
  edge: number,
  own: number,
  other: number,
  centres: ReadonlyArray<Metres>,
  outline: ReadonlyArray<Metres>
): Metres => {
  const [p, q] = [outline[edge] as Metres, outline[(edge + 1) % outline.length] as Metres]
  const [a, b] = [centres[Math.min(own, other)] as Metres, centres[Math.max(own, other)] as Metres]
  const [fromP, fromQ] = [square(p, a) - square(p, b), square(q, a) - square(q, b)]
  const f = fromP / (fromP - fromQ)
  return [p[0] + (q[0] - p[0]) * f, p[1] + (q[1] - p[1]) * f]
}

const circumcentre = (corners: ReadonlyArray<Metres>): Metres => {
  const [[ax, ay], [bx, by], [cx, cy]] = corners as readonly [Metres, Metres, Metres]
  const [dx, dy, ex, ey] = [bx - ax, by - ay, cx - ax, cy - ay]
  const d = 2 * (dx * ey - dy * ex)
  const [b2, c2] = [dx * dx + dy * dy, ex * ex + ey * ey]
  return [ax + (ey * b2 - dy * c2) / d, ay + (dx * c2 - ex * b2) / d]
}
