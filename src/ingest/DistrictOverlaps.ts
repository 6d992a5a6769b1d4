/**
 * Which districts overlap, and by how much: parallels are laid over the part of the map that two districts share, and the
 * stretches that lie in both are added up. For a warning at start, not for placing.
 */
import { areaOf, boundsOf, stripArea } from "./DistrictMeasures.ts"
import type { Outline, Position } from "./DistrictOutline.ts"

export interface Overlap {
  /** Numbers in the list; `smaller` is the one that gets the places. */
  readonly smaller: number
  readonly larger: number
  /** Of the smaller one, 0 to 1. */
  readonly share: number
}

export interface Overlaps {
  readonly found: ReadonlyArray<Overlap>
  /** False where the map is too crowded to look at every pair. */
  readonly isComplete: boolean
}

/** Borders drawn twice rarely agree to the centimetre: less than this share of the smaller district is no overlap. */
const overlapShareMin = 0.001

const linesPerPair = 64
const pairsMax = 50_000

/** `outlines` in order of precedence: of two, the first gets the places. */
export const findOverlaps = (outlines: ReadonlyArray<Outline>): Overlaps => {
  const shapes = outlines.map((outline, number) => ({
    number,
    bounds: boundsOf(outline),
    edges: edgesOf(outline),
    area: areaOf(outline)
  })).sort((one, other) => one.bounds[0] - other.bounds[0])
  const found: Array<Overlap> = []
  let pairs = 0
  for (let i = 0; i < shapes.length; i++) {
    const one = shapes[i] as (typeof shapes)[number]
    for (let j = i + 1; j < shapes.length; j++) {
      const other = shapes[j] as (typeof shapes)[number]
      if (other.bounds[0] >= one.bounds[2]) break
      const south = Math.max(one.bounds[1], other.bounds[1])
      const north = Math.min(one.bounds[3], other.bounds[3])
      if (south >= north) continue
      if (++pairs > pairsMax) return { found, isComplete: false }
      const [smaller, larger] = one.number < other.number ? [one, other] : [other, one]
      const share = sharedArea(one.edges, other.edges, south, north) / Math.min(one.area, other.area)
      if (share >= overlapShareMin) {
        found.push({ smaller: smaller.number, larger: larger.number, share: Math.min(1, share) })
      }
    }
  }
  return { found: found.sort((one, other) => other.share - one.share), isComplete: true }
}

type Edge = readonly [from: Position, to: Position]

/** By polygon, as the polygons of a district may touch. */
const edgesOf = (outline: Outline): ReadonlyArray<ReadonlyArray<Edge>> =>
  outline.map((polygon) =>
    polygon.flatMap((ring) => ring.slice(1).map((to, i): Edge => [ring[i] as Position, to])).filter(([a, b]) =>
      a[1] !== b[1]
    )
  )

/** About the area in m² which two outlines share between two parallels. */
const sharedArea = (
  one: ReadonlyArray<ReadonlyArray<Edge>>,
  other: ReadonlyArray<ReadonlyArray<Edge>>,
  south: number,
  north: number
): number => {
  const step = (north - south) / linesPerPair
  const [stretches, otherStretches] = [stretchesOf(one, south, step), stretchesOf(other, south, step)]
  let sum = 0
  for (let line = 0; line < linesPerPair; line++) {
    const y = south + line * step
    sum += stripArea(sharedLength(stretches[line] ?? [], otherStretches[line] ?? []), y, y + step)
  }
  return sum
}

/** For each parallel where it is inside: west, east, west, east, …, polygon by polygon. */
const stretchesOf = (
  polygons: ReadonlyArray<ReadonlyArray<Edge>>,
  south: number,
  step: number
): ReadonlyArray<ReadonlyArray<number>> => {
  const all: ReadonlyArray<Array<number>> = Array.from({ length: linesPerPair }, () => [])
  for (const edges of polygons) {
    const crossings: ReadonlyArray<Array<number>> = Array.from({ length: linesPerPair }, () => [])
    for (const [[x1, y1], [x2, y2]] of edges) {
      const first = Math.max(0, Math.floor((Math.min(y1, y2) - south) / step - 0.5))
      const last = Math.min(linesPerPair - 1, Math.ceil((Math.max(y1, y2) - south) / step - 0.5))
      for (let line = first; line <= last; line++) {
        const y = south + (line + 0.5) * step
        if ((y1 > y) !== (y2 > y)) crossings[line]?.push(x1 + (y - y1) / (y2 - y1) * (x2 - x1))
      }
    }
    for (const [line, found] of crossings.entries()) {
      for (const x of found.sort((west, east) => west - east)) all[line]?.push(x)
    }
  }
  return all
}

const sharedLength = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): number => {
  let sum = 0
  for (let i = 1; i < one.length; i += 2) {
    for (let j = 1; j < other.length; j += 2) {
      const from = Math.max(one[i - 1] as number, other[j - 1] as number)
      sum += Math.max(0, Math.min(one[i] as number, other[j] as number) - from)
    }
  }
  return sum
}
