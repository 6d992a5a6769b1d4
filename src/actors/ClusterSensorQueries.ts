/**
 * Queries about sensors from anywhere in the cluster: from the shard when it is in this process, else through its entity. An
 * id the catalogue does not know is refused before anything is addressed, so asking never makes an entity.
 */
import { Duration, Effect, Layer } from "effect"
import { Catalogue } from "../ports/Catalogue.ts"
import type { Baseline } from "../schemas/Baseline.ts"
import type { SensorDetail } from "../schemas/Sensor.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { Window } from "../schemas/Window.ts"
import { LocalShards } from "./LocalShards.ts"
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

/** A query that a runner does not answer in this time is answered with `ShardNotReady`. */
const queryTimeout = Duration.seconds(2)

export const sensorQueriesLayer = Layer.effect(
  SensorQueries,
  Effect.gen(function*() {
    const local = yield* LocalShards
    const catalogue = yield* Catalogue
    const sensorClient = yield* SensorProtocol.client
    const doorClient = yield* ShardDoorProtocol.client
    const doors = new Map(shards.map((shard) => [shard, nameInShard("door", shard)]))

    /** Asks the shard here, or the entity where it is; a sensor nobody knows is never addressed. */
    const ask = <A, E>(
      sensorId: string,
      here: (shard: SensorShard) => Effect.Effect<A, E | ShardNotReady>,
      there: (client: ReturnType<typeof sensorClient>) => Effect.Effect<A, unknown>
    ): Effect.Effect<A, E | SensorQueryError> => {
      const shard = shardOf(sensorId)
      if (local.has(shard)) return Effect.flatMap(local.ready(shard), here)
      return Effect.flatMap(
        catalogue.knows(sensorId),
        (known): Effect.Effect<A, E | SensorQueryError> =>
          known ? remote<E>()(shard, there(sensorClient(sensorId))) : Effect.fail(new SensorUnknown({ sensorId }))
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
          : remote<never>()(shard, doorClient(doors.get(shard) ?? "").Sensors({ shard, from, limit, filter }))
    })
  })
)

const isDomainError = (error: unknown): error is SensorUnknown | DatastreamUnknown | ShardNotReady =>
  error instanceof SensorUnknown || error instanceof DatastreamUnknown || error instanceof ShardNotReady

/** A remote answer: what is not one of ours (no runner, full mailbox, time-out) becomes `ShardNotReady`. */
const remote = <E>() => <A>(shard: number, answer: Effect.Effect<A, unknown>): Effect.Effect<A, E | ShardNotReady> =>
  answer.pipe(
    Effect.timeout(queryTimeout),
    Effect.mapError((error) =>
      isDomainError(error)
        ? error as E | ShardNotReady
        : new ShardNotReady({ shard, detail: `its runner did not answer: ${String(error)}` })
    )
  )
