/**
 * What one may ask of a district, wherever its shard lives. As with sensors, the entity only reads; `DistrictQueries` is the door for
 * callers and refuses ids nobody knows before an entity is addressed.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { DistrictState, DistrictView } from "../schemas/DistrictState.ts"
import { ShardNotReady } from "./SensorProtocol.ts"

export class DistrictUnknown extends Schema.TaggedError<DistrictUnknown>()("DistrictUnknown", {
  district: Schema.String
}) {
  override get message(): string {
    return `there is no district "${this.district}": nothing of that name is on the map or was ever observed`
  }
}

const DistrictErrors = Schema.Union([ShardNotReady, DistrictUnknown])

export const DistrictProtocol = Entity.make("District", [
  Rpc.make("Current", { success: DistrictView, error: DistrictErrors }),
  /** Its newest state, then every one that becomes public. */
  Rpc.make("Live", { success: DistrictState, error: DistrictErrors, stream: true })
])

/** One entity per shard: answers what concerns many of its districts, and whether there is one. */
export const DistrictDoorProtocol = Entity.make("DistrictDoor", [
  Rpc.make("Districts", {
    /** Those after this id, in the order of ids; at most `limit`. */
    payload: { shard: Schema.Int, after: Schema.String, limit: Schema.Int },
    success: Schema.Array(DistrictView),
    error: ShardNotReady
  }),
  Rpc.make("Find", {
    payload: { shard: Schema.Int, district: Schema.String },
    success: Schema.NullOr(DistrictView),
    error: ShardNotReady
  })
])

export class DistrictQueries extends Context.Service<DistrictQueries, {
  readonly district: (id: string) => Effect.Effect<DistrictView, ShardNotReady | DistrictUnknown>
  /** Districts after an id, in the order of ids (by code unit), at most `limit`. */
  readonly districts: (after: string, limit: number) => Effect.Effect<ReadonlyArray<DistrictView>, ShardNotReady>
  /** The newest state of a district, then every one that becomes public; none is promised to be complete. */
  readonly live: (id: string) => Stream.Stream<DistrictState, ShardNotReady | DistrictUnknown>
}>()("vicinity/actors/DistrictQueries") {}
