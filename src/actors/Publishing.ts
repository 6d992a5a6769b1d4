/**
 * Publishing what a stage found, with patience: a full log makes the shard wait until its readers have come along, and a log that
 * cannot be written for a moment is tried again before the shard is called failed.
 */
import { Duration, Effect, Schedule } from "effect"
import { LogFull, type LogUnavailable } from "../ports/ShardedLog.ts"

/** About ten seconds in all. */
const patience = { schedule: Schedule.exponential(Duration.millis(100), 2), times: 7 }

export const withPatience = <A, R>(
  publish: Effect.Effect<A, LogFull | LogUnavailable, R>
): Effect.Effect<A, LogFull | LogUnavailable, R> =>
  publish.pipe(
    Effect.tapError((error) =>
      error instanceof LogFull ? Effect.sleep(Duration.millis(error.retryAfterMillis)) : Effect.void
    ),
    Effect.retry({ while: (error) => error instanceof LogFull }),
    Effect.retry(patience)
  )
