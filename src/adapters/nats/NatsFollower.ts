/**
 * Follows the headers of a stream, so that a process knows what it holds whoever put it there. Promise: after `upToDate`, everything
 * that was in the stream longer ago than `within` was seen; for what is younger there is the duplicate window of the server.
 */
import type { Msg } from "@nats-io/transport-node"
import { Duration, Effect, type Scope } from "effect"
import { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import type { FeedFailure } from "./NatsFeed.ts"
import type { NatsShardMemory } from "./NatsShardMemory.ts"
import { streamInfo } from "./NatsStreams.ts"
import { openFeed, takeFrom } from "./NatsTake.ts"

export interface NatsFollowed {
  /** Behind which sequence to begin, where everything up to `seen` was seen; again whenever what comes next is no longer kept. */
  readonly start: (seen: number) => number
  /** Each message once, in order. */
  readonly see: (message: Msg) => void
}

const patience = Duration.seconds(10)
const retry = Duration.seconds(1)
/** Many small ones, so that the way to the server and back is not waited for often. */
const fast = { headersOnly: true, prefetchBytes: 1_048_576, batch: 4_096 }
const nothing = new Uint8Array(0)

export class NatsFollower {
  private readonly connection: NatsConnection["Service"]
  private readonly memory: NatsShardMemory
  private readonly followed: NatsFollowed
  private readonly scope: Scope.Scope
  private isFollowing = false
  private seen = 0
  /** All that was there before is seen; by the monotonic clock. */
  private seenAt = -Infinity
  private readonly waiting = new Set<() => void>()

  /** Follows until the scope closes, from when it is first asked. */
  constructor(
    connection: NatsConnection["Service"],
    memory: NatsShardMemory,
    scope: Scope.Scope,
    followed: NatsFollowed
  ) {
    this.connection = connection
    this.memory = memory
    this.scope = scope
    this.followed = followed
  }

  /** Until everything was seen that was there longer ago than this. */
  upToDate(within: number): Effect.Effect<void, LogUnavailable> {
    return Effect.suspend(() => {
      const askedAt = performance.now()
      if (askedAt - this.seenAt < within) return Effect.void
      return streamInfo(this.connection, this.memory.stream).pipe(
        Effect.flatMap((info) =>
          info?.created === this.memory.created
            ? this.reached(info.state.last_seq)
            : behind(this.memory.stream, "it is another one than the one that was opened, or gone")
        ),
        Effect.andThen(Effect.sync(() => (this.seenAt = askedAt)))
      )
    })
  }

  /** Until this one was seen. */
  reached(sequence: number): Effect.Effect<void, LogUnavailable> {
    const seen = Effect.callback<void>((resume) => {
      const answer = (): void => {
        if (this.seen < sequence) return
        this.waiting.delete(answer)
        resume(Effect.void)
      }
      this.waiting.add(answer)
      answer()
      return Effect.sync(() => this.waiting.delete(answer))
    })
    return this.following.pipe(
      Effect.andThen(Effect.timeoutOption(seen, patience)),
      Effect.flatMap((done) =>
        done._tag === "Some" ? Effect.void : behind(this.memory.stream, "it takes too long to read it")
      )
    )
  }

  private get following(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.isFollowing) return Effect.void
      this.isFollowing = true
      return Effect.asVoid(Effect.forkIn(this.follow, this.scope))
    })
  }

  private get follow(): Effect.Effect<never> {
    return Effect.suspend(() => this.followOnce()).pipe(
      Effect.scoped,
      Effect.catch((failure: FeedFailure) =>
        Effect.andThen(Effect.logWarning(`a stream cannot be followed: ${failure.message}`), Effect.sleep(retry))
      ),
      Effect.forever
    )
  }

  private followOnce(): Effect.Effect<never, FeedFailure, Scope.Scope> {
    const { connection, followed, memory } = this
    const read = (sequence: number, message: Msg) => ({ sequence, payload: nothing, message })
    return Effect.gen({ self: this }, function*() {
      const info = yield* streamInfo(connection, memory.stream)
      // A server that lost power may have lost its newest ones.
      const seen = Math.min(this.seen, info?.state.last_seq ?? 0)
      this.seen = Math.max(seen, followed.start(seen))
      this.answer()
      const feed = yield* openFeed(connection, memory, this.seen, { ...fast, read })
      while (true) {
        for (const { message, sequence } of yield* takeFrom(feed, fast.prefetchBytes)) {
          followed.see(message)
          this.seen = sequence
        }
        this.answer()
      }
    })
  }

  private answer(): void {
    for (const answer of this.waiting) answer()
  }
}

const behind = (stream: string, why: string): Effect.Effect<never, LogUnavailable> =>
  Effect.fail(
    new LogUnavailable({ operation: "append", detail: `what stream ${stream} holds is not known yet: ${why}` })
  )
