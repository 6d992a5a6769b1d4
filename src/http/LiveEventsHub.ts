/**
 * Where live events meet their clients. One fiber follows the log and puts the newest events into a ring; a client is a place in the
 * sequence and a fiber that writes to its socket: it reads the ring or, where it has fallen behind that, the log itself.
 *
 * Memory of a client: the chunk it was given, at most `chunkBytes` or one larger event, shared with other clients where they are at
 * the same place; what the server's socket holds behind it (Node: below 64 KiB, then the next chunk is not asked for); and while
 * it reads the log as much again as a chunk. Below 128 KiB unless events are larger.
 */
import { Cause, Duration, Effect, type Fiber, type Scope, Stream } from "effect"
import type { EventBounds, EventLog, LoggedEvent } from "../ports/EventLog.ts"
import type { LogUnavailable, PositionNotHonoured } from "../ports/ShardedLog.ts"
import type { LiveEventsSettings } from "./HttpSettings.ts"
import { letsThrough, type LiveEventFilter } from "./LiveEventFilter.ts"
import { eventFrame, heartbeatFrame, helloFrame, resetFrame } from "./LiveEventFrames.ts"
import { joined, LiveEventRing } from "./LiveEventRing.ts"
import type { LiveEventsMetrics } from "./LiveEventsMetrics.ts"

/** What a client is given at once, and what is read from the log for it. */
const chunkBytes = 32 * 1024

/** Events of the ring; its bytes are a setting. */
const ringEventsMax = 8_192
const followBytes = 256 * 1024
const followRetry = Duration.seconds(1)
const tickMillisMax = 1_000

interface Client {
  readonly filter: LiveEventFilter
  next: number
  /** Sent before anything else. */
  prelude: Uint8Array | undefined
  /** Beat at its last chunk. */
  beat: number
  /** Tick at which a chunk was given out; `undefined` once the socket has taken it. */
  givenAt: number | undefined
  /** Writes to the socket. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined
}

type Chunk = Effect.Effect<Uint8Array, Cause.Done>

export class LiveEventsHub {
  private readonly log: EventLog["Service"]
  private readonly settings: LiveEventsSettings
  private readonly metrics: LiveEventsMetrics
  private readonly ring: LiveEventRing
  private readonly clients = new Set<Client>()
  private readonly waiting = new Set<() => void>()
  private onClient: (() => void) | undefined
  private tick = 0
  private beat = 0
  private ended = false

  constructor(
    log: EventLog["Service"],
    settings: LiveEventsSettings,
    metrics: LiveEventsMetrics,
    newest: number
  ) {
    this.log = log
    this.settings = settings
    this.metrics = metrics
    this.ring = new LiveEventRing(ringEventsMax, settings.ringBytes, newest)
  }

  get clientCount(): number {
    return this.clients.size
  }

  /** Follows the log into the ring while there are clients, for ever. */
  get follow(): Effect.Effect<never, never, never> {
    const take = Effect.fnUntraced(function*(hub: LiveEventsHub) {
      yield* hub.firstClient
      const { last } = yield* hub.log.bounds
      // What came while nobody listened is read from the log by who asks for it.
      if (last !== hub.ring.newest) hub.ring.restart(last)
      hub.wake()
      const feed = yield* hub.log.subscribe({ stream: hub.log.stream, sequence: last })
      while (hub.clients.size > 0) {
        for (const event of yield* feed.take(followBytes)) hub.ring.add(event)
        hub.wake()
      }
    }, Effect.scoped)
    return Effect.suspend(() => take(this)).pipe(
      Effect.catch((failure) => this.onFollowFailed(failure)),
      Effect.forever
    )
  }

  private get firstClient(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.clients.size > 0) return resume(Effect.void)
      this.onClient = () => resume(Effect.void)
      return Effect.sync(() => {
        this.onClient = undefined
      })
    })
  }

  /** The clock of the hub: heartbeats, and clients that take nothing. */
  get watch(): Effect.Effect<never> {
    const heartbeatMillis = Duration.toMillis(this.settings.heartbeat)
    const slowMillis = Duration.toMillis(this.settings.slowAfter)
    const tickMillis = Math.max(10, Math.min(tickMillisMax, heartbeatMillis / 4, slowMillis / 4))
    const beatTicks = Math.max(1, Math.floor(heartbeatMillis / tickMillis))
    // One more, as the first is not a whole one.
    const slowTicks = Math.ceil(slowMillis / tickMillis) + 1
    return Effect.forever(Effect.andThen(
      Effect.sleep(tickMillis),
      Effect.sync(() => {
        this.tick++
        this.dropSlow(slowTicks)
        if (this.tick % beatTicks !== 0) return
        this.beat++
        this.wake()
      })
    ))
  }

  connect(
    after: number | undefined,
    filter: LiveEventFilter
  ): Effect.Effect<Stream.Stream<Uint8Array>, never, Scope.Scope> {
    return Effect.flatMap(this.log.bounds, (bounds) => {
      const place = placeOf(after, bounds)
      const client: Client = { filter, ...place, beat: this.beat, givenAt: undefined, fiber: undefined }
      return Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => {
            this.metrics.clients(this.clients.add(client).size)
            this.onClient?.()
          }),
          () =>
            Effect.sync(() => {
              this.clients.delete(client)
              this.metrics.clients(this.clients.size)
            })
        ),
        Stream.fromPull(Effect.succeed(this.pull(client)))
      )
    })
  }

  /**
   * Streams that wait for news end in order. One whose chunk is not taken is broken off, as it would keep the server from stopping;
   * its client comes back with the last id it has seen.
   */
  end(): void {
    this.ended = true
    this.wake()
    for (const { fiber } of this.clients) fiber?.interruptUnsafe()
  }

  /** The server asks for the next chunk when the socket has taken the one before. */
  private pull(client: Client): Effect.Effect<readonly [Uint8Array], Cause.Done> {
    return Effect.withFiber((fiber) => {
      client.fiber = fiber
      client.givenAt = undefined
      return Effect.map(this.chunk(client), (bytes) => {
        client.givenAt = this.tick
        client.beat = this.beat
        return [bytes]
      })
    })
  }

  private chunk(client: Client): Chunk {
    return Effect.suspend(() => {
      if (this.ended) return Cause.done()
      const { prelude } = client
      if (prelude !== undefined) {
        client.prelude = undefined
        return Effect.succeed(prelude)
      }
      if (client.beat !== this.beat) return Effect.succeed(heartbeatFrame(client.next - 1))
      if (client.next > this.ring.newest) return Effect.andThen(this.news(client), this.chunk(client))
      return client.next < this.ring.first ? this.fromLog(client) : this.fromRing(client)
    })
  }

  private fromRing(client: Client): Chunk {
    const { bytes, events, next } = this.ring.gather(client.next, client.filter, chunkBytes)
    client.next = next
    this.metrics.sent(events)
    return events === 0 ? this.chunk(client) : Effect.succeed(bytes)
  }

  private fromLog(client: Client): Chunk {
    const after = { stream: this.log.stream, sequence: client.next - 1 }
    return Effect.scoped(Effect.flatMap(this.log.subscribe(after), ({ take }) => take(chunkBytes))).pipe(
      Effect.matchEffect({
        onSuccess: (events) => this.given(client, events),
        onFailure: (failure) => this.onReadFailed(client, failure)
      })
    )
  }

  private given(client: Client, events: ReadonlyArray<LoggedEvent>): Chunk {
    const frames = events.filter((event) => letsThrough(client.filter, event)).map(eventFrame)
    client.next += events.length
    this.metrics.sent(frames.length)
    return frames.length === 0 ? this.chunk(client) : Effect.succeed(joined(frames))
  }

  /** Slower than the log forgets: the client is told, and goes on with what is kept. */
  private onReadFailed(client: Client, failure: LogUnavailable | PositionNotHonoured): Chunk {
    if (failure._tag === "LogUnavailable" || failure.reason === "damaged") {
      return Effect.andThen(Effect.logWarning(`live events cannot be read: ${failure.message}`), Cause.done())
    }
    return Effect.map(this.log.bounds, (bounds) => {
      client.next = bounds.first
      return resetFrame(bounds, purgedSentence)
    })
  }

  private onFollowFailed(failure: LogUnavailable | PositionNotHonoured): Effect.Effect<void> {
    return Effect.logWarning(`live events stand still, the log cannot be followed: ${failure.message}`).pipe(
      Effect.andThen(Effect.sleep(followRetry)),
      Effect.andThen(this.log.bounds),
      Effect.map(({ last }) => {
        // Clients read from the log what the ring has not seen.
        if (failure._tag === "PositionNotHonoured") this.ring.restart(last)
      })
    )
  }

  /** Until there is an event that the client has not looked at, or a heartbeat is due. */
  private news(client: Client): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const answer = (): void => resume(Effect.void)
      if (this.ended || client.next <= this.ring.newest || client.beat !== this.beat) return answer()
      this.waiting.add(answer)
      return Effect.sync(() => this.waiting.delete(answer))
    })
  }

  private wake(): void {
    const answers = [...this.waiting]
    this.waiting.clear()
    for (const answer of answers) answer()
  }

  private dropSlow(slowTicks: number): void {
    for (const client of this.clients) {
      if (client.givenAt === undefined || this.tick - client.givenAt < slowTicks) continue
      client.givenAt = undefined
      this.metrics.slow()
      client.fiber?.interruptUnsafe()
    }
  }
}

const purgedSentence = "the events after your position are no longer kept: load the state from the API again; what is "
  + "kept follows"
const aheadSentence = "your position is ahead of the events, it is of another data folder: load the state from the API "
  + "again; what is kept follows"

/** Where a client begins. */
const placeOf = (
  after: number | undefined,
  bounds: EventBounds
): { readonly next: number; readonly prelude: Uint8Array } => {
  const { first, last } = bounds
  const place = after ?? last
  if (place <= last && place >= first - 1) return { next: place + 1, prelude: helloFrame(place) }
  const reset = resetFrame(bounds, place > last ? aheadSentence : purgedSentence)
  return { next: first, prelude: joined([helloFrame(first - 1), reset]) }
}
