/**
 * Named places in the life of a record at which a crash must change nothing (design §2.4). In the product they do nothing;
 * crash tests provide a layer that kills the process at one of them.
 */
import { Context, Effect } from "effect"

export const crashPoints = [
  "after-append-before-acknowledgement",
  "after-apply-before-publish",
  "after-publish-before-commit",
  "inside-commit",
  "after-commit"
] as const
export type CrashPoint = typeof crashPoints[number]

export const CrashPoints = Context.Reference<(point: CrashPoint) => Effect.Effect<void>>(
  "vicinity/actors/CrashPoints",
  {
    defaultValue: () => () => Effect.void
  }
)
