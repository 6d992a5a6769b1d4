/** The schema: made once, by one, refused where it is newer, and documented for those who read it. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import { migrate, requireSchema, schemaVersion } from "../../../src/adapters/postgres/PostgresMigrations.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { emptyCommit, lateColumns, namedCommit } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"
import { makeFirstSchema, shownHistory } from "./FirstSchema.ts"

const inEmptyDatabase = <A, E>(effect: Effect.Effect<A, E, PgClient>) =>
  Effect.gen(function*() {
    const server = yield* (yield* ForTests.PostgresForTests).emptyDatabase
    return yield* Effect.provide(effect, PostgresClient.layer({ server }))
  })

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("the schema in Postgres", (it) => {
  it.effect("is made once, also by several processes at once", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const applied = yield* Effect.all([migrate, migrate, migrate], { concurrency: "unbounded" })

      assert.deepStrictEqual(applied.map((names) => names.length).sort(), [0, 0, schemaVersion])
      assert.deepStrictEqual(yield* migrate, [])
    })))

  it.effect("is refused where a newer Vicinity has made it, and left alone", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate
      yield* sql.unsafe("INSERT INTO internal.migration (migration_id, name) VALUES (999, 'from_the_future')")

      const refused = yield* Effect.flip(migrate)

      assert.match(refused.message, /schema 999 .* knows \d+: a newer Vicinity has used it/)
    })))

  it.effect("takes the history of the first version over, row by row, and goes on from there", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* makeFirstSchema
      yield* sql.unsafe("CREATE ROLE first_reports NOLOGIN")
      yield* sql.unsafe("GRANT SELECT ON vicinity.sealed_window TO first_reports")
      const before = yield* shownHistory
      assert.deepStrictEqual(before.map(([, { length }]) => length), [900, 200, 1080, 200, 200, 100])

      yield* Effect.all([migrate, migrate], { concurrency: "unbounded" })

      assert.deepStrictEqual(yield* shownHistory, before)
      const [state] = yield* sql.unsafe(
        `SELECT has_table_privilege('first_reports', 'vicinity.sealed_window', 'SELECT') AS reads,
        (SELECT count(*)::int4 FROM pg_class WHERE relname LIKE '%_before%') AS left_over`
      )
      assert.deepStrictEqual(state, { reads: true, left_over: 0 })
      const store = yield* PostgresShardStore.make()
      const [epoch = 0] = yield* store.acquire("sensor", [30], "test")
      const late = lateColumns([{ slot: 0, receivedAt: Date.parse("2012-01-05T00:00:00Z") }])
      yield* store.commit({ ...emptyCommit, shard: 30, epoch, late })
      const [newest] = yield* sql.unsafe("SELECT max(number)::int4 AS number FROM vicinity.late_observation")
      assert.deepStrictEqual(newest, { number: 201 })
    })))

  it.effect("is required as this program knows it: none, older and newer are refused and left alone", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      const refusal = Effect.map(Effect.flip(requireSchema), ({ message }) => message)
      assert.match(yield* refusal, /^database schema: the database has none: run vicinity migrate/)
      yield* migrate
      const deployment = yield* requireSchema
      assert.strictEqual(deployment.schema, schemaVersion)
      assert.strictEqual(deployment.shardCount, 61)
      assert.match(deployment.identity, /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual(yield* requireSchema, deployment)

      yield* sql.unsafe(`DELETE FROM internal.migration WHERE migration_id = ${schemaVersion}`)
      assert.match(yield* refusal, new RegExp(`has ${schemaVersion - 1} and this .* needs ${schemaVersion}: .*migrate`))
      yield* sql.unsafe(`INSERT INTO internal.migration (migration_id, name) VALUES (999, 'from_the_future')`)
      assert.match(yield* refusal, /schema 999 .* a newer Vicinity has used it/)
    })))

  it.effect("is refused where its state is keyed by another number of shards", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate
      yield* sql.unsafe("UPDATE internal.deployment SET shard_count = 127")

      for (const attempt of [Effect.asVoid(migrate), Effect.asVoid(requireSchema)]) {
        assert.match((yield* Effect.flip(attempt)).message, /keyed by 127 shards and this Vicinity has 61: start/)
      }
    })))

  it.effect("is made and used by a role that owns its database and nothing else", () =>
    Effect.gen(function*() {
      const server = yield* (yield* ForTests.PostgresForTests).emptyDatabase
      const owner = { ...server, username: "city_owner", password: Redacted.make("owner") }
      yield* Effect.gen(function*() {
        const sql = yield* PgClient
        yield* sql.unsafe(`CREATE ROLE city_owner LOGIN NOSUPERUSER PASSWORD 'owner'`)
        yield* sql.unsafe(`CREATE ROLE city_stranger LOGIN NOSUPERUSER PASSWORD 'stranger'`)
        yield* sql.unsafe(`ALTER DATABASE ${server.database} OWNER TO city_owner`)
      }).pipe(Effect.provide(PostgresClient.layer({ server })))

      const stranger = { ...server, username: "city_stranger", password: Redacted.make("stranger") }
      const refused = yield* Effect.flip(migrate).pipe(Effect.provide(PostgresClient.layer({ server: stranger })))
      assert.match(refused.message, /permission denied for database .*; the role must own the database/)
      yield* Effect.gen(function*() {
        yield* migrate
        yield* requireSchema
        const store = yield* PostgresShardStore.make()
        const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
        yield* store.commit({ ...namedCommit("tram/9", [{ slot: 0, start: 0, count: 1 }]), epoch })
      }).pipe(Effect.provide(PostgresClient.layer({ server: owner })))
    }))

  it.effect("may be read by a role that was granted the documented schema, and nothing beside it", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate
      yield* sql.unsafe(`CREATE ROLE city_reports NOLOGIN`)
      yield* sql.unsafe(`GRANT USAGE ON SCHEMA vicinity TO city_reports`)
      yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA vicinity TO city_reports`)
      const store = yield* PostgresShardStore.make()
      const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
      yield* store.commit({ ...namedCommit("tram/9", [{ slot: 0, start: 0, count: 1 }]), epoch })

      const asReports = (statement: string) =>
        sql.withTransaction(Effect.andThen(sql.unsafe("SET LOCAL ROLE city_reports"), sql.unsafe(statement)))

      assert.strictEqual((yield* asReports("SELECT sensor_id FROM vicinity.sealed_window")).length, 1)
      assert.strictEqual((yield* asReports("SELECT * FROM vicinity.window_history")).length, 1)
      yield* Effect.flip(asReports("SELECT * FROM internal.shard_position"))
      yield* Effect.flip(asReports("DELETE FROM vicinity.window_history"))
    })))

  it.effect("describes every table, view and column that reports may read", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate

      const rows = yield* sql.unsafe<{ readonly relname: string; readonly comment: string | null }>(
        `SELECT relname::text, obj_description(oid) AS comment FROM pg_class
        WHERE relnamespace = 'vicinity'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY relname`
      )
      assert.deepStrictEqual(rows.map(({ relname }) => relname), [
        "anomaly",
        "datastream",
        "district",
        "district_state_history",
        "district_window",
        "district_window_history",
        "late_observation",
        "sealed_window",
        "sensor",
        "window_history"
      ])
      assert.isTrue(rows.every(({ comment }) => comment !== null))
      const columns = yield* sql.unsafe<{ readonly name: string }>(
        `SELECT c.relname || '.' || a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'vicinity'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
          AND col_description(c.oid, a.attnum) IS NULL`
      )
      assert.deepStrictEqual(columns.map(({ name }) => name), [])
    })))

  it.effect("shows windows by name, each in its newest revision", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate
      const store = yield* PostgresShardStore.make()
      const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
      for (const count of [1, 2]) {
        yield* store.commit({ ...namedCommit("tram/9", [{ slot: 0, start: 0, count }]), epoch })
      }

      const rows = yield* sql.unsafe(`SELECT sensor_id, property, unit, size_ms, start, "end", count, revision
        FROM vicinity.sealed_window`)
      assert.deepStrictEqual(rows, [{
        sensor_id: "tram/9",
        property: "vehicle_speed",
        unit: "km/h",
        size_ms: 60_000,
        start: new Date(0),
        end: new Date(60_000),
        count: 2,
        revision: 1
      }])
    })))
})
