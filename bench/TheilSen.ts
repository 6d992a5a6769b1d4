/**
 * The line through points that a few outliers do not bend: the median of the slopes between all pairs (Theil 1950, Sen 1968, "Estimates of
 * the regression coefficient based on Kendall's tau").
 */
import { median } from "./Rows.ts"

export interface Point {
  readonly x: number
  readonly y: number
}

/** Of y by x; NaN where all are at one x. */
export const theilSenSlope = (points: ReadonlyArray<Point>): number =>
  median(points.flatMap((a, i) => points.slice(i + 1).flatMap((b) => a.x === b.x ? [] : [(b.y - a.y) / (b.x - a.x)])))
