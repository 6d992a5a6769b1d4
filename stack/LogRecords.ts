/** Reads a shard of a log whole, from its first record to its last: what is judged by a log must be judged by all of it. */
import { Effect } from "effect"
import type { LogRecord, ShardedLog } from "../src/ports/ShardedLog.ts"

const takeBytes = 1024 * 1024

/** Dies where the log has dropped records: it was too small for the run, or it was emptied. */
export const everyRecord = Effect.fnUntraced(function*(
  log: ShardedLog,
  shard: number,
  visit: (record: LogRecord) => void
) {
  const { first, last } = yield* log.bounds(shard)
  if (first > 1) {
    return yield* Effect.die(new Error(`shard ${shard} of ${log.identity.id} begins at ${first}: give it a larger limit`))
  }
  const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
  for (let at = 0; at < last;) {
    for (const record of yield* feed.take(takeBytes)) {
      visit(record)
      at = record.sequence
    }
  }
}, Effect.scoped)
