/**
 * A durable, ordered, sharded log of opaque records. The observation log and the partials log are two of them; the
 * embedded profile keeps them in files, production in JetStream. One contract suite holds every adapter to this:
 *
 * 1. *Acknowledged means durable.* `append` succeeds only when the records are on disk (as the adapter's flush mode says);
 *    it fails as a whole or succeeds as a whole per record set, and a failed one may still turn up later (at least once).
 * 2. *Ordered.* Sequences of a shard start at 1 and increase (embedded: by one) in the order records are read. Records of
 *    one `append` keep their order within a shard.
 * 3. *A position is (identity, sequence).* `subscribe` refuses one that cannot be honoured: other identity, a first kept
 *    sequence beyond it, or a last sequence before it. It never skips.
 * 4. *Nothing is dropped to make room for new data.* At the limit `append` fails with `LogFull`. Room is made by `retain`
 *    only, of records that are not above the lowest position that every consumer has reported for their shard (embedded: whole
 *    segments of such records). The limit may be split over the shards, so that one refuses while others take.
 * 5. *A torn tail* (the process or machine died while writing) is repaired when the log is opened: every acknowledged record
 *    is kept, an unacknowledged one is kept whole or cut off whole. Damage elsewhere is reported, never skipped.
 * 6. *One writer* (embedded). A second process that opens the same log in files is refused. In JetStream any number may write, and
 *    each record has its place in the one order.
 */
import { Context, Effect, Schema, type Scope } from "effect"

/** Which log a sequence belongs to. A log that is recreated, or has another number of shards, has another identity. */
export const StreamIdentity = Schema.Struct({ id: Schema.NonEmptyString, shards: Schema.Int })
export type StreamIdentity = typeof StreamIdentity.Type

/** A place in a shard of a log: everything up to and with `sequence` is done. Sequence 0 is the beginning. */
export interface Position {
  readonly stream: string
  readonly sequence: number
}

export interface LogRecord {
  readonly sequence: number
  /** Valid until the next `take` of the same feed. */
  readonly payload: Uint8Array
}

export interface Append {
  readonly shard: number
  readonly payload: Uint8Array
}

/** The log is at its size limit and no consumer has released anything: try again after `retryAfterMillis`. */
export class LogFull extends Schema.TaggedError<LogFull>()("LogFull", {
  bytes: Schema.Int,
  limitBytes: Schema.Int,
  retryAfterMillis: Schema.Int
}) {
  override get message(): string {
    return `the log holds ${this.bytes} of ${this.limitBytes} bytes and its consumers have released nothing`
  }
}

/** The log cannot be read or written now (disk full, I/O error, connection lost, closed). */
export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  operation: Schema.Literals(["open", "append", "read"]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `log ${this.operation}: ${this.detail}`
  }
}

/** The stored position and the log do not belong together; the shard must not start (see `vicinity doctor`). */
export class PositionNotHonoured extends Schema.TaggedError<PositionNotHonoured>()("PositionNotHonoured", {
  shard: Schema.Int,
  reason: Schema.Literals(["other-identity", "purged", "ahead-of-log", "damaged"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `shard ${this.shard}: ${this.detail}`
  }
}

/** The records of one shard after a position, in order. */
export interface Feed {
  /** Waits until there is at least one record, then returns what is there, at most about `bytesMax` bytes. */
  readonly take: (bytesMax: number) => Effect.Effect<ReadonlyArray<LogRecord>, LogUnavailable | PositionNotHonoured>
}

export interface ShardBounds {
  /** First kept sequence; `last + 1` where nothing is kept. */
  readonly first: number
  /** Last assigned sequence; 0 in a new log. */
  readonly last: number
}

export interface LogUsage {
  readonly bytes: number
  readonly limitBytes: number
  readonly segments: number
}

export interface ShardedLog {
  readonly identity: StreamIdentity
  /** Sequences in the order of `records`. */
  readonly append: (
    records: ReadonlyArray<Append>
  ) => Effect.Effect<ReadonlyArray<number>, LogFull | LogUnavailable>
  /**
   * As last heard; never fails. Exact in files. Of a log server: by what a feed of this process was told with its last record and what
   * this process appended, or, where no feed follows the shard, by a look that may be a second old (older while the server is away).
   */
  readonly bounds: (shard: number) => Effect.Effect<ShardBounds>
  readonly subscribe: (
    shard: number,
    after: Position
  ) => Effect.Effect<Feed, PositionNotHonoured | LogUnavailable, Scope.Scope>
  /** The consumer needs nothing up to and with `sequence` any more. Not remembered across restarts. */
  readonly retain: (consumer: string, shard: number, sequence: number) => Effect.Effect<void>
  readonly usage: Effect.Effect<LogUsage>
}

/** What the door writes and the sensor stage reads: batches, ticks, commands. */
export class ObservationLog extends Context.Service<ObservationLog, ShardedLog>()("vicinity/ports/ObservationLog") {}

/** What the sensor stage publishes: sealed windows. The district stage will read it. */
export class PartialsLog extends Context.Service<PartialsLog, ShardedLog>()("vicinity/ports/PartialsLog") {}
