/**
 * A real PostgreSQL for a test file: one embedded server (not synchronized to disk, in a temp folder of its own), and for
 * each test a fresh database with the schema, copied from a template.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as EmbeddedPostgres from "../src/adapters/embedded/EmbeddedPostgres.ts"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import { migrate } from "../src/adapters/postgres/PostgresMigrations.ts"

export class PostgresForTests extends Context.Service<PostgresForTests, {
  readonly server: EmbeddedPostgres.EmbeddedPostgres
  /** Address of a new, migrated database. */
  readonly newDatabase: Effect.Effect<PostgresClient.PostgresAddress>
  /** Address of a new, empty database. */
  readonly emptyDatabase: Effect.Effect<PostgresClient.PostgresAddress>
}>()("vicinity/test/PostgresForTests") {}

/** What tests of stores need of a server, whichever it is. */
export class DatabasesForTests extends Context.Service<
  DatabasesForTests,
  Pick<PostgresForTests["Service"], "emptyDatabase" | "newDatabase">
>()("vicinity/test/DatabasesForTests") {}

/** A temp folder that is gone when the scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "vicinity-test-"))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
)

/** Fresh databases on a server, copied from a template on it. */
export const databasesOn = Effect.fnUntraced(function*(server: PostgresClient.PostgresAddress) {
  const address = (database: string): PostgresClient.PostgresAddress => ({
    host: server.host,
    port: server.port,
    username: server.username,
    password: server.password,
    database
  })
  const context = yield* Layer.build(PostgresClient.layer({ server: address("postgres"), maxConnections: 1 }))
  const sql = Context.get(context, PgClient)
  yield* sql.unsafe("CREATE DATABASE migrated")
  yield* migrate.pipe(Effect.provide(PostgresClient.layer({ server: address("migrated"), maxConnections: 1 })))
  let databases = 0
  const create = (template: string) =>
    Effect.suspend(() => {
      const name = `test_${++databases}`
      return Effect.as(sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template}`), address(name))
    }).pipe(Effect.orDie)
  return { newDatabase: create("migrated"), emptyDatabase: create("template0") }
})

const make = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const server = yield* EmbeddedPostgres.make({ folder, sync: false })
  return PostgresForTests.of({ server, ...(yield* databasesOn(server)) })
})

/** For `it.layer` of @effect/vitest: the server lives as long as the suite. */
export const layer: Layer.Layer<PostgresForTests> = Layer.effect(PostgresForTests, Effect.orDie(make))

/** The same, for tests that only need databases. */
export const databasesLayer: Layer.Layer<DatabasesForTests> = Layer.effect(
  DatabasesForTests,
  Effect.map(PostgresForTests, DatabasesForTests.of)
).pipe(Layer.provide(layer))

/** A client of a new, migrated database. */
export const freshDatabase: Layer.Layer<PgClient, never, PostgresForTests> = Layer.unwrap(
  Effect.gen(function*() {
    const { newDatabase } = yield* PostgresForTests
    return Layer.orDie(PostgresClient.layer({ server: yield* newDatabase }))
  })
)
