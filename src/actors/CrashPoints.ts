/**
 * Named places in the life of a record at which a crash must change nothing (docs/adr/0007). In the product they do nothing;
 * crash tests provide a layer that kills the process at one of them.
 */
import { Context, Effect } from "effect"
import type { StageName } from "../ports/ShardStore.ts"

export const crashPoints = [
  "after-append-before-acknowledgement",
  "after-apply-before-publish",
  "after-publish-before-commit",
  "inside-commit",
  "after-commit"
] as const
export type CrashPoint = typeof crashPoints[number]

/** `shard` and `stage` are those of the processor that is there; none where the point is one of all shards. */
export type ReachedCrashPoint = (point: CrashPoint, shard?: number, stage?: StageName) => Effect.Effect<void>

export const CrashPoints = Context.Reference<ReachedCrashPoint>("vicinity/actors/CrashPoints", {
  defaultValue: () => () => Effect.void
})
