/**
 * Helsinki as a plane: metres east and north of a point in the middle (equirectangular about its parallel; within the city
 * wrong by less than a thousandth), and lines with a length. Plain arithmetic.
 */

export type LonLat = readonly [longitude: number, latitude: number]
export type Metres = readonly [east: number, north: number]

const origin: LonLat = [24.95, 60.2]
/** IUGG mean radius R₁. */
const metresPerDegree = (6_371_008.8 * Math.PI) / 180
const metresPerDegreeEast = metresPerDegree * Math.cos((origin[1] * Math.PI) / 180)

export const toMetres = ([longitude, latitude]: LonLat): Metres => [
  (longitude - origin[0]) * metresPerDegreeEast,
  (latitude - origin[1]) * metresPerDegree
]

/** On a grid of 10⁻⁶ degrees, about a tenth of a metre. */
export const toLonLat = ([east, north]: Metres): LonLat => [
  Math.round((origin[0] + east / metresPerDegreeEast) * 1e6) / 1e6,
  Math.round((origin[1] + north / metresPerDegree) * 1e6) / 1e6
]

export const distance = (a: Metres, b: Metres): number => Math.hypot(a[0] - b[0], a[1] - b[1])

/** A line through points, by length. */
export class Polyline {
  readonly points: ReadonlyArray<Metres>
  /** In metres. */
  readonly length: number
  private readonly from: ReadonlyArray<number>

  constructor(points: ReadonlyArray<Metres>) {
    this.points = points
    const from = [0]
    for (let i = 1; i < points.length; i++) {
      from.push((from[i - 1] ?? 0) + distance(points[i - 1] as Metres, points[i] as Metres))
    }
    this.from = from
    this.length = from.at(-1) ?? 0
  }

  /** The point `metres` from its start, and within its ends. */
  at(metres: number): Metres {
    let i = 1
    while (i < this.points.length - 1 && (this.from[i] as number) < metres) i++
    const [a, b] = [this.points[i - 1] as Metres, this.points[i] as Metres]
    const start = this.from[i - 1] as number
    const span = (this.from[i] as number) - start
    const f = span === 0 ? 0 : Math.max(0, Math.min(1, (metres - start) / span))
    return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f]
  }

  /** How far a point is from the line. */
  distanceTo(point: Metres): number {
    let nearest = Infinity
    for (let i = 1; i < this.points.length; i++) {
      const [a, b] = [this.points[i - 1] as Metres, this.points[i] as Metres]
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
      const square = dx * dx + dy * dy
      const f = square === 0 ? 0 : ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square
      const clamped = Math.max(0, Math.min(1, f))
      nearest = Math.min(nearest, distance(point, [a[0] + dx * clamped, a[1] + dy * clamped]))
    }
    return nearest
  }
}
