/**
 * Brings the database to the schema this program knows. Promises: one process at a time; all of it or nothing; a database
 * that a newer Vicinity has changed is refused and left alone.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Schema } from "effect"
import * as Migrator from "effect/sql/Migrator"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { districtHistory } from "./migrations/DistrictHistory.ts"
import { lateObservations } from "./migrations/LateObservations.ts"
import { sensorsAndDatastreams } from "./migrations/SensorsAndDatastreams.ts"
import { shardState } from "./migrations/ShardState.ts"
import { windowHistory } from "./migrations/WindowHistory.ts"

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
  "0005_district_history": statements(districtHistory)
}

/** Number of the newest migration this program knows. */
export const schemaVersion = Object.keys(migrations).length

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })

const guarded = Effect.gen(function*() {
  const sql = yield* PgClient
  yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lockNumber})`)
  yield* sql.unsafe("CREATE SCHEMA IF NOT EXISTS internal")
  const [found] = yield* sql.unsafe<{ readonly known: boolean }>(
    `SELECT to_regclass('${table}') IS NOT NULL AS known`
  )
  if (found?.known === true) {
    const [newest] = yield* sql.unsafe<{ readonly version: number }>(
      `SELECT coalesce(max(migration_id), 0) AS version FROM ${table}`
    )
    const version = newest?.version ?? 0
    if (version > schemaVersion) {
      return yield* new MigrationFailed({
        detail: `the database has schema ${version} and this Vicinity knows ${schemaVersion}: ` +
          "a newer Vicinity has used it, start that one (or another database)"
      })
    }
  }
  return yield* run
})

/** The names of the migrations that were applied. */
export const migrate: Effect.Effect<ReadonlyArray<string>, MigrationFailed, PgClient> = Effect.gen(function*() {
  const sql = yield* PgClient
  const applied = yield* sql.withTransaction(guarded).pipe(
    Effect.provideService(SqlClient, sql),
    Effect.mapError((cause) =>
      cause instanceof MigrationFailed ? cause : new MigrationFailed({ detail: cause.message, cause })
    )
  )
  return applied.map(([, name]) => name)
})
