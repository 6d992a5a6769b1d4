/** How long something took or may still take. Promise: the same whatever is done to the wall clock meanwhile. */
import type { Clock } from "effect"

/** Milliseconds since some moment; only differences mean anything. */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
