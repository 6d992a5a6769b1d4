/**
 * The ids of the newest events of the stream, whoever published them: read once from their headers, then followed. Promise: after
 * `upToDate`, an id that was published longer ago than `within` is known, as long as it is among the newest so many; for younger ones
 * there is the duplicate window of the server. So who takes over a shard, or comes back after an hour, publishes nothing twice.
 */
import { Duration, Effect, type Scope } from "effect"
import { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import { headerId } from "./NatsEventMessage.ts"
import type { FeedFailure } from "./NatsFeed.ts"
import type { NatsShardMemory } from "./NatsShardMemory.ts"
import { streamInfo } from "./NatsStreams.ts"
import { openFeed, takeFrom } from "./NatsTake.ts"

const patience = Duration.seconds(10)
const retry = Duration.seconds(1)

export class NatsPublishedIds {
  private readonly connection: NatsConnection["Service"]
  private readonly memory: NatsShardMemory
  private readonly idsMax: number
  private readonly ids = new Set<string>()
  private readonly ring: Array<string> = []
  private at = 0
  /** Everything up to and with this sequence was seen. */
  private seen = 0
  /** All that was published before is known; by the monotonic clock. */
  private knownAt = -Infinity
  private readonly waiting = new Set<() => void>()

  constructor(connection: NatsConnection["Service"], memory: NatsShardMemory, idsMax: number) {
    this.connection = connection
    this.memory = memory
    this.idsMax = idsMax
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  /** The oldest is forgotten beyond the limit. */
  add(id: string): void {
    if (this.ids.size === this.ids.add(id).size) return
    const oldest = this.ring[this.at]
    if (oldest !== undefined) this.ids.delete(oldest)
    this.ring[this.at] = id
    this.at = (this.at + 1) % this.idsMax
  }

  /** Follows the stream, for ever. */
  get follow(): Effect.Effect<never> {
    return Effect.suspend(() => this.followOnce()).pipe(
      Effect.scoped,
      Effect.catch((failure: FeedFailure) =>
        Effect.logWarning(`the ids of published events cannot be read: ${failure.message}`).pipe(
          Effect.andThen(Effect.sleep(retry)),
          // What is no longer kept need not be known.
          Effect.andThen(Effect.sync(() => (this.seen = Math.max(this.seen, this.memory.first - 1))))
        )
      ),
      Effect.forever
    )
  }

  private followOnce(): Effect.Effect<never, FeedFailure, Scope.Scope> {
    const { first, last } = this.memory
    this.seen = Math.max(this.seen, first - 1, last - this.idsMax)
    const options = {
      prefetchBytes: 1_048_576,
      headersOnly: true,
      read: (sequence: number, message: Parameters<typeof headerId>[0]) => ({
        sequence,
        payload: nothing,
        id: headerId(message)
      })
    }
    return Effect.flatMap(
      openFeed(this.connection, this.memory, this.seen, options),
      (feed) =>
        Effect.forever(Effect.map(takeFrom(feed, 1), (records) => {
          for (const { id, sequence } of records) {
            this.add(id)
            this.seen = sequence
          }
          for (const answer of this.waiting) answer()
        }))
    )
  }

  /** Until everything is known that was published longer ago than this. */
  upToDate(within: number): Effect.Effect<void, LogUnavailable> {
    return Effect.suspend(() => {
      const askedAt = performance.now()
      if (askedAt - this.knownAt < within) return Effect.void
      return Effect.gen({ self: this }, function*() {
        const info = yield* streamInfo(this.connection, this.memory.stream)
        if (info?.created !== this.memory.created) {
          return yield* unknown("the stream is another one than the one opened")
        }
        const isSeen = yield* Effect.timeoutOption(this.reached(info.state.last_seq), patience)
        if (isSeen._tag === "None") return yield* unknown("it takes too long to read them")
        this.knownAt = askedAt
      })
    })
  }

  private reached(sequence: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const answer = (): void => {
        if (this.seen < sequence) return
        this.waiting.delete(answer)
        resume(Effect.void)
      }
      this.waiting.add(answer)
      answer()
      return Effect.sync(() => this.waiting.delete(answer))
    })
  }
}

const nothing = new Uint8Array(0)

const unknown = (why: string): LogUnavailable =>
  new LogUnavailable({ operation: "append", detail: `which events were published before is not known yet: ${why}` })
