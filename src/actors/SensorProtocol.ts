/**
 * What one may ask of a sensor, wherever its shard lives. The entity only reads: its handlers answer from the state of the
 * shard it is on. `SensorQueries` is the door for callers: it refuses ids the catalogue does not know before anything is
 * addressed, answers from this process when the shard is here, and else asks the entity.
 */
import { Context, type Effect, Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import type { StoreUnavailable } from "../ports/ShardStore.ts"
import { Baseline } from "../schemas/Baseline.ts"
import { SensorDetail } from "../schemas/Sensor.ts"
import { SensorFilter, ShardSensorPage } from "../schemas/SensorFilter.ts"
import { Window, WindowSize } from "../schemas/Window.ts"

/** The shard of the sensor is being loaded, moved or repaired: ask again in a moment. */
export class ShardNotReady extends Schema.TaggedError<ShardNotReady>()("ShardNotReady", {
  shard: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return `shard ${this.shard} is not ready: ${this.detail}`
  }
}

export class SensorUnknown extends Schema.TaggedError<SensorUnknown>()("SensorUnknown", { sensorId: Schema.String }) {
  override get message(): string {
    return `no sensor "${this.sensorId}" has ever been observed or described here`
  }
}

/** The sensor is known but has never reported this property. */
export class DatastreamUnknown extends Schema.TaggedError<DatastreamUnknown>()("DatastreamUnknown", {
  sensorId: Schema.String,
  property: Schema.String
}) {
  override get message(): string {
    return `sensor "${this.sensorId}" has never reported "${this.property}"`
  }
}

export const SensorErrors = Schema.Union([ShardNotReady, SensorUnknown, DatastreamUnknown])

export const SensorProtocol = Entity.make("Sensor", [
  Rpc.make("Detail", { success: SensorDetail, error: SensorErrors }),
  Rpc.make("OpenWindows", {
    payload: { property: Schema.String, size: WindowSize },
    success: Schema.Array(Window),
    error: SensorErrors
  }),
  Rpc.make("Baseline", { payload: { property: Schema.String }, success: Baseline, error: SensorErrors })
])

/** One entity per shard: answers what concerns many of its sensors. */
export const ShardDoorProtocol = Entity.make("ShardDoor", [
  Rpc.make("Sensors", {
    payload: { shard: Schema.Int, from: Schema.Int, limit: Schema.Int, filter: SensorFilter },
    success: ShardSensorPage,
    error: ShardNotReady
  })
])

export type SensorQueryError = ShardNotReady | SensorUnknown | StoreUnavailable

export class SensorQueries extends Context.Service<SensorQueries, {
  readonly detail: (sensorId: string) => Effect.Effect<SensorDetail, SensorQueryError>
  /** Windows that are open (final: false), behind sealed ones that may not be stored yet; ascending by start. */
  readonly openWindows: (
    sensorId: string,
    property: string,
    size: WindowSize
  ) => Effect.Effect<ReadonlyArray<Window>, SensorQueryError | DatastreamUnknown>
  readonly baseline: (
    sensorId: string,
    property: string
  ) => Effect.Effect<Baseline, SensorQueryError | DatastreamUnknown>
  /** Sensors of one shard from number `from`; the caller goes through the shards in order. */
  readonly sensorsOfShard: (
    shard: number,
    from: number,
    limit: number,
    filter: SensorFilter
  ) => Effect.Effect<ShardSensorPage, ShardNotReady>
}>()("vicinity/actors/SensorQueries") {}
