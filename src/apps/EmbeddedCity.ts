/**
 * The embedded profile: everything in one process and one data folder, a real PostgreSQL and a file log beside it, bound to
 * loopback. Builds the parts in their order, telling the terminal what it does; the scope takes them down in the opposite
 * order: no new requests, then every shard commits, then logs and database close, then the folder is free.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Context, Duration, Effect, Layer, References } from "effect"
import { MessageStorage, RunnerHealth, Runners, RunnerStorage, Sharding, ShardingConfig } from "effect/cluster"
import { CrashPoints } from "../actors/CrashPoints.ts"
import { configureDistricts } from "../actors/DistrictConfiguration.ts"
import { fencedRunnerStorage } from "../actors/Epochs.ts"
import { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { configureShards } from "../actors/StageConfiguration.ts"
import * as EmbeddedPostgres from "../adapters/embedded/EmbeddedPostgres.ts"
import * as FileEventLog from "../adapters/embedded/FileEventLog.ts"
import * as FileLog from "../adapters/embedded/FileLog.ts"
import * as FileRejectedLog from "../adapters/embedded/FileRejectedLog.ts"
import * as FolderLock from "../adapters/embedded/FolderLock.ts"
import * as PostgresClient from "../adapters/postgres/PostgresClient.ts"
import * as PostgresMigrations from "../adapters/postgres/PostgresMigrations.ts"
import * as BatchingDoor from "../ingest/BatchingDoor.ts"
import type { LoadedDistricts } from "../ingest/Districts.ts"
import { shardCount } from "../schemas/Shards.ts"
import { describedMap, openDistricts, withDistricts } from "./CityDistricts.ts"
import { cityServer, urlOf } from "./CityServer.ts"
import {
  processorParts,
  shardActors,
  shardingSettings,
  shardQueries,
  shardReports,
  stageSettings
} from "./CityShards.ts"
import { cityStores, historyRetention } from "./CityStores.ts"
import { dataPaths } from "./DataPaths.ts"
import { eventLogBytes, MiB, minRetainedBytes } from "./LogSizes.ts"
import { progressBar } from "./ProgressBar.ts"
import type { CitySettings } from "./Settings.ts"
import { step } from "./StartReport.ts"

/** A step that takes longer shows how far it is. */
const patience = Duration.seconds(2)

/**
 * New data are refused while less of the disk is free: a database that cannot write its log stops, and could not catch up with
 * what was acknowledged.
 */
const diskReserveBytes = 128 * MiB

export const openLogs = (settings: CitySettings) =>
  Effect.gen(function*() {
    const paths = dataPaths(settings.data)
    const crashPoint = yield* CrashPoints
    // A small limit needs small segments, or there is no room to purge.
    const segmentBytes = Math.min(64 * MiB, Math.floor(settings.logLimitBytes / 16))
    return yield* Layer.build(Layer.mergeAll(
      FileLog.observationLogLayer({
        folder: paths.observations,
        name: "observations",
        consumers: ["sensor"],
        segmentBytes,
        limitBytes: settings.logLimitBytes,
        minRetainedBytes: minRetainedBytes(settings),
        reserveBytes: diskReserveBytes,
        afterAppend: crashPoint("after-append-before-acknowledgement")
      }),
      FileLog.partialsLogLayer({ folder: paths.partials, name: "partials", consumers: ["district"] }),
      FileRejectedLog.layer({ folder: paths.rejected }),
      FileEventLog.layer({ folder: paths.events, limitBytes: eventLogBytes, reserveBytes: diskReserveBytes })
    ))
  })

export const openStores = (postgres: EmbeddedPostgres.EmbeddedPostgres) =>
  Effect.gen(function*() {
    const client = yield* Layer.build(PostgresClient.layer({ server: postgres }))
    yield* PostgresMigrations.migrate.pipe(Effect.provide(client))
    const built = yield* Layer.build(cityStores).pipe(Effect.provide(client))
    return Context.merge(client, built)
  })

const cluster = Sharding.layer.pipe(
  // A single runner that stops is told that no healthy one is left: true, and no news.
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error")),
  Layer.provideMerge(Runners.layerNoop),
  Layer.provideMerge(MessageStorage.layerNoop),
  Layer.provide([fencedRunnerStorage.pipe(Layer.provide(RunnerStorage.layerMemory)), RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer(shardingSettings))
)

const actors = (settings: CitySettings) =>
  Layer.mergeAll(shardActors, shardQueries, shardReports).pipe(
    Layer.provideMerge(cluster),
    Layer.provideMerge(processorParts(settings))
  )

const postgresFacts = ({ startedIn, ...server }: EmbeddedPostgres.EmbeddedPostgres): string => {
  const first = startedIn.initialised ? ", made for the first time" : ""
  const orphan = startedIn.stoppedOrphan ? ", after stopping one that an earlier run left behind" : ""
  return `PostgreSQL runs on 127.0.0.1:${server.port}${first}${orphan}`
}

/** Everything but HTTP and sources, ready to take observations. `newCityTimeZone` is for a data folder that has none. */
export const openCity = Effect.fnUntraced(function*(settings: CitySettings, newCityTimeZone: string) {
  const districts = yield* openDistricts(settings)
  yield* step("lock the data folder", `data folder ${settings.data} is ours`, FolderLock.acquire(settings.data))
  const postgres = yield* step("start PostgreSQL", postgresFacts, EmbeddedPostgres.make({ folder: settings.data }))
  const stored = yield* step(
    "bring the database schema up to date",
    "database schema is up to date",
    openStores(postgres)
  )
  yield* Layer.build(historyRetention(settings)).pipe(Effect.provide(stored))
  const logged = yield* step("open the logs", "logs are open, their tails checked", openLogs(settings))
  const platform = yield* Layer.build(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  const edges = withDistricts(districts)(Context.mergeAll(stored, logged, platform))
  const { acting, timeZone } = yield* step(
    "start the shards",
    ({ timeZone }) =>
      `${shardCount} shards hold the state of their sensors and districts; hours of the week in ${timeZone}`,
    openShards(settings, newCityTimeZone, districts).pipe(Effect.provide(edges))
  )
  const door = yield* Layer.build(BatchingDoor.layer()).pipe(Effect.provide(edges))
  return { postgres, timeZone, context: Context.mergeAll(edges, acting, door) }
})

const openShards = Effect.fnUntraced(function*(
  settings: CitySettings,
  newCityTimeZone: string,
  districts: LoadedDistricts
) {
  const acting = yield* Layer.build(actors(settings))
  const configured = Effect.gen(function*() {
    const inForce = yield* configureShards(stageSettings(settings, newCityTimeZone))
    yield* configureDistricts(
      { timeZone: inForce.timeZone, weights: settings.qualityWeights },
      describedMap(districts)
    )
    return inForce
  })
  const { timeZone } = yield* Effect.raceFirst(configured, showCatchUp).pipe(Effect.provide(acting))
  return { acting, timeZone }
})

/** Runs until interrupted: after an interruption of a large replay the shards have something to catch up with, and it shows. */
const showCatchUp = Effect.gen(function*() {
  const shards = yield* ShardStatuses
  yield* Effect.sleep(patience)
  const bar = yield* progressBar("  catching up", process.stdout)
  while (true) {
    const statuses = yield* shards.statuses
    const done = statuses.reduce((sum, { applied }) => sum + applied, 0)
    const lag = statuses.reduce((sum, { lag }) => sum + lag, 0)
    const troubled = statuses.find(({ state }) => state === "failed" || state === "refused")
    const note = troubled === undefined ? "records of the log" : `shard ${troubled.shard}: ${troubled.detail}`
    yield* bar.show({ done, total: done + lag, note })
    yield* Effect.sleep("200 millis")
  }
})

/** The city with its API. */
export const openCityOverHttp = Effect.fnUntraced(function*(settings: CitySettings, newCityTimeZone: string) {
  const { context, postgres, timeZone } = yield* openCity(settings, newCityTimeZone)
  const served = yield* step(
    "open the API",
    (served) => `API on ${urlOf(served)}, open to this machine only, without login`,
    Layer.build(cityServer(settings, timeZone)).pipe(Effect.provide(context))
  )
  return { postgres, timeZone, url: urlOf(served), context: Context.merge(context, served) }
})
