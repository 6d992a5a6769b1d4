/**
 * Writes what time it is into both logs of every shard of this process while the city is live, about once a second, all shards
 * in one append. A replay writes its own ticks from event time instead, into the observation log only: by those of the partials log a
 * district tells which sensor shard does not come along. While one works off a backlog there are none, because it does come along. A late
 * or double tick is harmless.
 *
 * Where the past is replayed by another process (`--ticks when-live`), this one cannot be told when that is over: a shard then gets
 * ticks while its own log has come to within a minute of the clock.
 */
import { Clock, Duration, Effect } from "effect"
import { ObservationLog, PartialsLog, type ShardedLog } from "../ports/ShardedLog.ts"
import { encodeTick } from "../schemas/Records.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { LocalShards } from "./LocalShards.ts"
import type { ProcessorEntry } from "./ProcessorEntries.ts"

const tickInterval = Duration.seconds(1)

/** How far the time of a log may be behind the clock and still be called live. */
const liveMillis = 60_000

/** Runs until interrupted; a full or unavailable log only delays the next tick, and is told once. */
const tickShards = (isLive: (logTime: number, now: number) => boolean) =>
  Effect.gen(function*() {
    const observations = yield* ObservationLog
    const partials = yield* PartialsLog
    const sensors = yield* LocalShards
    const districts = yield* LocalDistricts
    let isRefused = false
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const payload = encodeTick(now)
      const live = new Set<number>()
      for (const [shard, entry] of sensors.entries()) if (isLive(entry.sensors?.time ?? -Infinity, now)) live.add(shard)
      const refusal = yield* tick(observations, payload, live, sensors.entries()).pipe(
        Effect.andThen(isCatchingUp(observations, sensors.entries())),
        Effect.andThen((isBusy) => isBusy ? Effect.void : tick(partials, payload, live, districts.entries())),
        Effect.as(undefined),
        Effect.catch((error) => Effect.succeed(error.message))
      )
      if (refusal !== undefined && !isRefused) yield* Effect.logWarning(`time stands still in the log: ${refusal}`)
      if (refusal === undefined && isRefused) yield* Effect.logInfo("time goes on in the log")
      isRefused = refusal !== undefined
      yield* Effect.sleep(tickInterval)
    }
  })

export const tickWhileLive = tickShards(() => true)

export const tickWhenLive = tickShards((logTime, now) => logTime >= now - liveMillis)

/** Records a shard may be behind and still be called caught up: some seconds' worth. */
const behindMax = 100

/** Whether a shard is working off a backlog; one that has failed is not, and districts shall go on without it. */
const isCatchingUp = (log: ShardedLog, entries: Iterable<[number, ProcessorEntry]>): Effect.Effect<boolean> =>
  Effect.map(
    Effect.forEach(Array.from(entries), ([shard, { applied, state }]) =>
      state === "failed" || state === "refused"
        ? Effect.succeed(false)
        : Effect.map(log.bounds(shard), ({ last }) => state === "starting" || last - applied > behindMax)),
    (busy) => busy.includes(true)
  )

const tick = (
  log: ShardedLog,
  payload: Uint8Array,
  live: ReadonlySet<number>,
  entries: Iterable<[number, ProcessorEntry]>
) => {
  const here = Array.from(entries).filter(([shard, entry]) => entry.state === "ready" && live.has(shard))
  return here.length === 0 ? Effect.void : log.append(here.map(([shard]) => ({ shard, payload })))
}
