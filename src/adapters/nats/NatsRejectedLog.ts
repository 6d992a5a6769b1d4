/**
 * `RejectedLog` as one JetStream stream that drops its oldest, for any number of processes. Keeps the promises of
 * `ports/RejectedLog.ts`; each process that uses it follows the headers of the stream, and asks for a raw input when it is to be shown.
 */
import { Duration, Effect, Layer, type Scope, Semaphore } from "effect"
import {
  BadCursor,
  RejectedLog,
  RejectedLogUnavailable,
  type Rejection,
  type RejectionPage
} from "../../ports/RejectedLog.ts"
import type { LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import type { RejectionReason } from "../../schemas/Observation.ts"
import { defaultPrefix, rejectionSubjects, streamOf } from "../../schemas/Subjects.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { NatsFollower } from "./NatsFollower.ts"
import * as NatsPublisher from "./NatsPublisher.ts"
import type { NatsRefused } from "./NatsRefused.ts"
import { NatsRejectedIndex } from "./NatsRejectedIndex.ts"
import { countsOf, decodeRejection, encodeRejection, reasonOf, withCounts } from "./NatsRejectionMessage.ts"
import { checkedPrefix } from "./NatsStreams.ts"
import { openDropping } from "./NatsStreamView.ts"

export interface NatsRejectedLogOptions {
  /** What subjects begin with; default `vicinity`. */
  readonly prefix?: string | undefined
  /** Default 64 MiB; the oldest go first. */
  readonly limitBytes?: number | undefined
  readonly replicas: number
}

const MiB = 1024 * 1024
const duplicateWindow = Duration.minutes(10)
const within = Duration.toMillis(duplicateWindow) / 2
/** A part of what the stream holds, so that the counts at its end are never all gone. */
const partBytesMax = 4 * MiB
const partsHeld = 16
const pageBytesMax = 4 * MiB
const limitMax = 1_000
const getsAtOnce = 32
/** How long counts wait to be as new as they can; they cannot fail. */
const countsPatience = Duration.seconds(1)

export const make = Effect.fnUntraced(function*(
  options: NatsRejectedLogOptions
): Effect.fn.Return<RejectedLog["Service"], RejectedLogUnavailable | NatsRefused, NatsConnection | Scope.Scope> {
  const connection = yield* NatsConnection
  const prefix = yield* checkedPrefix(options.prefix ?? defaultPrefix)
  const { limitBytes = 64 * MiB } = options
  const name = streamOf(prefix, "REJECTED")
  const view = yield* openDropping(connection, {
    name,
    description: "Vicinity: input that was not accepted",
    subjects: rejectionSubjects(prefix),
    limitBytes,
    replicas: options.replicas,
    duplicateWindow
  }).pipe(Effect.catchTag("LogUnavailable", (cause) => Effect.fail(unavailable(cause))))
  const { memory } = view
  const index = new NatsRejectedIndex()
  const follower = new NatsFollower(connection, memory, yield* Effect.scope, {
    start: (seen) => {
      const after = Math.max(seen, memory.first - 1)
      index.beginAt(after)
      return after
    },
    see: (message) => {
      const { headers, subject } = message
      const bytes = Number(headers?.get("Nats-Msg-Size") ?? 0)
      index.add(NatsPublisher.publishedId(message), reasonOf(subject), bytes, countsOf(headers))
    }
  })
  let acknowledged = 0
  const publisher = yield* NatsPublisher.make(connection, {
    onAcknowledged: ({ payload }, { isDuplicate, sequence }) => {
      acknowledged = Math.max(acknowledged, sequence)
      view.acknowledged(sequence, payload.length, isDuplicate)
    }
  })
  const inOrder = yield* Semaphore.make(1)
  const partBytes = Math.min(partBytesMax, limitBytes / partsHeld)

  const publish = Effect.fnUntraced(function*(
    given: ReadonlyArray<NatsPublisher.IdentifiedPublication>
  ): Effect.fn.Return<void, LogFull | LogUnavailable> {
    yield* follower.upToDate(within)
    for (let from = 0; from < given.length;) {
      index.forgetBefore((yield* view.refreshed).first)
      const part = new Map<string, NatsPublisher.IdentifiedPublication>()
      for (let bytes = 0; from < given.length && bytes < partBytes; from++) {
        const publication = given[from] as NatsPublisher.IdentifiedPublication
        if (index.has(publication.id) || part.has(publication.id)) continue
        part.set(publication.id, publication)
        bytes += publication.payload.length
      }
      const publications = [...part.values()]
      const last = publications.pop()
      if (last === undefined) continue
      const counts = { sequence: index.last, byReason: index.counts.byReason }
      yield* publisher.publish([...publications, withCounts(last, counts)])
      yield* follower.reached(acknowledged)
    }
  })

  /** As new as it can be had. */
  const known = Effect.flatMap(view.refreshed, ({ first, last }) =>
    Effect.map(follower.reached(last), () => {
      index.forgetBefore(first)
      return index
    }))

  const list = Effect.fnUntraced(function*(
    query: ListQuery
  ): Effect.fn.Return<RejectionPage, RejectedLogUnavailable | BadCursor> {
    const before = query.cursor === undefined ? Infinity : decodeCursor(memory.created, query.cursor)
    if (before === undefined) return yield* new BadCursor({ cursor: query.cursor ?? "" })
    const limit = Math.min(limitMax, Math.max(1, Math.floor(query.limit)))
    const held = yield* Effect.mapError(known, unavailable)
    const sequences = held.newest(before, query.reason, limit, pageBytesMax)
    const found = yield* Effect.forEach(
      sequences,
      (seq) =>
        Effect.tryPromise({ try: () => connection.manager.streams.getMessage(name, { seq }), catch: unavailable }),
      { concurrency: getsAtOnce }
    )
    // One that went meanwhile took all older ones with it.
    const items = found.filter((stored) => stored !== null).map(decodeRejection)
    const oldest = sequences[items.length - 1]
    const isMore = oldest !== undefined && items.length === sequences.length
      && held.newest(oldest, query.reason, 1, 0).length > 0
    return { items, nextCursor: isMore ? encodeCursor(memory.created, oldest) : null }
  })

  return RejectedLog.of({
    // One call after the other, so that each part knows the counts before it.
    record: (rejections: ReadonlyArray<Rejection>) =>
      rejections.length === 0 ? Effect.void : Effect.suspend(() => {
        const publications = rejections.map((rejection) => encodeRejection(prefix, name, rejection))
        return Effect.mapError(inOrder.withPermit(publish(publications)), unavailable)
      }),
    list,
    counts: Effect.map(Effect.timeoutOption(Effect.ignore(known), countsPatience), () => index.counts)
  })
})

export const layer = (
  options: NatsRejectedLogOptions
): Layer.Layer<RejectedLog, RejectedLogUnavailable | NatsRefused, NatsConnection> =>
  Layer.effect(RejectedLog, make(options))

interface ListQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly reason?: RejectionReason | undefined
}

const unavailable = (cause: unknown): RejectedLogUnavailable =>
  new RejectedLogUnavailable({ detail: cause instanceof Error ? cause.message : String(cause), cause })

const encodeCursor = (created: string, before: number): string =>
  Buffer.from(`${created} ${before}`, "utf8").toString("base64url")

/** The sequence below which a page starts. */
const decodeCursor = (created: string, cursor: string): number | undefined => {
  const match = /^(\S+) ([1-9]\d{0,15})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"))
  return match?.[1] === created ? Number(match[2]) : undefined
}
