/**
 * Live events for many clients. Promises: a client gets every event it wants after its position, once and in order, until the
 * line ends; it takes them when it can (nothing is queued for it), so a slow one costs a bounded number of bytes and holds nobody
 * up; one that takes nothing for `slowAfter` while something waits for it is disconnected and counted; clients are limited;
 * when the server stops, all streams end at once.
 */
import { Context, Effect, Layer, Schema, type Scope, type Stream } from "effect"
import { EventLog } from "../ports/EventLog.ts"
import { HttpSettings } from "./HttpSettings.ts"
import type { LiveEventFilter } from "./LiveEventFilter.ts"
import { LiveEventsHub } from "./LiveEventsHub.ts"
import * as LiveEventsMetrics from "./LiveEventsMetrics.ts"

/** The limit of clients is reached. */
export class TooManyClients extends Schema.TaggedError<TooManyClients>()("TooManyClients", {
  clients: Schema.Int,
  retryAfterMillis: Schema.Int
}) {
  override get message(): string {
    return `${this.clients} clients are connected to the live events, as many as are allowed`
  }
}

export class LiveEvents extends Context.Service<LiveEvents, {
  /** The stream of a client, after a position or else after the newest event. It counts as connected until the scope closes. */
  readonly connect: (
    after: number | undefined,
    filter: LiveEventFilter
  ) => Effect.Effect<Stream.Stream<Uint8Array>, TooManyClients, Scope.Scope>
  /** Clients that are connected. */
  readonly clients: Effect.Effect<number>
  /** Ends all streams, now and later. */
  readonly end: Effect.Effect<void>
}>()("vicinity/http/LiveEvents") {}

/** When the limit is reached; clients leave when their pages are closed. */
const retryAfterMillis = 5_000

export const layer = Layer.effect(
  LiveEvents,
  Effect.gen(function*() {
    const log = yield* EventLog
    const { events: settings } = yield* HttpSettings
    const metrics = LiveEventsMetrics.make(yield* Effect.context<never>())
    const hub = new LiveEventsHub(log, settings, metrics, (yield* log.bounds).last)
    yield* Effect.forkScoped(hub.follow)
    yield* Effect.forkScoped(hub.watch)
    return LiveEvents.of({
      connect: Effect.fnUntraced(function*(after, filter) {
        const { clientsMax } = settings
        if (hub.clientCount >= clientsMax) return yield* new TooManyClients({ clients: clientsMax, retryAfterMillis })
        return yield* hub.connect(after, filter)
      }),
      clients: Effect.sync(() => hub.clientCount),
      end: Effect.sync(() => hub.end())
    })
  })
)

/** Goes in front of the server: taken down before it, it ends the streams, so that the server does not wait for them. */
export const endBeforeServer = Layer.effectDiscard(
  Effect.flatMap(LiveEvents, ({ end }) => Effect.addFinalizer(() => end))
)
