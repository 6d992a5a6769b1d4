/**
 * The database of a city of several processes: a server of one's own, named by a URL. Promise: a process that opens it never changes
 * its schema; what does not fit is refused with a sentence.
 */
import { Effect, Layer, type Redacted } from "effect"
import * as PostgresClient from "../adapters/postgres/PostgresClient.ts"
import * as PostgresMigrations from "../adapters/postgres/PostgresMigrations.ts"
import * as PostgresServer from "../adapters/postgres/PostgresServer.ts"

/** A client of a server that can be used, whatever is in its database. For `vicinity migrate` and `doctor`. */
export const connectDatabase = Effect.fnUntraced(function*(url: Redacted.Redacted, maxConnections?: number) {
  const client = yield* Layer.build(PostgresClient.layer({ server: { url }, maxConnections }))
  const server = yield* PostgresServer.check.pipe(Effect.provide(client))
  return { client, server }
})

/** A client of a database with the schema of this program, and what was found. */
export const openDatabase = Effect.fnUntraced(function*(url: Redacted.Redacted) {
  const { client, server } = yield* connectDatabase(url)
  const deployment = yield* PostgresMigrations.requireSchema.pipe(Effect.provide(client))
  return { client, server, deployment }
})

export const serverWords = ({ address, role, version }: PostgresServer.PostgresServer): string =>
  `PostgreSQL ${version} at ${address}, as ${role}`

export const deploymentWords = ({ identity, schema, shardCount }: PostgresMigrations.Deployment): string =>
  `schema ${schema}, ${shardCount} shards, identity ${identity}`
