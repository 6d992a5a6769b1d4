/**
 * Makes the tables that rows are about to go into. Promises: what is made once is not asked for again; several processes may make the
 * same one at once; nobody who reads or writes waits for it (a table is attached under a lock that only other makers want); what
 * somebody has dropped in the meantime is made again (`forget`).
 */
import type { PgClient } from "@effect/sql-pg/PgClient"
import { Array as Arr, Effect } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { StoreUnavailable } from "../../ports/ShardStore.ts"
import type { Partition } from "./HistoryPartitions.ts"
import { texts } from "./PostgresArrays.ts"
import { told } from "./PostgresErrors.ts"
import { type Run, transact } from "./PostgresTransaction.ts"

/** Held by whoever makes or drops parts of the history: "vicp" in ASCII. */
export const partitionLock = `SELECT pg_advisory_xact_lock(${0x76696370})`

const bound = (millis: number): string =>
  millis === -Infinity ? "MINVALUE" : millis === Infinity ? "MAXVALUE" : `'${new Date(millis).toISOString()}'`

/** Made on its own and then attached: `CREATE TABLE … PARTITION OF` would lock out all readers and writers of the whole. */
export const partitionStatements = ({ from, series, table, to }: Partition): ReadonlyArray<string> => [
  `CREATE TABLE internal.${table} (LIKE ${series.parent} INCLUDING DEFAULTS)`,
  `COMMENT ON TABLE internal.${table} IS 'Part of ${series.parent}: read that one'`,
  `ALTER TABLE ${series.parent} ATTACH PARTITION internal.${table} FOR VALUES FROM (${bound(from)}) TO (${bound(to)})`
]

const existing =
  `SELECT relname::text FROM pg_class WHERE relnamespace = 'internal'::regnamespace AND relname = ANY($1)`

const makeMissing = Effect.fnUntraced(function*(
  run: Run,
  partitions: ReadonlyArray<Partition>
): Effect.fn.Return<void, SqlError> {
  yield* run(partitionLock, [])
  const rows = yield* run(existing, [texts(partitions.map(({ table }) => table))])
  const there = new Set(rows.map(([name]) => name))
  for (const partition of partitions) {
    if (there.has(partition.table)) continue
    for (const statement of partitionStatements(partition)) yield* run(statement, [])
  }
})

/** What Postgres says of a table that is not there, and of a row for which no part is. */
const missingStates = new Set(["42P01", "23514"])

/** A commit failed because a part was not there. */
export const isPartitionMissing = (error: { readonly _tag: string; readonly cause?: unknown }): boolean => {
  if (error._tag !== "StoreUnavailable" || !(error.cause instanceof Error)) return false
  const statement = error.cause.cause
  return isSqlError(statement) && missingStates.has(told(statement).code)
}

/** Made in one transaction; each takes a few locks, of which a server has thousands. */
const batchTables = 50

export interface PartitionMaker {
  /** When it has succeeded the parts are there. */
  readonly ensure: (partitions: Iterable<Partition>) => Effect.Effect<void, StoreUnavailable>
  readonly forget: () => void
}

export const makePartitionMaker = (sql: PgClient): PartitionMaker => {
  const known = new Set<string>()
  const makeAll = Effect.fnUntraced(function*(missing: ReadonlyArray<Partition>) {
    for (const batch of Arr.chunksOf(missing, batchTables)) {
      yield* transact(sql, "partitions", (run) => makeMissing(run, batch))
      for (const { table } of batch) known.add(table)
    }
  })
  return {
    ensure: (partitions) => {
      const missing: Array<Partition> = []
      for (const partition of partitions) if (!known.has(partition.table)) missing.push(partition)
      return missing.length === 0 ? Effect.void : makeAll(missing)
    },
    forget: () => known.clear()
  }
}
