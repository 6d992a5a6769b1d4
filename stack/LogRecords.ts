/** Reads a shard of a log whole, from its first record to its last: what is judged by a log must be judged by all of it. */
import { Effect, Schema } from "effect"
import type { LogRecord, ShardedLog } from "../src/ports/ShardedLog.ts"

const takeBytes = 1024 * 1024

/** A log that has dropped records cannot be judged by: it was too small for the run, or it was emptied. */
export class LogIncomplete extends Schema.TaggedError<LogIncomplete>()("LogIncomplete", {
  log: Schema.String,
  first: Schema.Int
}) {
  override get message(): string {
    return `${this.log} begins at ${this.first}: what was before is gone, so it cannot be judged by; was it too small, or purged?`
  }
}

export const everyRecord = Effect.fnUntraced(function*(
  log: ShardedLog,
  shard: number,
  visit: (record: LogRecord) => void
) {
  const { first, last } = yield* log.bounds(shard)
  if (first > 1) return yield* new LogIncomplete({ log: `shard ${shard} of ${log.identity.id}`, first })
  const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
  for (let at = 0; at < last;) {
    for (const record of yield* feed.take(takeBytes)) {
      visit(record)
      at = record.sequence
    }
  }
}, Effect.scoped)
