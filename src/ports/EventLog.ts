/**
 * EVENTS: what stages found out, for subscribers. One ordered sequence of all events of the city. Promises:
 *
 * 1. *Published means durable.* `publish` succeeds when every event of it is on disk, in the order given. Where it fails some
 *    may be kept: publish all of it again.
 * 2. *An id is published once.* An event whose id is among the newest `eventIdsRemembered` published ones is left out, by whichever
 *    process of the city and also after a restart. So a stage that crashed between publishing and committing does the same again,
 *    here or elsewhere and however much later, and nobody notices. Where the log keeps fewer than that many events, an id is
 *    remembered after a restart as long as its event is kept. (Files: what one process has written. JetStream: each process that
 *    publishes follows the ids of the stream, and publishes only while it is behind by less than half the duplicate window of the
 *    server, which knows the younger ones; so an id may be known longer than that.)
 * 3. *Ordered.* Events have positions 1, 2, 3 … in the order in which they are read; a position means that everything up to and
 *    with it was seen. Positions belong to a stream: a log that is made anew has another identity.
 * 4. *Pull.* A feed gives what comes after a position, at most about so many bytes at a time, and waits where there is nothing
 *    yet. One that cannot be honoured is answered with `PositionNotHonoured`: `purged` where the next event is no longer
 *    kept, `ahead-of-log` where the log has not come so far. It never skips.
 * 5. *The oldest go first.* Beyond its size limit the log drops oldest events, read or not, unlike the observation log: everything
 *    here can be asked for again over the API, and no subscriber may stop the city. `bounds` says what is kept, as last heard: where
 *    the log is elsewhere that may be a second old, older while it cannot be reached, and does not fail.
 * 6. *Files: one writer, torn tail repaired*, as in `ShardedLog`. JetStream: any number of writers; the events of one `publish` stay in
 *    their order, with those of others between them.
 *
 * An event is encoded once, when it is published. Subscribers get those bytes, and beside them what they may filter by.
 */
import { Context, type Effect, type Scope } from "effect"
import type { CityEvent, EventType } from "../schemas/CityEvent.ts"
import type { LogFull, LogUnavailable, LogUsage, Position, PositionNotHonoured } from "./ShardedLog.ts"

/**
 * Ids that are not published again. Far more than all shards of a city publish between two commits (seconds; one shard that
 * catches up may publish some 100,000). In memory about 25 MB when full.
 */
export const eventIdsRemembered = 262_144

/** Longest id, in characters; a longer or empty one is a fault of the publisher and dies. */
export const eventIdLengthMax = 512

/** Largest event as CloudEvents JSON, in bytes; a larger one is refused with `LogUnavailable`. */
export const eventBytesMax = 1_048_576

/** An event as it is kept. */
export interface LoggedEvent {
  readonly position: number
  readonly id: string
  readonly type: EventType
  /** Empty where it is of none. */
  readonly district: string
  /** Empty where it is of none. */
  readonly sensor: string
  /** The CloudEvents JSON in UTF-8, one line. Valid until the next `take` of the same feed. */
  readonly json: Uint8Array
}

/** Events after a position, in order. */
export interface EventFeed {
  /** Waits until there is at least one event, then returns what is there, at most about `bytesMax` bytes. */
  readonly take: (bytesMax: number) => Effect.Effect<ReadonlyArray<LoggedEvent>, LogUnavailable | PositionNotHonoured>
}

export interface EventBounds {
  /** First kept position; `last + 1` where nothing is kept. */
  readonly first: number
  /** Newest position; 0 in a new log. */
  readonly last: number
}

export class EventLog extends Context.Service<EventLog, {
  /** Identity of the sequence that positions belong to. */
  readonly stream: string
  readonly publish: (events: ReadonlyArray<CityEvent>) => Effect.Effect<void, LogFull | LogUnavailable>
  readonly bounds: Effect.Effect<EventBounds>
  readonly subscribe: (after: Position) => Effect.Effect<EventFeed, PositionNotHonoured | LogUnavailable, Scope.Scope>
  readonly usage: Effect.Effect<LogUsage>
}>()("vicinity/ports/EventLog") {}
