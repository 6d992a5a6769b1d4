/**
 * Where vehicles are drawn between two reports of their place. Pure. A vehicle glides from where it is drawn to where it was
 * reported, over the time between its last two reports, so that it moves evenly a report behind. What jumps (a new trip, a
 * place that was lost) is put there at once.
 */
export type LonLat = readonly [longitude: number, latitude: number]

export interface Glide {
  readonly from: LonLat
  readonly to: LonLat
  /** Ms of a monotonic clock. */
  readonly startedAt: number
  readonly millis: number
  /** Epoch ms of the report it glides to. */
  readonly reportedAt: number
}

const millisMin = 1_000
const millisMax = 15_000
/** Faster than this (m/s) nothing drives in a city: the vehicle was somewhere else in between. */
const speedMax = 60

/** Metres between two places, on a plane: for distances within a city. */
export const metresBetween = (a: LonLat, b: LonLat): number => {
  const metresPerDegree = 111_195
  const east = (b[0] - a[0]) * metresPerDegree * Math.cos(((a[1] + b[1]) / 2) * Math.PI / 180)
  return Math.hypot(east, (b[1] - a[1]) * metresPerDegree)
}

export const placeAt = ({ from, millis, startedAt, to }: Glide, now: number): LonLat => {
  const share = millis <= 0 ? 1 : Math.min(1, Math.max(0, (now - startedAt) / millis))
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
}

/** The glide after a report; the same one when the report is not newer. */
export const glideTo = (before: Glide | undefined, to: LonLat, reportedAt: number, now: number): Glide => {
  const still = { from: to, to, startedAt: now, millis: 0, reportedAt }
  if (before === undefined) return still
  if (reportedAt <= before.reportedAt) return before
  const millis = reportedAt - before.reportedAt
  const from = placeAt(before, now)
  const isJump = metresBetween(from, to) > speedMax * millis / 1000
  return isJump
    ? still
    : { from, to, startedAt: now, millis: Math.min(millisMax, Math.max(millisMin, millis)), reportedAt }
}
