/** The same schema, stores and retention on a server that is not ours and older: the oldest that is supported, where Debian has it. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { makeRetention } from "../../../src/adapters/postgres/HistoryRetention.ts"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import { migrate, requireSchema } from "../../../src/adapters/postgres/PostgresMigrations.ts"
import * as PostgresServer from "../../../src/adapters/postgres/PostgresServer.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { namedCommit } from "../../contracts/CommitsForTests.ts"
import { debianDatabases, debianPostgresNeeded, hasDebianPostgres } from "../../DebianPostgres.ts"
import * as ForTests from "../../PostgresForTests.ts"
import { makeFirstSchema, shownHistory } from "./FirstSchema.ts"
import { postgresStoresSuite } from "./PostgresStoresSuite.ts"

describe.skipIf(!hasDebianPostgres)(`Debian's PostgreSQL (${debianPostgresNeeded})`, () => {
  postgresStoresSuite("Debian's PostgreSQL", debianDatabases)

  layer(debianDatabases, { timeout: "60 seconds", excludeTestServices: true })("the schema", (it) => {
    it.effect("is made, and takes the history of the first version over", () =>
      Effect.gen(function*() {
        const server = yield* (yield* ForTests.DatabasesForTests).emptyDatabase
        yield* Effect.gen(function*() {
          yield* PostgresServer.check
          yield* makeFirstSchema
          const before = yield* shownHistory
          yield* migrate
          yield* requireSchema

          assert.deepStrictEqual(yield* shownHistory, before)
        }).pipe(Effect.provide(PostgresClient.layer({ server })))
      }))

    it.effect("has a history of which old parts are dropped", () =>
      Effect.gen(function*() {
        const server = yield* (yield* ForTests.DatabasesForTests).newDatabase
        yield* Effect.gen(function*() {
          const sql = yield* PgClient
          const store = yield* PostgresShardStore.make()
          const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
          const days = [1, 2, 3, 4].map((day) => ({ slot: 0, start: Date.UTC(2012, 2, day) }))
          yield* store.commit({ ...namedCommit("tram/9", days), epoch })
          yield* sql.unsafe("SELECT pg_stat_force_next_flush()")
          const { look } = yield* makeRetention({ minutes: Duration.hours(48), history: undefined })

          assert.deepStrictEqual(yield* look, [])
          assert.deepStrictEqual(yield* look, ["window_history_1m_20120301"])
        }).pipe(Effect.provide(PostgresClient.layer({ server })))
      }))
  })
})
