/**
 * Writes what time it is into the log of every shard of this process while the city is live, about once a second, all shards
 * in one append. A replay writes its own ticks from event time instead. A late or double tick is harmless.
 */
import { Clock, Duration, Effect } from "effect"
import { ObservationLog } from "../ports/ShardedLog.ts"
import { encodeTick } from "../schemas/Records.ts"
import { LocalShards } from "./LocalShards.ts"

export const tickInterval = Duration.seconds(1)

/** Runs until interrupted; a full or unavailable log only delays the next tick, and is told once. */
export const tickWhileLive = Effect.gen(function*() {
  const log = yield* ObservationLog
  const local = yield* LocalShards
  let isRefused = false
  while (true) {
    const payload = encodeTick(yield* Clock.currentTimeMillis)
    const here = Array.from(local.entries()).filter(([, entry]) => entry.state === "ready")
    if (here.length > 0) {
      const refusal = yield* log.append(here.map(([shard]) => ({ shard, payload }))).pipe(
        Effect.as(undefined),
        Effect.catch((error) => Effect.succeed(error.message))
      )
      if (refusal !== undefined && !isRefused) yield* Effect.logWarning(`time stands still in the log: ${refusal}`)
      if (refusal === undefined && isRefused) yield* Effect.logInfo("time goes on in the log")
      isRefused = refusal !== undefined
    }
    yield* Effect.sleep(tickInterval)
  }
})
