/** A log that is written quickly and read at the same time starts one segment after the other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, References } from "effect"
import { readdirSync } from "node:fs"
import * as FileLog from "../../../src/adapters/embedded/FileLog.ts"
import { temporaryFolder } from "../../PostgresForTests.ts"

// Found so: a reader that was quick enough was woken a second time for the same group, looked for a record that was not there
// yet, and called the log damaged.
describe("FileLog while segments are finished", () => {
  it.live("gives a reader every record, writes each index once, and has nothing to warn of", () => {
    const messages: Array<unknown> = []
    const listen = Logger.make(({ message }) => {
      messages.push(message)
    })
    return Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const options = {
        folder,
        name: "rolling",
        consumers: ["reader"],
        shards: 3,
        segmentBytes: 200_000,
        recordBytesMax: 1_000,
        groupBytesMax: 150_000
      }
      const total = 3_000
      yield* Effect.gen(function*() {
        const log = yield* FileLog.make(options)
        const readers = yield* Effect.forEach(
          [1, 2, 3],
          (shard) =>
            Effect.forkChild(Effect.scoped(Effect.gen(function*() {
              const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
              let seen = 0
              while (seen < total) {
                for (const { sequence } of yield* feed.take(50_000)) assert.strictEqual(sequence, ++seen)
              }
              return seen
            })))
        )
        for (let at = 0; at < total; at += 50) {
          const records = Array.from(
            { length: 50 },
            () => [1, 2, 3].map((shard) => ({ shard, payload: new Uint8Array(900) }))
          )
          yield* log.append(records.flat())
        }
        for (const reader of readers) assert.strictEqual(yield* Fiber.join(reader), total)
      }).pipe(Effect.scoped)
      const files = readdirSync(folder)
      const segments = files.filter((file) => file.endsWith(".log")).map((file) => file.slice(0, 10))

      assert.isAbove(segments.length, 20)
      assert.deepStrictEqual(segments.filter((number) => !files.includes(`${number}.index`)), [])
      assert.deepStrictEqual(files.filter((file) => file.endsWith(".tmp")), [])
      assert.deepStrictEqual(messages, [])
    }).pipe(
      Effect.scoped,
      Effect.provide(Logger.layer([listen])),
      Effect.provideService(References.MinimumLogLevel, "Warn")
    )
  })
})
