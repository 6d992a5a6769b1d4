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
import { Sensor, SensorDetail, SensorHealth } from "../schemas/Sensor.ts"
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

/** Filters of a list of sensors; all given ones must hold. */
export const SensorFilter = Schema.Struct({
  property: Schema.optionalKey(Schema.String),
  district: Schema.optionalKey(Schema.String),
  health: Schema.optionalKey(SensorHealth),
  /** West, south, east, north in degrees; west > east crosses the antimeridian (RFC 7946 §5.2). */
  bbox: Schema.optionalKey(Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite]))
})
export type SensorFilter = typeof SensorFilter.Type

/** A page of the sensors of one shard: those numbered `from` and up. `next` is null at the end of the shard. */
export const ShardSensorPage = Schema.Struct({ items: Schema.Array(Sensor), next: Schema.NullOr(Schema.Int) })
export type ShardSensorPage = typeof ShardSensorPage.Type

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
