/**
 * Brings the database to the schema this program knows. Promises: one process at a time; all of it or nothing; a database
 * that a newer Vicinity has changed is refused and left alone.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Schema } from "effect"
import * as Migrator from "effect/sql/Migrator"
import { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { shardCount } from "../../schemas/Shards.ts"
import { anomalies } from "./migrations/Anomalies.ts"
import { deployment } from "./migrations/Deployment.ts"
import { districtHistory } from "./migrations/DistrictHistory.ts"
import { lateObservations } from "./migrations/LateObservations.ts"
import { partitionedHistory } from "./migrations/PartitionedHistory.ts"
import { sensorsAndDatastreams } from "./migrations/SensorsAndDatastreams.ts"
import { shardState } from "./migrations/ShardState.ts"
import { windowHistory } from "./migrations/WindowHistory.ts"
import { told, wordsOf } from "./PostgresErrors.ts"

/** The database could not be brought to the schema of this program; nothing of it was changed. */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `database schema: ${this.detail}`
  }
}

const table = "internal.migration"
/** Any number that no other program is likely to lock: "vici" in ASCII. */
const lockNumber = 0x76696369

const statements = (list: ReadonlyArray<string>): Effect.Effect<void, SqlError, SqlClient> =>
  Effect.flatMap(SqlClient, (sql) => Effect.forEach(list, (statement) => sql.unsafe(statement), { discard: true }))

const migrations = {
  "0001_sensors_and_datastreams": statements(sensorsAndDatastreams),
  "0002_window_history": statements(windowHistory),
  "0003_shard_state": statements(shardState),
  "0004_late_observations": statements(lateObservations),
  "0005_district_history": statements(districtHistory),
  "0006_deployment": statements(deployment),
  "0007_partitioned_history": partitionedHistory,
  "0008_anomalies": statements(anomalies)
}

/** Number of the newest migration this program knows. */
export const schemaVersion = Object.keys(migrations).length

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })

/** Number of the newest migration that was applied; 0 where there is none. */
const storedVersion = Effect.gen(function*() {
  const sql = yield* PgClient
  const [found] = yield* sql.unsafe<{ readonly known: boolean }>(
    `SELECT to_regclass('${table}') IS NOT NULL AS known`
  )
  if (found?.known !== true) return 0
  const [newest] = yield* sql.unsafe<{ readonly version: number }>(
    `SELECT coalesce(max(migration_id), 0) AS version FROM ${table}`
  )
  return newest?.version ?? 0
})

const newerSchema = (version: number): string =>
  `the database has schema ${version} and this Vicinity knows ${schemaVersion}: `
  + "a newer Vicinity has used it, start that one (or another database)"

/** What is stored of the deployment; refuses another shard count. */
const storedDeployment = Effect.gen(function*() {
  const sql = yield* PgClient
  const [stored] = yield* sql.unsafe<{ readonly identity: string; readonly shards: number }>(
    `SELECT identity::text AS identity, shard_count AS shards FROM internal.deployment`
  )
  if (stored === undefined) {
    return yield* new MigrationFailed({ detail: "internal.deployment is empty: restore the database from a backup" })
  }
  if (stored.shards !== shardCount) {
    return yield* new MigrationFailed({
      detail: `the database is keyed by ${stored.shards} shards and this Vicinity has ${shardCount}: `
        + "start the one that made it (or another database)"
    })
  }
  return { schema: schemaVersion, identity: stored.identity, shardCount: stored.shards }
})

/** A migration may take as long as it takes, and so may the wait for one that is under way. */
const unhurried = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]

const guarded = Effect.gen(function*() {
  const sql = yield* PgClient
  yield* Effect.forEach(unhurried, (limit) => sql.unsafe(`SET LOCAL ${limit} = 0`), { discard: true })
  // What copies a whole table should read it from its beginning to its end.
  yield* sql.unsafe("SET LOCAL enable_seqscan = on")
  yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lockNumber})`)
  yield* sql.unsafe("CREATE SCHEMA IF NOT EXISTS internal")
  const version = yield* storedVersion
  if (version > schemaVersion) return yield* new MigrationFailed({ detail: newerSchema(version) })
  const applied = yield* run
  yield* storedDeployment
  return applied
})

const asMigrationFailed = (error: unknown): MigrationFailed => {
  if (error instanceof MigrationFailed) return error
  const cause = rootOf(error)
  const isForbidden = isSqlError(cause) && told(cause).code === "42501"
  const advice = isForbidden ? "; the role must own the database, or what an earlier one has made in it" : ""
  return new MigrationFailed({ detail: `${wordsOf(cause)}${advice}`, cause: error })
}

/** The migrator wraps the error of a statement. */
const rootOf = (error: unknown): unknown => error instanceof Migrator.MigrationError ? error.cause ?? error : error

/** The names of the migrations that were applied. */
export const migrate: Effect.Effect<ReadonlyArray<string>, MigrationFailed, PgClient> = Effect.gen(function*() {
  const sql = yield* PgClient
  const applied = yield* sql.withTransaction(guarded).pipe(
    Effect.provideService(SqlClient, sql),
    Effect.mapError(asMigrationFailed)
  )
  return applied.map(([, name]) => name)
})

export interface Deployment {
  readonly schema: number
  /** Of the database, since it was made. */
  readonly identity: string
  readonly shardCount: number
}

/** Of a process that never migrates: the schema is that of this program, and the state in it is keyed by as many shards. */
export const requireSchema: Effect.Effect<Deployment, MigrationFailed, PgClient> = Effect.gen(function*() {
  const version = yield* storedVersion
  if (version === 0) {
    return yield* new MigrationFailed({ detail: "the database has none: run vicinity migrate on it first" })
  }
  if (version > schemaVersion) return yield* new MigrationFailed({ detail: newerSchema(version) })
  if (version < schemaVersion) {
    return yield* new MigrationFailed({
      detail:
        `the database has ${version} and this Vicinity needs ${schemaVersion}: stop what uses it, run vicinity migrate, start again`
    })
  }
  return yield* storedDeployment
}).pipe(Effect.mapError(asMigrationFailed))
