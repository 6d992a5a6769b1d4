/**
 * How the processes of a city divide its shards: Effect's cluster over TCP, with the leases of shards in Postgres. Lease rows and not
 * advisory locks, so that a lost session of the database is not a lost shard (docs/adr/0016). Promise: whoever is killed is replaced when
 * its leases have run out; whoever is told to stop hands over at once.
 */
import { Duration, Effect, Layer, Option } from "effect"
import { MessageStorage, RunnerAddress, RunnerStorage, ShardingConfig, SqlRunnerStorage } from "effect/cluster"
import { fencedRunnerStorage } from "../actors/Epochs.ts"
import type { ReadinessPart } from "../ports/Readiness.ts"
import { shardingSettings } from "./CityShards.ts"
import { patientRunnerStorage } from "./PatientRunnerStorage.ts"
import { clientSockets, runnerSockets } from "./RunnerSockets.ts"
import type { CitySettings } from "./Settings.ts"

/** Of the tables that runners and leases are in. */
const prefix = "internal.cluster"

/** A killed runner is replaced after the expiration; the refresh must be well below it, as an overloaded machine is slow too. */
const sharding = {
  ...shardingSettings,
  shardLockDisableAdvisory: true,
  shardLockExpiration: Duration.seconds(6),
  shardLockRefreshInterval: Duration.seconds(2),
  refreshAssignmentsInterval: Duration.millis(500),
  runnerHealthCheckInterval: Duration.seconds(2),
  entityMessagePollInterval: Duration.seconds(1),
  entityTerminationTimeout: Duration.seconds(5),
  runnerJoinDebounce: Duration.seconds(1)
} as const

/** Makes the tables of runners and leases; for `vicinity migrate`. */
export const migrateRunners = SqlRunnerStorage.layerMigrations({ prefix })

/** A database that restarts moves no shard (docs/adr/0020). */
const patience = {
  holdFor: Duration.minutes(1),
  answerWithin: Duration.millis(1_500),
  settleFor: Duration.sum(sharding.shardLockRefreshInterval, Duration.seconds(3))
} as const

const leases = (config: Partial<ShardingConfig.ShardingConfig["Service"]>) =>
  patientRunnerStorage(patience).pipe(
    Layer.provide(SqlRunnerStorage.layerStorage({ prefix })),
    Layer.provide(ShardingConfig.layer(config))
  )

/** A process that holds shards. */
export const runnerCluster = ({ runnerHost, runnerPort }: CitySettings) => {
  const config = { ...sharding, runnerAddress: Option.some(RunnerAddress.make(runnerHost, runnerPort)) }
  return runnerSockets(config).pipe(
    Layer.provideMerge(MessageStorage.layerNoop),
    Layer.provideMerge(fencedRunnerStorage.pipe(Layer.provide(leases(config))))
  )
}

/** A process that asks those that hold shards, and holds none. */
const clientConfig = { ...sharding, runnerAddress: Option.none() }
export const clusterClient = clientSockets(clientConfig).pipe(
  Layer.provideMerge(MessageStorage.layerNoop),
  Layer.provideMerge(leases(clientConfig))
)

/** Whether anybody holds shards. */
export const runnersPart = Effect.gen(function*() {
  const storage = yield* RunnerStorage.RunnerStorage
  const part = (state: ReadinessPart["state"], detail: string): ReadinessPart => ({ name: "runners", state, detail })
  return storage.getRunners.pipe(
    Effect.timeout("1 second"),
    Effect.map((runners) => runners.filter(([, isHealthy]) => isHealthy).length),
    Effect.map((healthy) =>
      healthy > 0
        ? part("ready", `${healthy} hold shards`)
        : part("not-ready", "no process of the role actors is there; questions about sensors and districts fail")
    ),
    Effect.catch((error) =>
      Effect.succeed(part("not-ready", `the database does not say who holds shards: ${error.message}`))
    )
  )
})
