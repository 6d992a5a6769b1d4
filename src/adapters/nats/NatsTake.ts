/** Taking from a feed: waits where it has nothing; interrupted, it has taken nothing. A feed that closes fails who waits. */
import { Effect, type Scope } from "effect"
import { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import { type FeedFailure, NatsFeed, type NatsFeedOptions, type Read } from "./NatsFeed.ts"
import type { NatsShardMemory } from "./NatsShardMemory.ts"

export const takeFrom = <R extends Read>(
  feed: NatsFeed<R>,
  bytesMax: number
): Effect.Effect<ReadonlyArray<R>, FeedFailure> =>
  Effect.suspend(() => {
    if (feed.isReady) return Effect.try({ try: () => feed.take(bytesMax), catch: (cause) => cause as FeedFailure })
    const ready = Effect.callback<void>((resume) => {
      feed.onReady(() => resume(Effect.void))
      return Effect.sync(() => feed.onReady(undefined))
    })
    return Effect.andThen(ready, takeFrom(feed, bytesMax))
  })

/** What comes after `sequence`, until the scope closes. */
export const openFeed = <R extends Read>(
  connection: NatsConnection["Service"],
  memory: NatsShardMemory,
  after: number,
  options: NatsFeedOptions<R>
): Effect.Effect<NatsFeed<R>, FeedFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new NatsFeed(connection, memory, after, options)),
    (feed) => Effect.sync(() => feed.close(new LogUnavailable({ operation: "read", detail: "the feed is closed" })))
  ).pipe(
    Effect.tap((feed) => Effect.tryPromise({ try: () => feed.open(), catch: (cause) => cause as FeedFailure }))
  )
