/**
 * One process of a city of several, by its role. Builds its parts in their order, telling the terminal what it does; the scope takes them
 * down in the opposite order: it says that it drains, takes no new requests, commits every shard and hands it over, and lets
 * go of the servers.
 */
import { Console, Context, Duration, Effect, Layer, Ref } from "effect"
import type { DistrictQueries } from "../actors/DistrictProtocol.ts"
import { keepConfigured } from "../actors/KeepConfigured.ts"
import * as LatestViewWriter from "../actors/LatestViewWriter.ts"
import type { SensorQueries } from "../actors/SensorProtocol.ts"
import type { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import * as NatsInbox from "../adapters/nats/NatsInbox.ts"
import type { Served } from "../http/ServedPaths.ts"
import * as BatchingDoor from "../ingest/BatchingDoor.ts"
import { takeDeliveries } from "../ingest/Deliveries.ts"
import type { LoadedDistricts } from "../ingest/Districts.ts"
import * as SensorLocations from "../ingest/SensorLocations.ts"
import { Catalogue } from "../ports/Catalogue.ts"
import { Readiness, type ReadinessPart } from "../ports/Readiness.ts"
import { noDoor, noQueries } from "./AbsentParts.ts"
import { describedMap, openDistricts, withDistricts } from "./CityDistricts.ts"
import { cityServer, urlOf } from "./CityServer.ts"
import {
  processorParts,
  shardActors,
  shardQueries,
  shardReports,
  shardStates,
  stageSettings,
  tickerOf
} from "./CityShards.ts"
import { historyRetention } from "./CityStores.ts"
import { edgeParts, openClusterEdges } from "./ClusterEdges.ts"
import { clusterClient, runnerCluster, runnersPart } from "./RunnerCluster.ts"
import type { CitySettings, Role } from "./Settings.ts"
import { step } from "./StartReport.ts"

interface Duties {
  /** Of the API. */
  readonly serves: Served
  readonly holdsShards: boolean
  readonly takesIn: boolean
  /** What follows when the stores are away. */
  readonly withoutStores: string
}

const duties: Readonly<Record<Role, Duties>> = {
  all: {
    serves: "everything",
    holdsShards: true,
    takesIn: true,
    withoutStores: "observations are acknowledged, shards stand still, stop after a minute, and go on when it is back"
  },
  ingest: {
    serves: "observations",
    holdsShards: false,
    takesIn: true,
    withoutStores: "observations are acknowledged as before"
  },
  actors: {
    serves: "operations",
    holdsShards: true,
    takesIn: false,
    withoutStores: "shards stand still, stop after a minute, and go on when it is back"
  },
  api: {
    serves: "questions",
    holdsShards: false,
    takesIn: false,
    withoutStores: "the history cannot be asked; the present is answered as it was"
  }
}

type City = Context.Context<SensorQueries | DistrictQueries | ShardStatuses>
type Edges = Effect.Success<ReturnType<typeof openClusterEdges>>

const asList = (part: Effect.Effect<ReadinessPart>): Effect.Effect<ReadonlyArray<ReadinessPart>> =>
  Effect.map(part, (part) => [part])

/** This process holds shards: those of them that it is assigned, for as long as it lives. */
const holdShards = Effect.fnUntraced(function*(
  settings: CitySettings,
  timeZone: string,
  districts: LoadedDistricts,
  edges: Edges
) {
  const city = yield* Layer.build(
    Layer.mergeAll(shardActors, shardQueries, shardReports).pipe(
      Layer.provideMerge(runnerCluster(settings)),
      Layer.provideMerge(processorParts(settings))
    )
  ).pipe(Effect.provide(edges))
  const all = Context.merge(edges, city)
  yield* keepConfigured({
    shards: stageSettings(settings, timeZone),
    districts: { weights: settings.qualityWeights },
    map: describedMap(districts)
  }).pipe(Effect.provide(all), Effect.forkScoped)
  yield* Layer.build(historyRetention(settings)).pipe(Effect.provide(edges))
  yield* tickerOf(settings).pipe(Effect.provide(all), Effect.forkScoped)
  yield* Layer.build(LatestViewWriter.layer).pipe(Effect.provide(all))
  return { city: city as City, runners: asList(yield* Effect.provide(runnersPart, all)) }
})

/** This process asks the shards of others. */
const askShards = Effect.fnUntraced(function*(edges: Edges) {
  const city = yield* Layer.build(
    Layer.mergeAll(shardQueries, shardReports).pipe(
      Layer.provideMerge(clusterClient),
      Layer.provideMerge(shardStates)
    )
  ).pipe(Effect.provide(edges))
  // Only the first question about a sensor asks the database whether there is one; most of those are spared.
  yield* Effect.forkScoped(Effect.ignore(Context.get(edges, Catalogue).load))
  return { city: city as City, runners: asList(yield* Effect.provide(runnersPart, city)) }
})

const askNobody = Effect.fnUntraced(function*(edges: Edges) {
  const city = yield* Layer.build(
    Layer.mergeAll(noQueries, shardReports).pipe(Layer.provideMerge(shardStates))
  ).pipe(Effect.provide(edges))
  return { city: city as City, runners: Effect.succeed<ReadonlyArray<ReadinessPart>>([]) }
})

/** Beside HTTP, observations are taken from INBOX; places of sensors are followed, as their shards are elsewhere. */
const takeIn = Effect.fnUntraced(function*(settings: CitySettings) {
  yield* Effect.forkScoped(SensorLocations.follow())
  const inbox = yield* NatsInbox.make({ prefix: settings.natsPrefix, replicas: settings.logReplicas })
  yield* Effect.forkScoped(takeDeliveries(inbox))
})

const drainingPart: ReadinessPart = {
  name: "process",
  state: "not-ready",
  detail: "it was told to stop and will in a moment; ask another one"
}

/** The process with its API. `newCityTimeZone` is for a city that is not set to be in one. */
export const openClusterCity = Effect.fnUntraced(function*(
  settings: CitySettings,
  role: Role,
  newCityTimeZone: string
) {
  const { holdsShards, serves, takesIn, withoutStores } = duties[role]
  const timeZone = settings.timeZone ?? newCityTimeZone
  const districts = yield* openDistricts(settings)
  const edges = withDistricts(districts)(yield* openClusterEdges(settings, role))
  const { city, runners } = yield* step(
    "join the city",
    `in the city as ${role}`,
    holdsShards
      ? holdShards(settings, timeZone, districts, edges)
      : role === "api"
      ? askShards(edges)
      : askNobody(edges)
  )
  const door = yield* Layer.build(takesIn ? BatchingDoor.layer() : noDoor).pipe(Effect.provide(edges))
  if (takesIn) yield* takeIn(settings).pipe(Effect.provide(Context.merge(edges, door)))
  const isDraining = yield* Ref.make(false)
  const parts = yield* Effect.provide(edgeParts(withoutStores), edges)
  const readiness = {
    hasShards: holdsShards,
    parts: Effect.gen(function*() {
      const drain = (yield* Ref.get(isDraining)) ? [drainingPart] : []
      return [...drain, ...(yield* parts), ...(yield* runners)]
    })
  }
  const context = Context.mergeAll(edges, city, door)
  const served = yield* step(
    "open the API",
    (served) => `API on ${urlOf(served)}, open to this machine only, without login`,
    Layer.build(cityServer(settings, timeZone, serves)).pipe(
      Effect.provide(Context.add(context, Readiness, readiness))
    )
  )
  yield* Effect.addFinalizer(() => drain(isDraining, settings.drainTime))
  return { timeZone, url: urlOf(served), context: Context.merge(context, served) }
})

/** Says so at `/health/ready`, so that a balancer sends nothing new, while requests are still answered. */
const drain = Effect.fnUntraced(function*(isDraining: Ref.Ref<boolean>, drainTime: Duration.Duration) {
  yield* Ref.set(isDraining, true)
  if (Duration.isZero(drainTime)) return
  yield* Console.log(`  … draining for ${Duration.format(drainTime)}`)
  yield* Effect.sleep(drainTime)
})
