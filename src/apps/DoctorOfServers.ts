/** `vicinity doctor` for a city of several processes: the servers they share, and whether logs and state belong together. */
import { Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../adapters/nats/NatsConnection.ts"
import * as PostgresMigrations from "../adapters/postgres/PostgresMigrations.ts"
import * as RedisPorts from "../adapters/redis/RedisPorts.ts"
import { cityStores } from "./CityStores.ts"
import { clusterLogs, redisOptions } from "./ClusterEdges.ts"
import { type Check, examineLogs } from "./DoctorChecks.ts"
import { connectDatabase, deploymentWords, serverWords } from "./ExternalDatabase.ts"
import type { CitySettings } from "./Settings.ts"

/** Changes nothing but what every start would: streams that are not there yet are made, and the limits of streams follow the settings. */
export const examineServers = Effect.fnUntraced(function*(check: Check, settings: CitySettings) {
  const none = Redacted.make("")
  const nats = yield* check(
    "NATS",
    Layer.build(NatsConnection.layer({ url: settings.natsUrl ?? none, name: "vicinity doctor" })),
    () => "there, with JetStream"
  )
  const logged = nats === undefined
    ? undefined
    : yield* check(
      "logs",
      Layer.build(clusterLogs(settings)).pipe(Effect.provide(nats)),
      () => "configured as they should be"
    )
  const redis = redisOptions(settings)
  if (redis !== undefined && logged !== undefined) {
    yield* check(
      "Redis",
      RedisPorts.examine(redis).pipe(Effect.provide(logged)),
      (place) => `at ${place}, takes what it would be given`
    )
  }
  const database = yield* check(
    "PostgreSQL",
    connectDatabase(settings.postgresUrl ?? none),
    ({ server }) => serverWords(server)
  )
  const deployment = database === undefined
    ? undefined
    : yield* check(
      "database schema",
      PostgresMigrations.requireSchema.pipe(Effect.provide(database.client)),
      deploymentWords
    )
  const stored = database === undefined || deployment === undefined
    ? undefined
    : yield* check(
      "stores",
      Layer.build(cityStores).pipe(Effect.provide(database.client)),
      () => "can be read"
    )
  if (logged !== undefined) yield* examineLogs(check, logged, stored)
})
