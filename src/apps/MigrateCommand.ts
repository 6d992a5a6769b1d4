/**
 * `vicinity migrate`: brings a database to the schema of this program and says what it did. A city of one process does so at its
 * start; the processes of a larger one never do, so that a rollout decides when.
 */
import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as EmbeddedPostgres from "../adapters/embedded/EmbeddedPostgres.ts"
import * as FolderLock from "../adapters/embedded/FolderLock.ts"
import * as PostgresClient from "../adapters/postgres/PostgresClient.ts"
import { migrate, requireSchema } from "../adapters/postgres/PostgresMigrations.ts"
import { checkedSettings } from "./CheckedSettings.ts"
import { connectDatabase, deploymentWords, serverWords } from "./ExternalDatabase.ts"
import { migrateRunners } from "./RunnerCluster.ts"
import { noSettings, settingFlags } from "./SettingFlags.ts"
import type { CitySettings } from "./Settings.ts"

const openEmbedded = Effect.fnUntraced(function*(data: string) {
  yield* FolderLock.acquire(data)
  const server = yield* EmbeddedPostgres.make({ folder: data })
  yield* Console.log(`  ✓ PostgreSQL of the data folder ${data}`)
  return yield* Layer.build(PostgresClient.layer({ server }))
})

const openExternal = Effect.fnUntraced(function*(url: NonNullable<CitySettings["postgresUrl"]>) {
  const { client, server } = yield* connectDatabase(url, 1)
  yield* Console.log(`  ✓ ${serverWords(server)}`)
  return client
})

const migrateDatabase = Effect.fn("MigrateCommand.migrate")(function*({ data, postgresUrl }: CitySettings) {
  const client = postgresUrl === undefined ? yield* openEmbedded(data) : yield* openExternal(postgresUrl)
  const { applied, deployment } = yield* Effect.all({ applied: migrate, deployment: requireSchema }).pipe(
    Effect.provide(client)
  )
  yield* Layer.build(migrateRunners).pipe(Effect.provide(client))
  for (const name of applied) yield* Console.log(`  ✓ applied ${name}`)
  if (applied.length === 0) yield* Console.log("  ✓ nothing to apply")
  yield* Console.log(`  ✓ ${deploymentWords(deployment)}`)
}, Effect.scoped)

const { data, postgresUrl } = settingFlags

export const migrateCommand = Command.make(
  "migrate",
  { data, postgresUrl },
  (flags) => Effect.flatMap(checkedSettings({ ...noSettings, ...flags }), migrateDatabase)
).pipe(
  Command.withDescription("Bring a database to the schema of this version"),
  Command.withExamples([
    { command: "vicinity migrate", description: "The database in the data folder" },
    {
      command: "VICINITY_POSTGRES_URL_FILE=/run/secrets/postgres vicinity migrate",
      description: "A server of your own"
    }
  ])
)
