/** Small logs on a real server: few shards, little read ahead, and what is released goes at once. */
import { Context, Duration, Effect, Layer, type Scope } from "effect"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import { type NatsShardedLogOptions, observationLogLayer } from "../../../src/adapters/nats/NatsShardedLog.ts"
import { ObservationLog, type ShardedLog } from "../../../src/ports/ShardedLog.ts"
import { connected, type NatsServer } from "../../NatsForTests.ts"

export const kB = 1024

export const smallLog = {
  shards: 5,
  consumers: ["stage"],
  limitBytes: 5 * 1024 * kB,
  minRetainedBytes: 0,
  prefetchBytes: 16 * kB,
  purgeStepBytes: 0,
  purgePause: Duration.zero
} satisfies NatsShardedLogOptions

/** With a connection of its own, as another process would have; both end with the scope. */
export const openLog = (
  server: Pick<NatsServer, "url">,
  options: Partial<NatsShardedLogOptions> = {}
): Effect.Effect<ShardedLog, { readonly message: string }, Scope.Scope> =>
  Layer.build(observationLogLayer({ ...smallLog, ...options }).pipe(Layer.provide(connected(server)))).pipe(
    Effect.map((context) => Context.get(context, ObservationLog))
  )

/** The log and the connection it is on. */
export const openLogAndConnection = (server: Pick<NatsServer, "url">, options: Partial<NatsShardedLogOptions> = {}) =>
  Layer.build(observationLogLayer({ ...smallLog, ...options }).pipe(Layer.provideMerge(connected(server)))).pipe(
    Effect.map((context) => ({
      log: Context.get(context, ObservationLog),
      connection: Context.get(context, NatsConnection)
    }))
  )
