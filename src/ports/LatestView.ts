/**
 * A view of the latest values of all sensors beside the shards, so that lists of a whole city do not ask every runner. It is a
 * convenience: whatever it cannot answer, the shard doors do. Promises:
 * 1. *Whole or nothing.* A shard is read as one write left it; before its first whole write there is nothing to read.
 * 2. *Ordered.* A write under an older (epoch, position) than the kept one is refused as `superseded`, in one step with the write.
 * 3. A write of changes that does not continue the kept one is refused as `incomplete`: the writer writes the whole shard.
 * 4. *Fresh.* What was not written for `expiry` is not there any more. Nobody's clock is compared with another's.
 * 5. *Patient for `patience` at most.* A read answers or fails within it; while the view is away everything fails at once.
 * 6. *Only its own.* Another city, or another version of the bytes, is elsewhere; what is not of this view is neither read nor changed.
 */
import { Context, Duration, Effect, Schema } from "effect"

/** A shard that is not written for so long has nobody who would: its door answers. */
export const expiry = Duration.seconds(5)

/** How long an answer to a reader may take. */
export const patience = Duration.millis(200)

/** The view does not answer, or not for this shard. `detail` is a sentence that says why and what to do. */
export class LatestViewUnavailable extends Schema.TaggedError<LatestViewUnavailable>()("LatestViewUnavailable", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** A block of sensors (`schemas/LatestBlock.ts`); a part is absent where it is as it was. */
export interface LatestChange {
  readonly block: number
  readonly facts: Uint8Array | undefined
  readonly values: Uint8Array | undefined
}

export interface LatestWrite {
  readonly shard: number
  readonly epoch: number
  /** Sequence of the log up to which the values are. */
  readonly position: number
  /** `undefined`: this is the whole shard. Else what the write before was answered with: only what changed since. */
  readonly after: number | undefined
  /** Of the shard, after this write. */
  readonly sensors: number
  readonly changes: ReadonlyArray<LatestChange>
}

/** `kept` as the revision that the next write continues. */
export type LatestWritten =
  | { readonly _tag: "kept"; readonly revision: number }
  | { readonly _tag: "superseded" }
  | { readonly _tag: "incomplete" }

export interface LatestBlocks {
  /** Of the whole shard. */
  readonly sensors: number
  /** Those that were asked for and are there, in order. */
  readonly blocks: ReadonlyArray<{ readonly facts: Uint8Array; readonly values: Uint8Array }>
}

export interface LatestViewStatus {
  /** `partly`: some shards have no place in it; their doors answer. */
  readonly state: "up" | "partly" | "away"
  /** Where it is, or why it is not used and what to do. */
  readonly detail: string
}

export interface LatestViewService {
  readonly write: (write: LatestWrite) => Effect.Effect<LatestWritten, LatestViewUnavailable>
  /** Blocks from number `first`, at most `count` of them; `undefined` where there is nothing fresh of the shard. */
  readonly read: (
    shard: number,
    first: number,
    count: number
  ) => Effect.Effect<LatestBlocks | undefined, LatestViewUnavailable>
  readonly status: Effect.Effect<LatestViewStatus>
}

/** `undefined`: this profile has none. */
export const LatestView = Context.Reference<LatestViewService | undefined>("vicinity/ports/LatestView", {
  defaultValue: () => undefined
})
