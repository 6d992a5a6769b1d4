/**
 * A commit to a store that may be away for a moment, as a server is that restarts. Promise: the same commit is given again until it is done
 * or not waited for any more, and the log of the process says so once; the state of the shard stands still meanwhile, and is shown.
 */
import { Clock, Effect } from "effect"
import type { Commit, Fenced, ShardStore, StoreUnavailable } from "../ports/ShardStore.ts"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"
import type { ProcessorEntry } from "./ProcessorEntries.ts"

/** From one attempt to the next. */
const retryMillis = 250

export const patientCommit = Effect.fnUntraced(function*(
  store: ShardStore["Service"],
  commit: Commit,
  entry: ProcessorEntry,
  isWaitedFor: (awayMillis: number) => boolean
) {
  const clock = yield* Clock.Clock
  const { detail } = entry
  const startedAt = monotonicMillis(clock)
  let attempts = 0
  const again = (error: Fenced | StoreUnavailable): Effect.Effect<boolean> =>
    Effect.gen(function*() {
      if (error._tag === "Fenced" || !isWaitedFor(monotonicMillis(clock) - startedAt)) return false
      attempts++
      entry.detail = `waits for the store: ${error.message}`
      if (attempts === 1) yield* Effect.logWarning(`commits wait for the store: ${error.message}`)
      yield* Effect.sleep(retryMillis)
      return true
    })
  yield* Effect.retry(store.commit(commit), { while: again })
  if (attempts === 0) return
  entry.detail = detail
  yield* Effect.logInfo(`commits go on after ${((monotonicMillis(clock) - startedAt) / 1000).toFixed(1)} s`)
}, (effect, _store, { shard, stage }) => Effect.annotateLogs(effect, { stage, shard }))
