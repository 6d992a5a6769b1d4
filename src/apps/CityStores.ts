/** The stores of a city in Postgres, embedded or beside it. */
import { Effect, Layer } from "effect"
import { CrashPoints } from "../actors/CrashPoints.ts"
import * as HistoryRetention from "../adapters/postgres/HistoryRetention.ts"
import * as PostgresAnomalyStore from "../adapters/postgres/PostgresAnomalyStore.ts"
import * as PostgresCatalogue from "../adapters/postgres/PostgresCatalogue.ts"
import * as PostgresDistrictStore from "../adapters/postgres/PostgresDistrictStore.ts"
import * as PostgresLateStore from "../adapters/postgres/PostgresLateStore.ts"
import * as PostgresShardStore from "../adapters/postgres/PostgresShardStore.ts"
import * as PostgresWindowStore from "../adapters/postgres/PostgresWindowStore.ts"
import * as SensorLocations from "../ingest/SensorLocations.ts"
import type { CitySettings } from "./Settings.ts"

/** State and positions, histories, and the catalogue with the places of sensors. Needs the client. */
export const cityStores = Layer.unwrap(Effect.map(CrashPoints, (crashPoint) =>
  Layer.mergeAll(
    PostgresShardStore.layer({
      hooks: { insideCommit: (shard, stage) => crashPoint("inside-commit", shard, stage) }
    }),
    PostgresWindowStore.layer,
    PostgresLateStore.layer,
    PostgresAnomalyStore.layer,
    PostgresDistrictStore.layer,
    SensorLocations.layer.pipe(Layer.provide(PostgresCatalogue.layer))
  )))

/** Drops what is older than is kept, for as long as the scope is open; of any number of processes. Needs the client. */
export const historyRetention = ({ historyRetention, minuteRetention }: CitySettings) =>
  HistoryRetention.layer({ minutes: minuteRetention, history: historyRetention })
