/**
 * A bound on stopping. Promise: a process that was told to stop is gone in time, whatever a server it waits for does, and says what was
 * still at work; what it could not commit is in the log, and whoever takes its shards over applies it.
 */
import { Duration, Effect } from "effect"
import type { ShardStatus } from "../actors/ShardStatusProtocol.ts"

/** Beside the time in which it says that it drains. Orchestrators kill after 30 s. */
export const stopTimeout = Duration.seconds(20)

const namedMax = 5

const atWork = (statuses: ReadonlyArray<ShardStatus>): string => {
  const named = statuses.slice(0, namedMax).map(({ detail, shard, stage }) => `${stage} shard ${shard} (${detail})`)
  const more = statuses.length > namedMax ? [`${statuses.length - namedMax} more`] : []
  return statuses.length === 0 ? "No shard is at work any more" : `Still at work: ${[...named, ...more].join(", ")}`
}

/** The answer of somebody who asks servers may never come. */
const answerMillis = 1_000

/** Counts from the moment at which the scope begins to close. `statuses`: of the shards that have not ended yet. */
export const endsWithin = (limit: Duration.Duration, statuses: Effect.Effect<ReadonlyArray<ShardStatus>>) =>
  Effect.addFinalizer(() =>
    Effect.sync(() => {
      const end = async (): Promise<never> => {
        const said = await Effect.runPromise(
          Effect.timeoutOrElse(Effect.map(statuses, atWork), {
            duration: answerMillis,
            orElse: () => Effect.succeed("What is still at work, it could not say")
          })
        )
        console.error(
          `\nvicinity: it did not stop within ${
            Duration.format(limit)
          }, so it ends; others take its shards over. ${said}`
        )
        return process.exit(1)
      }
      setTimeout(() => void end(), Duration.toMillis(limit)).unref()
    })
  )
