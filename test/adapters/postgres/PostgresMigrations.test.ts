/** The schema: made once, by one, refused where it is newer, and documented for those who read it. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import { migrate, schemaVersion } from "../../../src/adapters/postgres/PostgresMigrations.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { namedCommit } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"

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

  it.effect("describes every table and view that reports may read", () =>
    inEmptyDatabase(Effect.gen(function*() {
      const sql = yield* PgClient
      yield* migrate

      const rows = yield* sql.unsafe<{ readonly relname: string; readonly comment: string | null }>(
        `SELECT relname::text, obj_description(oid) AS comment FROM pg_class
        WHERE relnamespace = 'vicinity'::regnamespace AND relkind IN ('r', 'v') ORDER BY relname`
      )
      assert.deepStrictEqual(rows.map(({ relname }) => relname), [
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
