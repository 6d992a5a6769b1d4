/**
 * The embedded profile: everything in one process and one data folder, a real PostgreSQL and a file log beside it, bound to
 * loopback. Builds the parts in their order, telling the terminal what it does; the scope takes them down in the opposite
 * order: no new requests, then every shard commits, then logs and database close, then the folder is free.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodePath from "@effect/platform-node/NodePath"
import { Context, Duration, Effect, Layer, References } from "effect"
import { MessageStorage, RunnerHealth, Runners, RunnerStorage, Sharding, ShardingConfig } from "effect/cluster"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as CityMetrics from "../actors/CityMetrics.ts"
import { districtQueriesLayer } from "../actors/ClusterDistrictQueries.ts"
import { sensorQueriesLayer } from "../actors/ClusterSensorQueries.ts"
import { CrashPoints } from "../actors/CrashPoints.ts"
import { districtDoorLayer, districtEntityLayer, districtStageLayer } from "../actors/DistrictActor.ts"
import { configureDistricts } from "../actors/DistrictConfiguration.ts"
import { Epochs, fencedRunnerStorage } from "../actors/Epochs.ts"
import { LocalDistricts } from "../actors/LocalDistricts.ts"
import { LocalShards } from "../actors/LocalShards.ts"
import { shardStatusesLayer } from "../actors/LocalShardStatuses.ts"
import { ProcessorMetrics } from "../actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../actors/ProcessorPermits.ts"
import { defaultProcessorSettings, ProcessorSettingsInForce } from "../actors/ProcessorSettings.ts"
import { sensorEntityLayer, sensorStageLayer, shardDoorLayer } from "../actors/SensorActor.ts"
import { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { configureShards } from "../actors/StageConfiguration.ts"
import * as EmbeddedPostgres from "../adapters/embedded/EmbeddedPostgres.ts"
import * as FileEventLog from "../adapters/embedded/FileEventLog.ts"
import * as FileLog from "../adapters/embedded/FileLog.ts"
import * as FileRejectedLog from "../adapters/embedded/FileRejectedLog.ts"
import * as FolderLock from "../adapters/embedded/FolderLock.ts"
import { h3Outline, h3Placement } from "../adapters/h3/H3Placement.ts"
import * as PostgresCatalogue from "../adapters/postgres/PostgresCatalogue.ts"
import * as PostgresClient from "../adapters/postgres/PostgresClient.ts"
import * as PostgresDistrictStore from "../adapters/postgres/PostgresDistrictStore.ts"
import * as PostgresLateStore from "../adapters/postgres/PostgresLateStore.ts"
import * as PostgresMigrations from "../adapters/postgres/PostgresMigrations.ts"
import * as PostgresShardStore from "../adapters/postgres/PostgresShardStore.ts"
import * as PostgresWindowStore from "../adapters/postgres/PostgresWindowStore.ts"
import * as CityHttp from "../http/CityHttp.ts"
import * as BatchingDoor from "../ingest/BatchingDoor.ts"
import { geoJsonPlacement, loadDistricts, type LoadedDistricts } from "../ingest/Districts.ts"
import { Placement } from "../ingest/Placement.ts"
import * as SensorLocations from "../ingest/SensorLocations.ts"
import { districtShapes } from "../ingest/simulation/DistrictShapes.ts"
import { DistrictMap } from "../ports/DistrictMap.ts"
import { shardCount } from "../schemas/Shards.ts"
import { progressBar } from "./ProgressBar.ts"
import type { CitySettings } from "./Settings.ts"
import { step } from "./StartReport.ts"
import { version } from "./Version.ts"

/** A step that takes longer shows how far it is. */
const patience = Duration.seconds(2)

/** Commits under way at once: one that waits for the disk and one that is written. */
const commitsAtOnce = 2

const MiB = 1024 * 1024

/**
 * New data are refused while less of the disk is free: a database that cannot write its log stops, and could not catch up with
 * what was acknowledged.
 */
const diskReserveBytes = 128 * MiB

/** Events of the city that stay for those who come back; the oldest go first. At 2 KiB an event half a million. */
const eventLogBytes = 1024 * MiB

/** Where `npm install`, or `npm start`, has built the page (dashboard/build.mjs). */
const pageFolder = fileURLToPath(new URL("../../dashboard/dist", import.meta.url))

/** Folders and files below the data folder. */
export const dataPaths = (data: string) => ({
  observations: join(data, "observations"),
  partials: join(data, "partials"),
  rejected: join(data, "rejected"),
  events: join(data, "events"),
  replay: join(data, "replay")
})

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
        minRetainedBytes: Math.min(256 * MiB, Math.floor(settings.logLimitBytes / 4)),
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
    const crashPoint = yield* CrashPoints
    const client = yield* Layer.build(PostgresClient.layer({ server: postgres }))
    yield* PostgresMigrations.migrate.pipe(Effect.provide(client))
    const built = yield* Layer.build(Layer.mergeAll(
      PostgresShardStore.layer({
        hooks: { insideCommit: (shard, stage) => crashPoint("inside-commit", shard, stage) }
      }),
      PostgresWindowStore.layer,
      PostgresLateStore.layer,
      PostgresDistrictStore.layer,
      SensorLocations.layer.pipe(Layer.provide(PostgresCatalogue.layer))
    )).pipe(Effect.provide(client))
    return Context.merge(client, built)
  })

const cluster = Sharding.layer.pipe(
  // A single runner that stops is told that no healthy one is left: true, and no news.
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error")),
  Layer.provideMerge(Runners.layerNoop),
  Layer.provideMerge(MessageStorage.layerNoop),
  Layer.provide([fencedRunnerStorage.pipe(Layer.provide(RunnerStorage.layerMemory)), RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer({
    shardsPerGroup: shardCount,
    maxResidentEntities: "unbounded",
    simulateRemoteSerialization: false
  }))
)

const actors = (settings: CitySettings) =>
  Layer.mergeAll(
    sensorStageLayer,
    sensorEntityLayer,
    shardDoorLayer,
    sensorQueriesLayer,
    districtStageLayer,
    districtEntityLayer,
    districtDoorLayer,
    districtQueriesLayer,
    Layer.provideMerge(CityMetrics.layer, shardStatusesLayer)
  ).pipe(
    Layer.provideMerge(cluster),
    Layer.provideMerge(Layer.mergeAll(
      LocalShards.layer,
      LocalDistricts.layer,
      Epochs.layer,
      ProcessorMetrics.layer,
      ProcessorPermits.layer(commitsAtOnce),
      Layer.succeed(ProcessorSettingsInForce, { ...defaultProcessorSettings, commitInterval: settings.commitInterval })
    ))
  )

const http = (settings: CitySettings, timeZone: string) =>
  CityHttp.layer({
    version,
    timeZone,
    // A page of some other origin must not reach the open API under a name of its own (DNS rebinding).
    hosts: ["localhost", "127.0.0.1", "[::1]"],
    pageFolder,
    limits: { queries: settings.queryLimit, observations: settings.observationLimit },
    memory: () => ({ ...process.memoryUsage() })
  }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: settings.host, port: settings.port }))
  )

const postgresFacts = ({ startedIn, ...server }: EmbeddedPostgres.EmbeddedPostgres): string => {
  const first = startedIn.initialised ? ", made for the first time" : ""
  const orphan = startedIn.stoppedOrphan ? ", after stopping one that an earlier run left behind" : ""
  return `PostgreSQL runs on 127.0.0.1:${server.port}${first}${orphan}`
}

/** Where the server listens, as a URL. */
const urlOf = (context: Context.Context<HttpServer.HttpServer>): string =>
  HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)

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
  const logged = yield* step("open the logs", "logs are open, their tails checked", openLogs(settings))
  const platform = yield* Layer.build(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  const edges = Context.mergeAll(stored, logged, platform).pipe(
    Context.add(Placement, districts.placement),
    Context.add(DistrictMap, { outlineOf: (id) => districts.outlines.get(id) ?? h3Outline(id) })
  )
  const { acting, timeZone } = yield* step(
    "start the shards",
    ({ timeZone }) =>
      `${shardCount} shards hold the state of their sensors and districts; hours of the week in ${timeZone}`,
    openShards(settings, newCityTimeZone, districts).pipe(Effect.provide(edges))
  )
  const door = yield* Layer.build(BatchingDoor.layer()).pipe(Effect.provide(edges))
  return { postgres, timeZone, context: Context.mergeAll(edges, acting, door) }
})

/** Which district a place is in: from the map of the settings, that of the simulated city, or a grid. */
const openDistricts = Effect.fnUntraced(function*(settings: CitySettings) {
  const isSimulated = settings.source === "simulation" && settings.districts === undefined
  const loaded = yield* step(
    "read the districts",
    ({ words }) => `districts: ${words}`,
    isSimulated
      ? geoJsonPlacement(JSON.stringify(districtShapes()), { file: "the simulated Helsinki" })
      : loadDistricts({
        file: settings.districts,
        idProperty: settings.districtId,
        nameProperty: settings.districtName,
        leaveOut: [...settings.districtLeaveOut],
        h3Resolution: settings.h3Resolution,
        cells: h3Placement
      }).pipe(Effect.provide(NodeFileSystem.layer))
  )
  for (const warning of loaded.warnings) yield* Effect.logWarning(warning)
  return loaded
})

const openShards = Effect.fnUntraced(function*(
  settings: CitySettings,
  newCityTimeZone: string,
  { districts, placement }: LoadedDistricts
) {
  const acting = yield* Layer.build(actors(settings))
  const configured = Effect.gen(function*() {
    const inForce = yield* configureShards({
      timeZone: settings.timeZone,
      newCityTimeZone,
      idleTimeoutMillis: Duration.toMillis(settings.idleTimeout),
      latenessMillis: settings.latenessMillis
    })
    yield* configureDistricts(
      { timeZone: inForce.timeZone, weights: settings.qualityWeights },
      { version: districts.length === 0 ? 0 : placement.version, districts }
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
    Layer.build(http(settings, timeZone)).pipe(Effect.provide(context))
  )
  return { postgres, timeZone, url: urlOf(served), context: Context.merge(context, served) }
})
