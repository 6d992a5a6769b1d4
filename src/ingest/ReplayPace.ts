/** How fast recorded or simulated time passes. */
import type { Clock } from "effect"

/** How long to wait before what happened then, in milliseconds, so that event time passes `speed` times as fast as the clock. */
export const makePace = (clock: Clock.Clock, speed: number | "max"): (eventTime: number) => number => {
  if (speed === "max") return () => 0
  let first: { readonly event: number; readonly wall: number } | undefined = undefined
  return (eventTime) => {
    const now = clock.currentTimeMillisUnsafe()
    first ??= { event: eventTime, wall: now }
    return first.wall + (eventTime - first.event) / speed - now
  }
}
