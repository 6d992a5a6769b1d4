/**
 * Sealed windows into the history. Promises: a window that is there already, unchanged, is not stored again; a changed one
 * becomes the next revision, also where one commit changes it twice; the event loop gets its turn after every chunk.
 */
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StageName, WindowColumns } from "../../ports/ShardStore.ts"
import { shardBase } from "./DatastreamIds.ts"
import { float8s, int4s, timestamps } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 2_000

// Several unnest in one SELECT list advance together and, unlike the same in FROM, are not materialized first.
const insert = `INSERT INTO vicinity.window_history
    (start, recorded_at, mean, variance, min, max, last, datastream, size_ms, count, revision)
  SELECT n.start, now(), n.mean, n.variance, n.min, n.max, n.last, n.datastream, n.size_ms, n.count,
    coalesce(o.revision + 1, 0)
  FROM (SELECT unnest($1::int4[]) AS datastream, unnest($2::int4[]) AS size_ms, unnest($3::timestamptz[]) AS start,
      unnest($4::int4[]) AS count, unnest($5::float8[]) AS mean, unnest($6::float8[]) AS variance,
      unnest($7::float8[]) AS min, unnest($8::float8[]) AS max, unnest($9::float8[]) AS last) n
  LEFT JOIN LATERAL (
    SELECT * FROM vicinity.window_history h
    WHERE h.datastream = n.datastream AND h.size_ms = n.size_ms AND h.start = n.start
    ORDER BY h.revision DESC LIMIT 1
  ) o ON true
  WHERE o.revision IS NULL
    OR (o.count, o.mean, o.variance, o.min, o.max, o.last)
      IS DISTINCT FROM (n.count, n.mean, n.variance, n.min, n.max, n.last)`

/** Open addressing over the keys of one chunk; a slot holds row + 1 of the current chunk. */
const tableSize = 8_192
const table = new Int32Array(tableSize)

/**
 * End of the chunk that starts at `from`: at most `chunkRows`, and before the first row whose window is in it already, since
 * a statement does not see the rows it inserts itself.
 */
const chunkEnd = ({ length, size, slot, start }: WindowColumns, from: number): number => {
  const limit = Math.min(length, from + chunkRows)
  table.fill(0)
  for (let i = from; i < limit; i++) {
    const minute = ((start[i] as number) / 60_000) | 0
    let at = (Math.imul(slot[i] as number, 0x9e3779b1) ^ Math.imul(minute, 0x85ebca6b) ^ (size[i] as number)) >>> 0
    for (at = (at ^ (at >>> 15)) & (tableSize - 1);; at = (at + 1) & (tableSize - 1)) {
      const row = (table[at] as number) - 1
      if (row < 0) {
        table[at] = i + 1
        break
      }
      if (slot[row] === slot[i] && size[row] === size[i] && start[row] === start[i]) return i
    }
  }
  return limit
}

export const writeWindows = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  windows: WindowColumns
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  const { count, last, length, max, mean, min, size, slot, start, variance } = windows
  for (let from = 0; from < length;) {
    const to = chunkEnd(windows, from)
    const datastream = slot.slice(from, to)
    for (let i = 0; i < datastream.length; i++) datastream[i] = base + (datastream[i] as number)
    yield* run(insert, [
      int4s(datastream),
      int4s(size.subarray(from, to)),
      timestamps(start.subarray(from, to)),
      int4s(count.subarray(from, to)),
      float8s(mean.subarray(from, to)),
      float8s(variance.subarray(from, to)),
      float8s(min.subarray(from, to)),
      float8s(max.subarray(from, to)),
      float8s(last.subarray(from, to))
    ])
    from = to
  }
})
