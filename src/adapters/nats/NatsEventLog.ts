/**
 * `EventLog` as one JetStream stream that drops its oldest, for any number of processes. A position is a sequence of the stream. Keeps the
 * promises of `ports/EventLog.ts`; what `docs/events.md` tells subscribers of NATS is what is published here.
 */
import { Duration, Effect, Layer, type Scope, Semaphore } from "effect"
import { type EventFeed, eventIdsRemembered, EventLog } from "../../ports/EventLog.ts"
import { type LogUnavailable, type Position, PositionNotHonoured } from "../../ports/ShardedLog.ts"
import type { CityEvent } from "../../schemas/CityEvent.ts"
import { defaultPrefix, eventSubjects, streamOf } from "../../schemas/Subjects.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { encodeEvent, readEvent, tooLarge } from "./NatsEventMessage.ts"
import { NatsFollower } from "./NatsFollower.ts"
import { NatsPublishedIds } from "./NatsPublishedIds.ts"
import * as NatsPublisher from "./NatsPublisher.ts"
import type { NatsRefused } from "./NatsRefused.ts"
import { checkedPrefix } from "./NatsStreams.ts"
import { openDropping } from "./NatsStreamView.ts"
import { openFeed, takeFrom } from "./NatsTake.ts"

export interface NatsEventLogOptions {
  /** What subjects begin with; default `vicinity`. */
  readonly prefix?: string | undefined
  /** The oldest go first. */
  readonly limitBytes: number
  readonly replicas: number
  /** Ids that are not published again; default `eventIdsRemembered`. */
  readonly idsRemembered?: number | undefined
  /** How long the server itself knows an id; default ten minutes. */
  readonly duplicateWindow?: Duration.Duration | undefined
}

/** The server keeps the ids of it in memory, so not longer than it takes all processes to hear of each other's events. */
const duplicateWindowDefault = Duration.minutes(10)
const partBytes = 4 * 1024 * 1024
/** Of a feed, ahead of who takes. */
const prefetchBytes = 256 * 1024

export const make = Effect.fnUntraced(function*(
  options: NatsEventLogOptions
): Effect.fn.Return<EventLog["Service"], LogUnavailable | NatsRefused, NatsConnection | Scope.Scope> {
  const connection = yield* NatsConnection
  const prefix = yield* checkedPrefix(options.prefix ?? defaultPrefix)
  const { duplicateWindow = duplicateWindowDefault, limitBytes } = options
  const name = streamOf(prefix, "EVENTS")
  const view = yield* openDropping(connection, {
    name,
    description: "Vicinity: what the city found out, as CloudEvents",
    subjects: eventSubjects(prefix),
    limitBytes,
    replicas: options.replicas,
    duplicateWindow
  })
  const { memory } = view
  const stream = `${name}@${memory.created}`
  const idsMax = options.idsRemembered ?? eventIdsRemembered
  const ids = new NatsPublishedIds(idsMax)
  const follower = new NatsFollower(connection, memory, yield* Effect.scope, {
    start: (seen) => Math.max(seen, memory.first - 1, memory.last - idsMax),
    see: (message) => ids.add(NatsPublisher.publishedId(message))
  })
  const publisher = yield* NatsPublisher.make(connection, {
    onAcknowledged: ({ id = "", payload }, { isDuplicate, sequence }) => {
      ids.add(id)
      view.acknowledged(sequence, payload.length, isDuplicate)
    }
  })
  const inOrder = yield* Semaphore.make(1)
  const within = Duration.toMillis(duplicateWindow) / 2

  const publish = Effect.fnUntraced(function*(events: ReadonlyArray<CityEvent>) {
    const given = new Map(events.map((event) => {
      const publication = encodeEvent(prefix, name, event)
      return [publication.id, publication]
    }))
    const serverBytesMax = connection.client.info?.max_payload ?? Infinity
    for (const publication of given.values()) {
      const refusal = tooLarge(publication, serverBytesMax)
      if (refusal !== undefined) return yield* refusal
    }
    // One call after the other, so that one that was interrupted leaves no part of it behind what another publishes.
    yield* inOrder.withPermit(Effect.gen(function*() {
      // Who only reads follows no ids.
      yield* follower.upToDate(within)
      const fresh = [...given.values()].filter(({ id }) => !ids.has(id))
      for (const part of partsOf(fresh)) yield* publisher.publish(part)
    }))
  })

  return EventLog.of({
    stream,
    publish: (events) => events.length === 0 ? Effect.void : publish(events),
    bounds: Effect.map(view.refreshed, ({ first, last }) => ({ first, last })),
    subscribe: (after: Position) => {
      const reason = after.stream !== stream
        ? "other-identity"
        : Number.isSafeInteger(after.sequence)
        ? undefined
        : "ahead-of-log"
      if (reason !== undefined) {
        const detail = `position ${after.sequence} of ${after.stream} is none of ${stream}`
        return Effect.fail(new PositionNotHonoured({ shard: memory.shard, reason, detail }))
      }
      const feed = openFeed(connection, memory, after.sequence, { prefetchBytes, read: readEvent(prefix) })
      return Effect.map(feed, (opened): EventFeed => ({
        take: (bytesMax) => Effect.map(takeFrom(opened, bytesMax), (records) => records.map(({ event }) => event))
      }))
    },
    usage: Effect.map(view.refreshed, ({ bytes }) => ({ bytes, limitBytes, segments: 1 }))
  })
})

export const layer = (
  options: NatsEventLogOptions
): Layer.Layer<EventLog, LogUnavailable | NatsRefused, NatsConnection> => Layer.effect(EventLog, make(options))

/** Each is acknowledged before the next is sent. */
const partsOf = (
  publications: ReadonlyArray<NatsPublisher.Publication>
): ReadonlyArray<ReadonlyArray<NatsPublisher.Publication>> => {
  const parts: Array<Array<NatsPublisher.Publication>> = []
  let bytes = Infinity
  for (const publication of publications) {
    if (bytes + publication.payload.length > partBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(publication)
    bytes += publication.payload.length
  }
  return parts
}
