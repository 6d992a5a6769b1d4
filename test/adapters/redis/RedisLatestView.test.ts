/** The view of the latest values in a real Redis: its contract, and a Redis that holds something else. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { latestViewContract } from "../../contracts/LatestViewContract.ts"
import { startRedis } from "../../RedisForTests.ts"
import { readyView, SharedRedis, whole } from "./RedisView.ts"

const harness = Effect.map(SharedRedis, ({ url }) => ({ opened: (city: string) => readyView(url, city) }))

const keyOf = (city: string) => `vicinity:${city}:latest1:7`

it.layer(SharedRedis.layer, { excludeTestServices: true })("the view of the latest values in Redis", (it) => {
  latestViewContract(it, harness)

  it.effect("leaves a key of somebody else as it is, says which, and works for the other shards", () =>
    Effect.gen(function*() {
      const server = yield* SharedRedis
      const view = yield* (yield* harness).opened("foreign")
      yield* server.send("SET", keyOf("foreign"), "precious")

      const written = yield* Effect.flip(view.write(whole))
      const read = yield* Effect.flip(view.read(7, 0, 1))
      const other = yield* view.write({ ...whole, shard: 8 })

      assert.include(written.detail, "something else")
      assert.strictEqual(read._tag, "LatestViewUnavailable")
      assert.strictEqual(other._tag, "kept")
      assert.strictEqual(yield* server.send("GET", keyOf("foreign")), "precious")
      const { detail, state } = yield* view.status
      assert.strictEqual(state, "partly")
      assert.include(detail, `${keyOf("foreign")}; it is left alone: delete it, or name another database in the URL`)

      yield* server.send("DEL", keyOf("foreign"))
      assert.strictEqual((yield* view.write(whole))._tag, "kept")
      assert.strictEqual((yield* view.status).state, "up")
    }).pipe(Effect.scoped))

  it.effect("leaves a hash of somebody else as it is", () =>
    Effect.gen(function*() {
      const server = yield* SharedRedis
      const view = yield* (yield* harness).opened("hash")
      yield* server.send("HSET", keyOf("hash"), "their", "data")

      const written = yield* Effect.flip(view.write(whole))

      assert.include(written.detail, "something else")
      assert.isUndefined(yield* view.read(7, 0, 1))
      assert.deepStrictEqual(yield* server.send("HGETALL", keyOf("hash")), ["their", "data"])
    }).pipe(Effect.scoped))

  it.effect("is whole again after Redis has lost its memory", () =>
    Effect.gen(function*() {
      const server = yield* SharedRedis
      const view = yield* (yield* harness).opened("lost")
      yield* view.write(whole)

      yield* server.send("DEL", keyOf("lost"))

      assert.isUndefined(yield* view.read(7, 0, 1))
      assert.strictEqual((yield* view.write({ ...whole, after: 1 }))._tag, "incomplete")
      assert.strictEqual((yield* view.write(whole))._tag, "kept")
    }).pipe(Effect.scoped))
})

describe("keys of the view", () => {
  it.live("expire, all of them", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const view = yield* readyView(server.url)
      yield* view.write(whole)

      const keys = yield* server.send("KEYS", "*")
      const lifetimes = yield* Effect.forEach(keys as ReadonlyArray<string>, (key) => server.send("PTTL", key))

      assert.includeMembers([...keys as ReadonlyArray<string>], [keyOf("city")])
      for (const lifetime of lifetimes) assert.isAbove(Number(lifetime), 0)
    }).pipe(Effect.scoped))
})
