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

export class ShardStatuses extends Context.Service<ShardStatuses, {
  readonly statuses: Effect.Effect<ReadonlyArray<ShardStatus>>
  readonly totals: Effect.Effect<StageTotals>
}>()("vicinity/actors/ShardStatuses") {}
