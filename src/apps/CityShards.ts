/** What runs and answers for the shards of a process, whichever cluster they are divided by. */
import { Duration, Layer } from "effect"
import * as CityMetrics from "../actors/CityMetrics.ts"
import { districtQueriesLayer } from "../actors/ClusterDistrictQueries.ts"
import { sensorQueriesLayer } from "../actors/ClusterSensorQueries.ts"
import { districtDoorLayer, districtEntityLayer, districtStageLayer } from "../actors/DistrictActor.ts"
import { Epochs } from "../actors/Epochs.ts"
import { LocalDistricts } from "../actors/LocalDistricts.ts"
import { LocalShards } from "../actors/LocalShards.ts"
import { shardStatusesLayer } from "../actors/LocalShardStatuses.ts"
import { ProcessorMetrics } from "../actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../actors/ProcessorPermits.ts"
import { defaultProcessorSettings, ProcessorSettingsInForce } from "../actors/ProcessorSettings.ts"
import { sensorEntityLayer, sensorStageLayer, shardDoorLayer } from "../actors/SensorActor.ts"
import { tickWhenLive, tickWhileLive } from "../actors/Ticker.ts"
import { shardCount } from "../schemas/Shards.ts"
import type { CitySettings } from "./Settings.ts"

/** Commits under way at once: one that waits for the disk and one that is written. */
const commitsAtOnce = 2

/** What every process of a city must have in common. */
export const shardingSettings = {
  shardsPerGroup: shardCount,
  maxResidentEntities: "unbounded",
  simulateRemoteSerialization: false
} as const

/** Where the state of shards is kept in this process; empty where it has none. */
export const shardStates = Layer.mergeAll(LocalShards.layer, LocalDistricts.layer)

/** How the shards of this process are; of a process without shards, nothing. */
export const shardReports = Layer.provideMerge(CityMetrics.layer, shardStatusesLayer)

/** Questions to shards, wherever they are. */
export const shardQueries = Layer.mergeAll(sensorQueriesLayer, districtQueriesLayer)

/** The processors and entities, which need a cluster. */
export const shardActors = Layer.mergeAll(
  sensorStageLayer,
  sensorEntityLayer,
  shardDoorLayer,
  districtStageLayer,
  districtEntityLayer,
  districtDoorLayer
)

/** What processors share, and the epochs that whoever divides the shards raises. */
export const processorParts = (settings: CitySettings) =>
  Layer.mergeAll(
    shardStates,
    Epochs.layer,
    ProcessorMetrics.layer,
    ProcessorPermits.layer(commitsAtOnce),
    Layer.succeed(ProcessorSettingsInForce, { ...defaultProcessorSettings, commitInterval: settings.commitInterval })
  )

/** Tells the shards of this process what time it is, until interrupted. */
export const tickerOf = ({ ticks }: CitySettings) => ticks === "always" ? tickWhileLive : tickWhenLive

/** Settings of the sensor shards. */
export const stageSettings = (settings: CitySettings, newCityTimeZone: string) => ({
  timeZone: settings.timeZone,
  newCityTimeZone,
  idleTimeoutMillis: Duration.toMillis(settings.idleTimeout),
  latenessMillis: settings.latenessMillis
})
