/** How the shard processors of this process are: what readiness, diagnostics and metrics are made of. */
import { Context, type Effect, Schema } from "effect"

export const ShardStatus = Schema.Struct({
  stage: Schema.String,
  shard: Schema.Int,
  state: Schema.Literals(["starting", "ready", "failed", "refused"]),
  /** Last applied sequence of its log. */
  applied: Schema.Int,
  /** Last committed sequence. */
  committed: Schema.Int,
  /** Records of its log not yet applied. */
  lag: Schema.Int,
  epoch: Schema.Int,
  restarts: Schema.Int,
  detail: Schema.String
}).annotate({ identifier: "ShardStatus" })
export type ShardStatus = typeof ShardStatus.Type

export const StageTotals = Schema.Struct({
  sensors: Schema.Int,
  datastreams: Schema.Int,
  counted: Schema.Int,
  duplicate: Schema.Int,
  superseded: Schema.Int,
  late: Schema.Int,
  overflow: Schema.Int,
  quarantined: Schema.Int,
  corruptBatches: Schema.Int,
  repeatedBatches: Schema.Int
}).annotate({ identifier: "StageTotals" })
export type StageTotals = typeof StageTotals.Type

/** What the district stage has. */
export const DistrictTotals = Schema.Struct({
  /** That are listed: those of the map, else those that were observed. */
  listed: Schema.Int,
  /** Of which anything was ever known. */
  observed: Schema.Int,
  /** Partials that came after their district had let the window go. */
  afterHorizon: Schema.Int,
  /** Records of the partials log that were skipped. */
  corruptRecords: Schema.Int
}).annotate({ identifier: "DistrictTotals" })
export type DistrictTotals = typeof DistrictTotals.Type

export class ShardStatuses extends Context.Service<ShardStatuses, {
  readonly statuses: Effect.Effect<ReadonlyArray<ShardStatus>>
  readonly totals: Effect.Effect<StageTotals>
  readonly districtTotals: Effect.Effect<DistrictTotals>
}>()("vicinity/actors/ShardStatuses") {}
