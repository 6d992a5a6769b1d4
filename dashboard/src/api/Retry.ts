/** How long to wait before asking again. Pure. */
const pauseMillisMax = 15_000

/** 0.5, 1, 2 … 15 s: for the `attempt`th failure, from 0. */
export const pauseMillis = (attempt: number): number => Math.min(pauseMillisMax, 500 * 2 ** Math.min(attempt, 10))

/** `Retry-After` in seconds (RFC 9110 §10.2.3), at most a minute; without it `undefined`. */
export const retryAfterMillis = (header: string | null): number | undefined => {
  const seconds = header === null || header.trim() === "" ? NaN : Number(header)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(60, seconds) * 1000 : undefined
}
