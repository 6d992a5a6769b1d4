/**
 * What Redis does for a city: the view of the latest values, and the counts of requests, over one connection. Promise: building it never fails
 * and never waits; a Redis that is away, full, forbidden or of somebody else is a sentence in `LatestView.status` and in the log.
 */
import { Effect, Layer, type Redacted } from "effect"
import { LatestView } from "../../ports/LatestView.ts"
import { RequestCounts } from "../../ports/RequestCounts.ts"
import { ObservationLog } from "../../ports/ShardedLog.ts"
import * as RedisConnection from "./RedisConnection.ts"
import * as RedisLatestView from "./RedisLatestView.ts"
import * as RedisRequestCounts from "./RedisRequestCounts.ts"
import type { RedisUnavailable } from "./RedisUnavailable.ts"

export interface RedisOptions {
  /** redis:// or rediss://, with user, password and database where there are any. */
  readonly url: Redacted.Redacted<string>
}

const keysOfCity = Effect.map(ObservationLog, ({ identity }) => RedisLatestView.keysOf(identity.id))

/** Whether Redis takes what it would be given: where it is, or a sentence that says why not. For `vicinity doctor`. */
export const examine = (options: RedisOptions): Effect.Effect<string, RedisUnavailable, ObservationLog> =>
  Effect.flatMap(keysOfCity, (keys) => RedisConnection.examine(options.url, RedisLatestView.trialOf(keys)))

export const layer = (options: RedisOptions): Layer.Layer<never, never, ObservationLog> =>
  Layer.unwrap(Effect.gen(function*() {
    const keys = yield* keysOfCity
    const connection = yield* RedisConnection.connect(options.url, RedisLatestView.trialOf(keys))
    return Layer.mergeAll(
      Layer.succeed(LatestView, RedisLatestView.make(connection, keys)),
      Layer.succeed(RequestCounts, RedisRequestCounts.make(connection, keys))
    )
  }))
