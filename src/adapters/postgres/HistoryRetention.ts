/**
 * Drops old parts of the history, whole tables at a time. Promises:
 * 1. Age is event time against the newest part of the same series: a recording of 2012 loses nothing for being of 2012. The clock only
 *    makes it less: a part that is newer than now counts as now.
 * 2. What was written to between two looks of one process is not dropped, however old it is.
 * 3. Any number of processes may do it; nobody who reads or writes waits longer than `lockMillis` for it, and a commit whose part was
 *    dropped makes it again.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import type { StoreUnavailable } from "../../ports/ShardStore.ts"
import { allSeries, minuteWindows, type Partition, partitionNamed, type Series } from "./HistoryPartitions.ts"
import { partitionLock } from "./PartitionMaker.ts"
import { texts } from "./PostgresArrays.ts"
import { query, transact } from "./PostgresTransaction.ts"

export interface RetentionOptions {
  /** How long windows of a minute are kept; undefined for ever. */
  readonly minutes: Duration.Duration | undefined
  /** The same of all else: longer windows, late observations, anomalies, districts. */
  readonly history: Duration.Duration | undefined
}

const between = Duration.minutes(1)
const lockMillis = 2_000

/** The parts of the series with the rows that were ever put into each. */
const selectParts = `SELECT parent.name, c.relname::text, pg_stat_get_tuples_inserted(c.oid)
  FROM unnest($1::text[]) AS parent(name) JOIN pg_inherits i ON i.inhparent = to_regclass(parent.name)
  JOIN pg_class c ON c.oid = i.inhrelid`

interface Part {
  readonly partition: Partition
  readonly inserted: bigint
}

export const makeRetention = Effect.fnUntraced(function*(options: RetentionOptions) {
  const sql = yield* PgClient
  /** As of the look before. */
  let seen = new Map<string, bigint>()

  const keepMillis = (series: Series): number => {
    const keep = series === minuteWindows ? options.minutes : options.history
    return keep === undefined ? Infinity : Duration.toMillis(keep)
  }

  const drop = (table: string) =>
    transact(sql, "retention", (run) =>
      Effect.gen(function*() {
        yield* run(`SET LOCAL lock_timeout = ${lockMillis}`, [])
        yield* run(partitionLock, [])
        yield* run(`DROP TABLE IF EXISTS internal.${table}`, [])
      }))

  /** Names of the parts that were dropped. */
  const look = Effect.fnUntraced(function*(): Effect.fn.Return<ReadonlyArray<string>, StoreUnavailable> {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* query(sql, "retention", selectParts, [texts(allSeries.map(({ parent }) => parent))])
    const parts = rows.flatMap((row): ReadonlyArray<Part> => {
      const [parent, table, inserted] = row as [string, string, bigint]
      const series = allSeries.find((series) => series.parent === parent)
      const partition = series === undefined ? undefined : partitionNamed(series, table)
      return partition === undefined ? [] : [{ partition, inserted }]
    })
    const before = seen
    seen = new Map(parts.map(({ inserted, partition }) => [partition.table, inserted]))
    const dropped: Array<string> = []
    for (const table of overdue(parts, keepMillis, now)) {
      if (before.get(table) !== seen.get(table)) continue
      yield* drop(table)
      dropped.push(table)
    }
    if (dropped.length > 0) {
      yield* Effect.logInfo("dropped old parts of the history").pipe(
        Effect.annotateLogs({ tables: dropped.join(", ") })
      )
    }
    return dropped
  })

  return { look: look() }
})

/** Tables of which every row is older than is kept, by the start of the newest part of their series. */
const overdue = (
  parts: ReadonlyArray<Part>,
  keepMillis: (series: Series) => number,
  now: number
): ReadonlyArray<string> => {
  const newest = new Map<Series, number>()
  for (const { partition: { from, series, to } } of parts) {
    // What begins at the end of time says nothing of where the city is.
    if (to < Infinity) newest.set(series, Math.max(newest.get(series) ?? -Infinity, Math.min(from, now)))
  }
  return parts.flatMap(({ partition: { series, table, to } }) =>
    to <= (newest.get(series) ?? -Infinity) - keepMillis(series) ? [table] : []
  )
}

/** Looks once a minute. */
export const layer = (options: RetentionOptions): Layer.Layer<never, never, PgClient> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { look } = yield* makeRetention(options)
    yield* look.pipe(
      Effect.catch((error) => Effect.logWarning("old history stays until the next look", error.message)),
      Effect.repeat(Schedule.spaced(between)),
      Effect.forkScoped
    )
  }))
