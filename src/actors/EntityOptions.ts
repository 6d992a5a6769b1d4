/** How all entities are run: they only read, so a fault in one answer is no reason to stop, and idle ones go. */
import { Duration } from "effect"

export const entityOptions = {
  maxIdleTime: Duration.seconds(30),
  disableFatalDefects: true,
  concurrency: "unbounded"
} as const
