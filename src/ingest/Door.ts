/**
 * The one way in: every source hands its observations to the door, which validates, converts, places (shard, district),
 * batches and appends. Promises: an item is accepted only when the log has it on disk; a bad item is answered with index and
 * reason, kept in REJECTED with its raw bytes, and costs no good item beside it; nothing waits without bound.
 */
import { Context, type Effect, Schema } from "effect"
import type { RejectedLogUnavailable } from "../ports/RejectedLog.ts"
import type { LogFull, LogUnavailable } from "../ports/ShardedLog.ts"
import type { Accepted } from "../schemas/Observation.ts"

/** The door holds as much unacknowledged data as it may: pressure for the source. */
export class DoorBusy extends Schema.TaggedError<DoorBusy>()("DoorBusy", { retryAfterMillis: Schema.Int }) {
  override get message(): string {
    return "the door holds as much unacknowledged data as it may"
  }
}

/** One item as its source has it: parsed JSON, or what could not be parsed. */
export interface Item {
  /** Parsed value; `undefined` with `malformed` where the text is no JSON. */
  readonly value: unknown
  readonly malformed?: string | undefined
  /** The raw text, for REJECTED; made only when needed. */
  readonly raw: () => Uint8Array
}

export type DoorError = DoorBusy | LogFull | LogUnavailable | RejectedLogUnavailable

export class Door extends Context.Service<Door, {
  /**
   * Accepts items of a live source, received now. `source` is its name (`http`, …).
   * Succeeds when accepted items are durable in the log and rejected ones in REJECTED. What may be offered again says by which
   * `delivery` it is the same, so that nothing of it is kept in REJECTED twice; and since when its source has it, so that a clock of
   * this process that is behind makes nothing of it future.
   */
  readonly offer: (
    source: string,
    items: ReadonlyArray<Item>,
    delivery?: { readonly id: string; readonly heldSince: number }
  ) => Effect.Effect<Accepted, DoorError>
  /** Keeps input that is no list of items at all (a whole body that does not parse). */
  readonly refuse: (
    source: string,
    reason: "malformed-json" | "too-large" | "too-many-items",
    detail: string,
    raw: Uint8Array,
    delivery?: string
  ) => Effect.Effect<void, RejectedLogUnavailable>
  /** Since start. */
  readonly totals: Effect.Effect<{ readonly accepted: number; readonly rejected: number }>
}>()("vicinity/ingest/Door") {}
