/**
 * Sealed windows into the history. Promises: a window that is there already, unchanged, is not stored again; a changed one
 * becomes the next revision, also where one commit changes it twice; the event loop gets its turn after every chunk. Rows go
 * straight into the table of their time, which must be there (`PartitionMaker`): looking for an earlier revision through the whole
 * costs a multiple (docs/adr/0018).
 */
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StageName, WindowColumns } from "../../ports/ShardStore.ts"
import { shardBase } from "./DatastreamIds.ts"
import { type Partition, PartitionSet, windowSeriesOf } from "./HistoryPartitions.ts"
import { float8s, int4s, timestamps } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 2_000

// Several unnest in one SELECT list advance together and, unlike the same in FROM, are not materialized first.
const insertInto = (table: string) =>
  `INSERT INTO internal.${table}
    (start, recorded_at, mean, variance, min, max, last, datastream, size_ms, count, revision)
  SELECT n.start, now(), n.mean, n.variance, n.min, n.max, n.last, n.datastream, n.size_ms, n.count,
    coalesce(o.revision + 1, 0)
  FROM (SELECT unnest($1::int4[]) AS datastream, unnest($2::int4[]) AS size_ms, unnest($3::timestamptz[]) AS start,
      unnest($4::int4[]) AS count, unnest($5::float8[]) AS mean, unnest($6::float8[]) AS variance,
      unnest($7::float8[]) AS min, unnest($8::float8[]) AS max, unnest($9::float8[]) AS last) n
  LEFT JOIN LATERAL (
    SELECT * FROM internal.${table} h
    WHERE h.datastream = n.datastream AND h.size_ms = n.size_ms AND h.start = n.start
    ORDER BY h.revision DESC LIMIT 1
  ) o ON true
  WHERE o.revision IS NULL
    OR (o.count, o.mean, o.variance, o.min, o.max, o.last)
      IS DISTINCT FROM (n.count, n.mean, n.variance, n.min, n.max, n.last)`

/** Open addressing over the keys of one chunk; a slot holds the row + 1. */
const tableSize = 8_192
const table = new Int32Array(tableSize)

/** Rows of one table, in the order in which they came. */
export interface WindowsOfPartition {
  readonly partition: Partition
  readonly rows: Int32Array
}

/** Sorts rows into the tables they belong to. */
export const windowsByPartition = ({ length, size, start }: WindowColumns): ReadonlyArray<WindowsOfPartition> => {
  const partitions = new PartitionSet()
  const of: Array<Partition> = []
  const counts = new Map<Partition, number>()
  for (let i = 0; i < length; i++) {
    const partition = partitions.add(windowSeriesOf(size[i] as number), start[i] as number)
    of.push(partition)
    counts.set(partition, (counts.get(partition) ?? 0) + 1)
  }
  const sorted = new Map(
    Array.from(counts, ([partition, count]) => [partition, { rows: new Int32Array(count), used: 0 }])
  )
  for (let i = 0; i < length; i++) {
    const into = sorted.get(of[i] as Partition)
    if (into !== undefined) into.rows[into.used++] = i
  }
  return Array.from(sorted, ([partition, { rows }]) => ({ partition, rows }))
}

/**
 * End of the chunk that starts at `from`: at most `chunkRows`, and before the first row whose window is in it already, since
 * a statement does not see the rows it inserts itself.
 */
const chunkEnd = ({ size, slot, start }: WindowColumns, rows: Int32Array, from: number): number => {
  const limit = Math.min(rows.length, from + chunkRows)
  table.fill(0)
  for (let k = from; k < limit; k++) {
    const i = rows[k] as number
    const minute = ((start[i] as number) / 60_000) | 0
    let at = (Math.imul(slot[i] as number, 0x9e3779b1) ^ Math.imul(minute, 0x85ebca6b) ^ (size[i] as number)) >>> 0
    for (at = (at ^ (at >>> 15)) & (tableSize - 1);; at = (at + 1) & (tableSize - 1)) {
      const row = (table[at] as number) - 1
      if (row < 0) {
        table[at] = i + 1
        break
      }
      if (slot[row] === slot[i] && size[row] === size[i] && start[row] === start[i]) return k
    }
  }
  return limit
}

const pickInts = (column: Int32Array, rows: Int32Array, add = 0): Int32Array => {
  const picked = new Int32Array(rows.length)
  for (let k = 0; k < rows.length; k++) picked[k] = (column[rows[k] as number] as number) + add
  return picked
}

const pickFloats = (column: Float64Array, rows: Int32Array): Float64Array => {
  const picked = new Float64Array(rows.length)
  for (let k = 0; k < rows.length; k++) picked[k] = column[rows[k] as number] as number
  return picked
}

export const writeWindows = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  windows: WindowColumns,
  byPartition: ReadonlyArray<WindowsOfPartition>
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  for (const { partition, rows } of byPartition) {
    const insert = insertInto(partition.table)
    for (let from = 0; from < rows.length;) {
      const to = chunkEnd(windows, rows, from)
      const chunk = rows.subarray(from, to)
      yield* run(insert, [
        int4s(pickInts(windows.slot, chunk, base)),
        int4s(pickInts(windows.size, chunk)),
        timestamps(pickFloats(windows.start, chunk)),
        int4s(pickInts(windows.count, chunk)),
        float8s(pickFloats(windows.mean, chunk)),
        float8s(pickFloats(windows.variance, chunk)),
        float8s(pickFloats(windows.min, chunk)),
        float8s(pickFloats(windows.max, chunk)),
        float8s(pickFloats(windows.last, chunk))
      ])
      from = to
    }
  }
})
