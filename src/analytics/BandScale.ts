/**
 * Six bands as a scale: the edges of a published classification are 100, 80, 60, 40, 20 and 0 points, straight lines
 * between, flat outside (the last band is open and has 0). So what a source calls one class has 20 points, whatever it
 * measures. Promise: a worse value never has more points.
 */

/** From best to worst, strictly rising (more is worse) or strictly falling (less is worse). */
export type BandEdges = readonly [number, number, number, number, number, number]

/** Points at the edges. */
const edgePoints = [100, 80, 60, 40, 20, 0] as const

/** Names of the bands, best first: those of the European Air Quality Index, used for every part. */
export const bandNames = ["good", "fair", "moderate", "poor", "very poor", "extremely poor"] as const

/** Which of the six bands holds a value, 0 the best. An edge belongs to the better band. */
export const bandOf = (edges: BandEdges, value: number): number => {
  const falling = edges[5] < edges[0]
  for (let band = 0; band < 5; band++) {
    const edge = edges[band + 1] ?? NaN
    if (falling ? value >= edge : value <= edge) return band
  }
  return 5
}

/** Points of a value, 0 to 100. */
export const pointsOf = (edges: BandEdges, value: number): number => {
  const band = bandOf(edges, value)
  if (band === 5) return 0
  const from = edges[band] ?? NaN
  const to = edges[band + 1] ?? NaN
  const way = Math.min(1, Math.max(0, (value - from) / (to - from)))
  return edgePoints[0] - 20 * (band + way)
}

/** The band in which so many points are. */
export const bandOfPoints = (points: number): number => bandOf(edgePoints, points)

export const bandName = (band: number): string => bandNames[band] ?? ""

/** With as few decimals as leave the number in the band of the value, so that nobody reads `15: moderate` of 15.3. */
export const shown = (edges: BandEdges, value: number): string => {
  const band = bandOf(edges, value)
  for (let decimals = 0; decimals < 4; decimals++) {
    const text = value.toFixed(decimals)
    if (bandOf(edges, Number(text)) === band) return text
  }
  return value.toFixed(4)
}

/** A share in [0, 1] as a percentage; `edges` are those of the share. */
export const shownPercent = (edges: BandEdges, share: number): string => {
  const [a, b, c, d, e, f] = edges
  return `${shown([100 * a, 100 * b, 100 * c, 100 * d, 100 * e, 100 * f], 100 * share)} %`
}
