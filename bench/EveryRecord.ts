/** Reads a filled log as the shard processors do in a backlog. */
import { Effect } from "effect"
import type { ShardedLog } from "../src/ports/ShardedLog.ts"
import { shards } from "../src/schemas/Shards.ts"

const sliceBytes = 2 * 1024 * 1024

/** Calls `visit` with every record, in turns of the shards. */
export const everyRecord = Effect.fnUntraced(function*(
  log: ShardedLog,
  visit: (shard: number, payload: Uint8Array, sequence: number) => void
) {
  let left = yield* Effect.forEach(shards, (shard) =>
    Effect.gen(function*() {
      const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
      return { shard, feed, last: (yield* log.bounds(shard)).last, done: 0 }
    }))
  left = left.filter(({ last }) => last > 0)
  while (left.length > 0) {
    for (const at of left) {
      for (const { payload, sequence } of yield* at.feed.take(sliceBytes)) {
        visit(at.shard, payload, sequence)
        at.done = sequence
      }
    }
    left = left.filter(({ done, last }) => done < last)
  }
})
