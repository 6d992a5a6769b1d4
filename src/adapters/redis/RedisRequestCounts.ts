/** Requests of clients, counted in Redis: one key each, which expires with its window. */
import { Effect } from "effect"
import { patience } from "../../ports/LatestView.ts"
import { type RequestCountsService, RequestCountsUnavailable } from "../../ports/RequestCounts.ts"
import type { RedisConnection } from "./RedisConnection.ts"
import type { RedisKeys } from "./RedisLatestView.ts"

const countScript = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
`

const countOf = (answer: unknown) => {
  const [count, remainingMillis] = answer as [number, number]
  return { count, remainingMillis }
}

export const make = (connection: RedisConnection, keys: RedisKeys): RequestCountsService => ({
  count: (key, windowMillis) =>
    connection.ask((client) => client.eval(countScript, 1, keys.requests(key), windowMillis), patience).pipe(
      Effect.map(countOf),
      Effect.mapError(({ detail }) => new RequestCountsUnavailable({ detail }))
    )
})
