/**
 * Queries about sensors from anywhere in the cluster: from the shard when it is in this process, else through its entity. An
 * id the catalogue does not know is refused before anything is addressed, so asking never makes an entity. Lists of a shard that is
 * elsewhere come from the view of the latest values, where the profile has one and it is fresh; whatever it lacks, the door of
 * the shard has.
 */
import { Effect, Layer, Metric } from "effect"
import { Catalogue } from "../ports/Catalogue.ts"
import { LatestView, type LatestViewService } from "../ports/LatestView.ts"
import type { Baseline } from "../schemas/Baseline.ts"
import type { SensorDetail } from "../schemas/Sensor.ts"
import type { SensorFilter, ShardSensorPage } from "../schemas/SensorFilter.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { Window } from "../schemas/Window.ts"
import { pageFrom } from "./LatestPages.ts"
import { LocalShards } from "./LocalShards.ts"
import { remoteAnswer } from "./RemoteAnswers.ts"
import { answers } from "./SensorAnswers.ts"
import {
  DatastreamUnknown,
  SensorProtocol,
  SensorQueries,
  type SensorQueryError,
  SensorUnknown,
  ShardDoorProtocol,
  ShardNotReady
} from "./SensorProtocol.ts"
import * as Queries from "./SensorShardQueries.ts"
import type { SensorShard } from "./SensorStage.ts"
import { nameInShard } from "./ShardNames.ts"

const isOfProtocol = <E extends SensorUnknown | DatastreamUnknown>(error: unknown): error is E =>
  error instanceof SensorUnknown || error instanceof DatastreamUnknown

export const sensorQueriesLayer = Layer.effect(
  SensorQueries,
  Effect.gen(function*() {
    const local = yield* LocalShards
    const catalogue = yield* Catalogue
    const sensorClient = yield* SensorProtocol.client
    const doorClient = yield* ShardDoorProtocol.client
    const view = yield* LatestView
    const doors = new Map(shards.map((shard) => [shard, nameInShard("door", shard)]))

    /** Asks the shard here, or the entity where it is; a sensor nobody knows is never addressed. */
    const ask = <A, E extends SensorUnknown | DatastreamUnknown>(
      sensorId: string,
      here: (shard: SensorShard) => Effect.Effect<A, E | ShardNotReady>,
      there: (client: ReturnType<typeof sensorClient>) => Effect.Effect<A, unknown>
    ): Effect.Effect<A, E | SensorQueryError> => {
      const shard = shardOf(sensorId)
      if (local.has(shard)) return Effect.flatMap(local.ready(shard), here)
      return Effect.flatMap(
        catalogue.knows(sensorId),
        (known): Effect.Effect<A, E | SensorQueryError> =>
          known
            ? remoteAnswer(shard, there(sensorClient(sensorId)), isOfProtocol<E>)
            : Effect.fail(new SensorUnknown({ sensorId }))
      )
    }

    return SensorQueries.of({
      detail: (sensorId) =>
        ask<SensorDetail, SensorUnknown>(
          sensorId,
          (shard) => answers.detail(shard, sensorId),
          (client) => client.Detail()
        ),
      openWindows: (sensorId, property, size) =>
        ask<ReadonlyArray<Window>, SensorUnknown | DatastreamUnknown>(
          sensorId,
          (shard) => answers.openWindows(shard, sensorId, property, size),
          (client) => client.OpenWindows({ property, size })
        ),
      baseline: (sensorId, property) =>
        ask<Baseline, SensorUnknown | DatastreamUnknown>(
          sensorId,
          (shard) => answers.baseline(shard, sensorId, property),
          (client) => client.Baseline({ property })
        ),
      sensorsOfShard: (shard, from, limit, filter) =>
        local.has(shard)
          ? Effect.map(local.ready(shard), (state) => Queries.sensors(state, from, limit, filter))
          : viewedFirst(
            view,
            [shard, from, limit, filter],
            remoteAnswer(shard, doorClient(doors.get(shard) ?? "").Sensors({ shard, from, limit, filter }))
          )
    })
  })
)

const shardPages = Metric.counter("vicinity_actors_shard_pages_total", {
  description: "Pages of lists of shards that are elsewhere, by who gave them",
  incremental: true
})
const ofView = Metric.withAttributes(shardPages, { from: "view" })
const ofDoor = Metric.withAttributes(shardPages, { from: "door" })

/** From the view where there is one that has it, else from the door. */
const viewedFirst = (
  view: LatestViewService | undefined,
  question: readonly [shard: number, from: number, limit: number, filter: SensorFilter],
  door: Effect.Effect<ShardSensorPage, ShardNotReady>
): Effect.Effect<ShardSensorPage, ShardNotReady> => {
  const counted = Effect.andThen(Metric.update(ofDoor, 1), door)
  return view === undefined ? counted : Effect.matchEffect(pageFrom(view, ...question), {
    onFailure: () => counted,
    onSuccess: (page) => page === undefined ? counted : Effect.as(Metric.update(ofView, 1), page)
  })
}
