/**
 * A bound on stopping. Promise: a process that was told to stop is gone in time, whatever a server it waits for does; what it could not
 * commit is in the log, and whoever takes its shards over applies it.
 */
import { Duration, Effect } from "effect"

/** Beside the time in which it says that it drains. Orchestrators kill after 30 s. */
export const stopTimeout = Duration.seconds(20)

/** Counts from the moment at which the scope begins to close. */
export const endsWithin = (limit: Duration.Duration) =>
  Effect.addFinalizer(() =>
    Effect.sync(() => {
      const end = (): void => {
        console.error(
          `\nvicinity: it did not stop within ${Duration.format(limit)}, so it ends; others take its shards over`
        )
        process.exit(1)
      }
      setTimeout(end, Duration.toMillis(limit)).unref()
    })
  )
