/**
 * What the processes of a city of several share: logs in JetStream, stores in Postgres, and in Redis, where there is one, what they can do
 * without. Logs and stores are checked before anything is done with them, and what is wrong is one sentence; Redis may be away. Nothing is
 * migrated here: that is a command of its own (`vicinity migrate`).
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { PgClient } from "@effect/sql-pg/PgClient"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../adapters/nats/NatsEventLog.ts"
import * as NatsRejectedLog from "../adapters/nats/NatsRejectedLog.ts"
import * as NatsShardedLog from "../adapters/nats/NatsShardedLog.ts"
import * as RedisPorts from "../adapters/redis/RedisPorts.ts"
import { LatestView, type LatestViewService } from "../ports/LatestView.ts"
import type { ReadinessPart } from "../ports/Readiness.ts"
import { cityStores } from "./CityStores.ts"
import { deploymentWords, openDatabase, serverWords } from "./ExternalDatabase.ts"
import { eventLogBytes, minRetainedBytes } from "./LogSizes.ts"
import type { CitySettings, Role } from "./Settings.ts"
import { step } from "./StartReport.ts"

export const eventLogOptions = ({ logReplicas: replicas, natsPrefix: prefix }: CitySettings) => ({
  prefix,
  limitBytes: eventLogBytes,
  replicas
})

export const clusterLogs = (settings: CitySettings) => {
  const { logLimitBytes, logReplicas: replicas, natsPrefix: prefix } = settings
  const sharded = { prefix, limitBytes: logLimitBytes, minRetainedBytes: minRetainedBytes(settings), replicas }
  return Layer.mergeAll(
    NatsShardedLog.observationLogLayer({ ...sharded, consumers: ["sensor"] }),
    NatsShardedLog.partialsLogLayer({ ...sharded, consumers: ["district"] }),
    NatsEventLog.layer(eventLogOptions(settings)),
    NatsRejectedLog.layer({ prefix, replicas })
  )
}

/** `undefined` where the city has no Redis. */
export const redisOptions = ({ redisUrl: url }: CitySettings): RedisPorts.RedisOptions | undefined =>
  url === undefined ? undefined : { url }

export const openClusterEdges = Effect.fnUntraced(function*(settings: CitySettings, role: Role) {
  const none = Redacted.make("")
  const nats = yield* step(
    "connect to NATS",
    "NATS is there, with JetStream",
    Layer.build(NatsConnection.layer({ url: settings.natsUrl ?? none, name: `vicinity ${role}` }))
  )
  const logs = yield* step(
    "open the logs",
    "logs are open, their configuration checked",
    Layer.build(clusterLogs(settings)).pipe(Effect.provide(nats))
  )
  // Nobody waits for it: it may be away, now as later.
  const options = redisOptions(settings)
  const redis = options === undefined
    ? Context.empty()
    : yield* Layer.build(RedisPorts.layer(options)).pipe(Effect.provide(logs))
  const { client } = yield* step(
    "connect to PostgreSQL",
    ({ deployment, server }) => `${serverWords(server)}: ${deploymentWords(deployment)}`,
    openDatabase(settings.postgresUrl ?? none)
  )
  const stores = yield* Layer.build(cityStores).pipe(Effect.provide(client))
  const platform = yield* Layer.build(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  return Context.mergeAll(nats, logs, redis, client, stores, platform)
})

/** Whether lists come from the view of the latest values. */
export const latestViewPart = (view: LatestViewService): Effect.Effect<ReadinessPart> =>
  Effect.map(view.status, ({ detail, state }) => ({
    name: "latest values",
    state: state === "up" ? "ready" : "degraded",
    detail: state === "up" ? detail : `${detail}: shards answer lists${state === "partly" ? " of some of them" : ""}`
  }))

/** Whether logs and stores are there at the moment; what follows for a role is said where it matters. */
export const edgeParts = Effect.fnUntraced(function*(withoutStores: string) {
  const nats = yield* NatsConnection.NatsConnection
  const sql = yield* PgClient
  const log = Effect.gen(function*() {
    const { isConnected, servers, sinceMillis } = yield* nats.status
    const seconds = Math.round(((yield* Clock.currentTimeMillis) - sinceMillis) / 1000)
    const part: ReadinessPart = isConnected
      ? { name: "logs", state: "ready", detail: `NATS at ${servers}` }
      : {
        name: "logs",
        state: "not-ready",
        detail: `NATS at ${servers} is away since ${seconds} s: nothing is taken in, and state stands still`
      }
    return part
  })
  const store = sql.unsafe("SELECT 1").pipe(
    Effect.timeout("1 second"),
    Effect.as<ReadinessPart>({ name: "stores", state: "ready", detail: "PostgreSQL" }),
    Effect.catch((error) =>
      Effect.succeed<ReadinessPart>({
        name: "stores",
        state: "degraded",
        detail: `PostgreSQL does not answer (${error.message}): ${withoutStores}`
      })
    )
  )
  const view = yield* LatestView
  return Effect.all(view === undefined ? [log, store] : [log, store, latestViewPart(view)])
})
