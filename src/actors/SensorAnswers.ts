/** Answers about one sensor from the state of its shard; the entity and local callers give the same. */
import { Effect } from "effect"
import type { WindowSize } from "../schemas/Window.ts"
import { DatastreamUnknown, SensorUnknown } from "./SensorProtocol.ts"
import * as Queries from "./SensorShardQueries.ts"
import type { SensorShard } from "./SensorStage.ts"

const slotOf = (
  shard: SensorShard,
  sensorId: string,
  property: string
): Effect.Effect<number, SensorUnknown | DatastreamUnknown> => {
  const slot = Queries.slotOf(shard, sensorId, property)
  return slot >= 0
    ? Effect.succeed(slot)
    : Effect.fail(slot === -1 ? new SensorUnknown({ sensorId }) : new DatastreamUnknown({ sensorId, property }))
}

export const answers = {
  detail: (shard: SensorShard, sensorId: string) => {
    const found = Queries.detail(shard, sensorId)
    return found === undefined ? Effect.fail(new SensorUnknown({ sensorId })) : Effect.succeed(found)
  },
  openWindows: (shard: SensorShard, sensorId: string, property: string, size: WindowSize) =>
    Effect.map(slotOf(shard, sensorId, property), (slot) => Queries.openWindows(shard, slot, size)),
  baseline: (shard: SensorShard, sensorId: string, property: string) =>
    Effect.map(slotOf(shard, sensorId, property), (slot) => Queries.baseline(shard, slot))
}
