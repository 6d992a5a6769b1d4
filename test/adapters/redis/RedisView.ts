/** The view of a city in a Redis, as a process has it. */
import { Effect, type Redacted } from "effect"
import * as RedisConnection from "../../../src/adapters/redis/RedisConnection.ts"
import * as RedisLatestView from "../../../src/adapters/redis/RedisLatestView.ts"

/** Does not wait until Redis answers. */
export const openView = Effect.fnUntraced(function*(url: Redacted.Redacted<string>, city = "city") {
  const keys = RedisLatestView.keysOf("vicinity", city)
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

/** Waits for a sentence that says so. */
export const untilSaid = (view: View, words: RegExp) =>
  Effect.gen(function*() {
    while (true) {
      const { detail, state } = yield* view.status
      if (words.test(detail)) return { detail, state }
      yield* Effect.sleep("10 millis")
    }
  })
