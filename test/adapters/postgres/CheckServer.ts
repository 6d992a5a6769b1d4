/** Child of a test: checks the server of the URL in `CHECKED_URL` and prints what it found; for what a process gets only when it starts. */
import { Effect, Redacted } from "effect"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresServer from "../../../src/adapters/postgres/PostgresServer.ts"

const server = { url: Redacted.make(process.env["CHECKED_URL"] ?? "") }
const found = PostgresServer.check.pipe(
  Effect.map(({ address }) => `usable: ${address}`),
  Effect.catchTag("PostgresUnusable", ({ message }) => Effect.succeed(message)),
  Effect.provide(PostgresClient.layer({ server }))
)
console.log(await Effect.runPromise(found))
