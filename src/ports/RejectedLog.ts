/**
 * Where bad input is kept: with its reason and raw bytes, to be listed. Size-limited: the oldest go first, and how many
 * went is counted. Promise: after `record` succeeds the rejections are on disk; a repeated id is not kept twice (in the part
 * still held).
 */
import { Context, type Effect, Schema } from "effect"
import { RejectionReason } from "../schemas/Observation.ts"

/** Longest raw input kept; the rest is cut and `rawBytes` tells its true length. */
export const rawBytesMax = 65_536

export interface Rejection {
  /** Deterministic where the input is replayed (position in a log), else unique. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly source: string
  readonly reason: RejectionReason
  readonly detail: string
  readonly raw: Uint8Array
  /** True length of the raw input. */
  readonly rawBytes: number
}

export interface RejectionPage {
  /** Newest first. */
  readonly items: ReadonlyArray<Rejection>
  readonly nextCursor: string | null
}

export class RejectedLogUnavailable extends Schema.TaggedError<RejectedLogUnavailable>()("RejectedLogUnavailable", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `rejected log: ${this.detail}`
  }
}

export class BadCursor extends Schema.TaggedError<BadCursor>()("BadCursor", { cursor: Schema.String }) {}

export class RejectedLog extends Context.Service<RejectedLog, {
  readonly record: (rejections: ReadonlyArray<Rejection>) => Effect.Effect<void, RejectedLogUnavailable>
  readonly list: (options: {
    readonly limit: number
    readonly cursor?: string | undefined
    readonly reason?: RejectionReason | undefined
  }) => Effect.Effect<RejectionPage, RejectedLogUnavailable | BadCursor>
  /** Since the log was created, by reason; and how many of them are no longer held. */
  readonly counts: Effect.Effect<{
    readonly byReason: Readonly<Record<string, number>>
    readonly total: number
    readonly dropped: number
  }>
}>()("vicinity/ports/RejectedLog") {}
