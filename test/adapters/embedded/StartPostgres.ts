/**
 * A process that starts the embedded PostgreSQL in a folder, for tests about processes. Arguments: the folder, and `once` (commit
 * something and stop) or `stay` (until killed). Prints one line of JSON when the server is up.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import * as EmbeddedPostgres from "../../../src/adapters/embedded/EmbeddedPostgres.ts"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"

const [, , folder = "", mode = "once"] = process.argv

const commitSomething = Effect.gen(function*() {
  const sql = yield* PgClient
  yield* sql.unsafe("CREATE TABLE IF NOT EXISTS kept (value int4)")
  yield* sql.unsafe("INSERT INTO kept VALUES (1)")
  const rows = yield* sql.unsafe("SELECT value FROM kept")
  return rows.length
})

const program = Effect.gen(function*() {
  const server = yield* EmbeddedPostgres.make({ folder })
  const rows = yield* Effect.provide(commitSomething, PostgresClient.layer({ server }))
  process.stdout.write(`${JSON.stringify({ port: server.port, rows, startedIn: server.startedIn })}\n`)
  if (mode === "stay") yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program)).catch((cause: unknown) => {
  process.stdout.write(`${JSON.stringify({ failure: cause instanceof Error ? cause.message : String(cause) })}\n`)
  process.exitCode = 1
})
