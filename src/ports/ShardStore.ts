/**
 * State and position of shards, kept together. Promises:
 * 1. `acquire` raises the epoch of (stage, shard): from then on every commit under an older epoch fails with `Fenced`.
 * 2. A commit is one transaction: epoch check, changed state, position, new sensors and datastreams, sealed windows,
 *    late and quarantined observations, anomalies, revisions of districts. After any crash either all of it is there or nothing.
 * 3. `load` gives what the last commit left, exactly.
 * 4. A commit that failed with `StoreUnavailable` may have been done or not; the same object given again, with a
 *    position beyond that of the commit before it, is done once in all.
 */
import { Context, type Effect, Schema } from "effect"
import type { AnomalyRevision } from "../schemas/Anomaly.ts"
import type { Position } from "./ShardedLog.ts"

export type StageName = "sensor" | "district"

/** Somebody else has acquired the shard: this processor must stop until it acquires again. */
export class Fenced extends Schema.TaggedError<Fenced>()("Fenced", {
  stage: Schema.String,
  shard: Schema.Int,
  epoch: Schema.Int
}) {
  override get message(): string {
    return `${this.stage} shard ${this.shard}: epoch ${this.epoch} is no longer the newest`
  }
}

export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `store ${this.operation}: ${String(this.cause)}`
  }
}

/** Datastreams of a shard are numbered from 0 in the order of their first observation. */
export interface NewDatastream {
  readonly slot: number
  readonly sensorId: string
  /** Number of the property in the catalogue. */
  readonly property: number
}

/** A sensor as last known; sensors of a shard are numbered from 0 too. */
export interface SensorRow {
  readonly number: number
  readonly sensorId: string
  readonly name: string
  readonly longitude: number | null
  readonly latitude: number | null
  readonly district: string | null
}

/** Sealed windows as columns; row `i` is the window `[start[i], start[i] + size[i])` of datastream `slot[i]`. */
export interface WindowColumns {
  /** Rows used. */
  readonly length: number
  readonly slot: Int32Array
  /** Milliseconds. */
  readonly size: Int32Array
  readonly start: Float64Array
  readonly count: Int32Array
  readonly mean: Float64Array
  readonly variance: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
  readonly last: Float64Array
}

/** Observations that came for a sealed pane, as columns in the order of the log; times in epoch milliseconds. */
export interface LateColumns {
  /** Rows used. */
  readonly length: number
  readonly slot: Int32Array
  readonly phenomenonTime: Float64Array
  /** NaN: none. */
  readonly resultTime: Float64Array
  readonly result: Float64Array
  readonly receivedAt: Float64Array
}

/** An anomaly as it is known now: it takes the place of an older revision. */
export interface AnomalyRow extends AnomalyRevision {
  readonly slot: number
}

/** Opaque bytes of the state of a group of neighbouring slots, or of one datastream's baseline. */
export interface StatePart {
  readonly number: number
  readonly bytes: Uint8Array
}

/** A revision of a district's window. */
export interface DistrictWindowRow {
  readonly district: string
  readonly property: string
  /** Milliseconds. */
  readonly size: number
  /** Epoch milliseconds. */
  readonly start: number
  readonly revision: number
  readonly final: boolean
  /** Epoch milliseconds, in the time of the log. */
  readonly knownAt: number
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  readonly last: number
  /** With a value in the window; that belong here; of them, that report; of them, that are ill. */
  readonly sensors: number
  readonly expected: number
  readonly seen: number
  readonly ill: number
  /** Σ of the health weights of the sensors with a value. */
  readonly weight: number
  /** Observations beyond the first and second threshold of the property. */
  readonly beyond: readonly [number, number]
  /** Σw of the sensors compared with their own reference, and Σw·comparison. */
  readonly referenced: number
  readonly compared: number
}

/** A revision of a district's public state: what is shown for a step of five minutes. */
export interface DistrictStateRow {
  readonly district: string
  /** Epoch milliseconds: the step `[start, start + 5 min)`. */
  readonly start: number
  readonly revision: number
  readonly final: boolean
  readonly knownAt: number
  /** Null where there was nothing to judge by. */
  readonly quality: number | null
  readonly confidence: number | null
  /** JSON of the whole state. */
  readonly state: string
}

export interface DistrictRows {
  readonly windows: ReadonlyArray<DistrictWindowRow>
  readonly states: ReadonlyArray<DistrictStateRow>
}

export interface Commit {
  readonly stage: StageName
  readonly shard: number
  readonly epoch: number
  readonly position: Position
  /** Shard-wide state. */
  readonly header: Uint8Array
  /** Changed groups of hot state, by group number. */
  readonly groups: ReadonlyArray<StatePart>
  /** Changed baselines, by slot. */
  readonly baselines: ReadonlyArray<StatePart>
  readonly datastreams: ReadonlyArray<NewDatastream>
  /** New or changed sensors. */
  readonly sensors: ReadonlyArray<SensorRow>
  readonly windows: WindowColumns
  readonly late: LateColumns
  /** Each anomaly once, in its newest revision. */
  readonly anomalies: ReadonlyArray<AnomalyRow>
  /** What the district stage found; the sensor stage has none. */
  readonly districts: DistrictRows | undefined
}

export interface ShardSnapshot {
  readonly position: Position
  readonly header: Uint8Array
  readonly groups: ReadonlyArray<StatePart>
  readonly baselines: ReadonlyArray<StatePart>
  /** By slot. */
  readonly datastreams: ReadonlyArray<NewDatastream>
  /** By number. */
  readonly sensors: ReadonlyArray<SensorRow>
}

/** An observation that made the stage throw: skipped by position from then on. */
export interface Quarantined {
  readonly sequence: number
  readonly index: number
}

export class ShardStore extends Context.Service<ShardStore, {
  /** The new epoch of each shard, in the order given. */
  readonly acquire: (
    stage: StageName,
    shards: ReadonlyArray<number>,
    owner: string
  ) => Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  /** `undefined` where nothing was ever committed. */
  readonly load: (stage: StageName, shard: number) => Effect.Effect<ShardSnapshot | undefined, StoreUnavailable>
  readonly commit: (commit: Commit) => Effect.Effect<void, Fenced | StoreUnavailable>
  readonly quarantined: (
    stage: StageName,
    shard: number
  ) => Effect.Effect<ReadonlyArray<Quarantined>, StoreUnavailable>
  readonly quarantine: (
    stage: StageName,
    shard: number,
    epoch: number,
    observation: Quarantined
  ) => Effect.Effect<void, Fenced | StoreUnavailable>
}>()("vicinity/ports/ShardStore") {}
