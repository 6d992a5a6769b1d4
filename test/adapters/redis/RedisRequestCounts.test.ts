/** Requests counted in a real Redis by two servers; and what is left of it when Redis goes away. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RedisConnection from "../../../src/adapters/redis/RedisConnection.ts"
import { keysOf, trialOf } from "../../../src/adapters/redis/RedisLatestView.ts"
import * as RedisRequestCounts from "../../../src/adapters/redis/RedisRequestCounts.ts"
import { RequestCounts } from "../../../src/ports/RequestCounts.ts"
import { limitedServer } from "../../http/LimitedServer.ts"
import { ask } from "../../http/Requests.ts"
import { type RedisForTests, startRedis } from "../../RedisForTests.ts"

/** A process with a connection of its own. */
const processWith = Effect.fnUntraced(function*(redis: RedisForTests, limits: Parameters<typeof limitedServer>[0]) {
  const keys = keysOf("city")
  const connection = yield* RedisConnection.connect(redis.url, trialOf(keys))
  while (connection.trouble() !== undefined) yield* Effect.sleep("10 millis")
  const counts = RedisRequestCounts.make(connection, keys)
  return { counts, base: yield* limitedServer(limits).pipe(Effect.provideService(RequestCounts, counts)) }
})

const statuses = (bases: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(bases, (base) => ask(`${base}/v1/sensors`)),
    (answers) => answers.map(({ status }) => status)
  )

describe("requests of a client", () => {
  it.live("are counted together by all processes, and by each alone while Redis is away", () =>
    Effect.gen(function*() {
      const redis = yield* startRedis()
      const one = (yield* processWith(redis, { queries: 0.3 })).base
      const other = (yield* processWith(redis, { queries: 0.3 })).base

      const together = yield* statuses([one, other, one, other, one])
      yield* redis.kill
      const alone = yield* statuses([one, one, one, one, other, other])

      assert.deepStrictEqual(together, [200, 200, 200, 429, 429])
      assert.deepStrictEqual(alone, [200, 200, 200, 429, 200, 200])
    }).pipe(Effect.scoped))

  it.live("are limited no more by a Redis that hangs", () =>
    Effect.gen(function*() {
      const redis = yield* startRedis()
      const { base } = yield* processWith(redis, { queries: 0.3 })

      yield* redis.freeze
      const answered = yield* statuses([base, base, base, base])

      assert.deepStrictEqual(answered, [200, 200, 200, 429])
    }).pipe(Effect.scoped))

  it.live("are forgotten when their window is over", () =>
    Effect.gen(function*() {
      const redis = yield* startRedis()
      const { counts } = yield* processWith(redis, {})
      const first = yield* counts.count("queries:address:::1", 300)
      const second = yield* counts.count("queries:address:::1", 300)
      yield* Effect.sleep("400 millis")

      const later = yield* counts.count("queries:address:::1", 300)

      assert.deepStrictEqual([first.count, second.count, later.count], [1, 2, 1])
      assert.isAtMost(second.remainingMillis, 300)
      assert.isAbove(second.remainingMillis, 0)
    }).pipe(Effect.scoped))
})
