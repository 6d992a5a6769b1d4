/** The view of a city in a Redis, as a process has it. */
import { Context, Effect, Layer, type Redacted } from "effect"
import * as RedisConnection from "../../../src/adapters/redis/RedisConnection.ts"
import * as RedisLatestView from "../../../src/adapters/redis/RedisLatestView.ts"
import type { LatestWrite } from "../../../src/ports/LatestView.ts"
import { type RedisForTests, startRedis } from "../../RedisForTests.ts"

/** One Redis for all tests of a file, each with a city of its own. */
export class SharedRedis extends Context.Service<SharedRedis, RedisForTests>()("vicinity/test/SharedRedis") {
  static readonly layer = Layer.effect(SharedRedis, startRedis())
}

/** Shard 7 with one block. */
export const whole: LatestWrite = {
  shard: 7,
  epoch: 1,
  position: 1,
  after: undefined,
  sensors: 1,
  changes: [{ block: 0, facts: new Uint8Array(1_000), values: new Uint8Array([2]) }]
}

/** Does not wait until Redis answers. */
export const openView = Effect.fnUntraced(function*(url: Redacted.Redacted<string>, city = "city") {
  const keys = RedisLatestView.keysOf(city)
  const connection = yield* RedisConnection.connect(url, RedisLatestView.trialOf(keys))
  return RedisLatestView.make(connection, keys)
})

type View = Effect.Success<ReturnType<typeof openView>>

export const until = (view: View, state: "up" | "partly" | "away") =>
  Effect.gen(function*() {
    while (true) {
      const status = yield* view.status
      if (status.state === state) return status
      yield* Effect.sleep("10 millis")
    }
  })

/** Waits until Redis answers. */
export const readyView = (url: Redacted.Redacted<string>, city?: string) =>
  Effect.tap(openView(url, city), (view) => until(view, "up"))

/** Waits for a sentence that says so. */
export const untilSaid = (view: View, words: RegExp) =>
  Effect.gen(function*() {
    while (true) {
      const { detail, state } = yield* view.status
      if (words.test(detail)) return { detail, state }
      yield* Effect.sleep("10 millis")
    }
  })
