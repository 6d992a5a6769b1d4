/** What is bounded in the file log, and what stays on disk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import type { ShardedLog } from "../../../src/ports/ShardedLog.ts"
import { filesOf, openSmall, temporaryFolder } from "./FileLogFolders.ts"

const kB = 1024

/** `count` records of `bytes` each in shard 1, one after the other. */
const append = (log: ShardedLog, count: number, bytes: number) =>
  Effect.forEach(Array.from({ length: count }), () => log.append([{ shard: 1, payload: new Uint8Array(bytes) }]), {
    discard: true
  })

const sizeOf = (files: ReadonlyArray<string>): number => files.reduce((sum, file) => sum + fs.statSync(file).size, 0)

describe("FileLog retention", () => {
  it.live("removes the files of what every consumer has released, oldest first", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* openSmall(folder)
        yield* append(log, 100, kB)
        const { segments } = yield* log.usage
        for (const consumer of ["stage", "lake"]) yield* log.retain(consumer, 1, 70)
        const { first } = yield* log.bounds(1)

        assert.isAtLeast(segments, 4)
        assert.isAbove(first, 31)
        assert.isAtMost(first, 71)
      }))

      const [oldest] = filesOf(folder, ".log")
      assert.isFalse(oldest?.endsWith("0000000001.log"))
      assert.strictEqual(filesOf(folder, ".index").length, filesOf(folder, ".log").length)
    }))

  it.live("keeps its newest bytes even when they are released", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder, { minRetainedBytes: 100 * kB })
      yield* append(log, 200, kB)

      for (const consumer of ["stage", "lake"]) yield* log.retain(consumer, 1, 200)

      const { bytes } = yield* log.usage
      assert.isAtLeast(bytes, 100 * kB)
      assert.isAtMost(bytes, 140 * kB)
    }))

  it.live("keeps only its newest bytes where nobody is to read it yet, and is never full", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const log = yield* openSmall(folder, { consumers: [], minRetainedBytes: 64 * kB })

      yield* append(log, 1000, kB)

      const { bytes } = yield* log.usage
      assert.isAtLeast(bytes, 64 * kB)
      assert.isAtMost(bytes, 130 * kB)
    }))

  it.live("accounts for what is on disk", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* openSmall(folder)
        yield* append(log, 50, 3 * kB)
        assert.strictEqual((yield* log.usage).bytes, sizeOf(filesOf(folder, ".log")))
      }))

      const log = yield* openSmall(folder)
      assert.strictEqual((yield* log.usage).bytes, sizeOf(filesOf(folder, ".log")))
    }))

  it.live("has no room for consumers that are not configured", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder)

      const exit = yield* Effect.exit(log.retain("nobody", 1, 1))

      assert.strictEqual(exit._tag, "Failure")
    }))
})

describe("FileLog bounds", () => {
  it.live("refuses a record that is too large with its size, and takes the next", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder, { recordBytesMax: 10 * kB })

      const refusal = yield* Effect.flip(append(log, 1, 10 * kB + 1))
      yield* append(log, 1, 10 * kB)

      assert.strictEqual(refusal._tag, "LogUnavailable")
      assert.include(refusal.message, "a record of 10241 bytes is larger than the 10240 allowed")
    }))

  it.live("refuses one append of too many bytes as a whole", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder)
      const payload = new Uint8Array(8 * kB)

      const refusal = yield* Effect.flip(log.append(Array.from({ length: 20 }, () => ({ shard: 1, payload }))))

      assert.include(refusal.message, "append in parts")
      assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last: 0 })
    }))

  it.live("lets appenders wait when the disk is slower, refuses beyond a bound, and keeps what it acknowledged", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder, {
        limitBytes: 256 * kB * kB,
        groupBytesMax: 64 * kB,
        recordBytesMax: kB
      })

      const outcomes = yield* Effect.forEach(
        Array.from({ length: 5000 }),
        () => log.append([{ shard: 1, payload: new Uint8Array(kB) }]).pipe(Effect.result),
        { concurrency: "unbounded" }
      )

      const sequences = outcomes.flatMap((outcome) => outcome._tag === "Success" ? outcome.success : [])
      const refusals = outcomes.flatMap((outcome) => outcome._tag === "Failure" ? [outcome.failure] : [])
      assert.deepStrictEqual(sequences, Array.from({ length: sequences.length }, (_, i) => i + 1))
      assert.isAbove(sequences.length, 100)
      assert.isAbove(refusals.length, 100)
      assert.isTrue(refusals.every((refusal) => refusal.message.includes("the disk is slower than the sources")))
      assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last: sequences.length })
    }))

  it.live("is not defined for shards it does not have", () =>
    Effect.gen(function*() {
      const log = yield* openSmall(yield* temporaryFolder)

      const exits = yield* Effect.forEach([0, 6, 1.5], (shard) =>
        Effect.exit(log.append([{ shard, payload: new Uint8Array(1) }])))

      assert.deepStrictEqual(
        exits.map(({ _tag }) =>
          _tag
        ),
        ["Failure", "Failure", "Failure"]
      )
    }))
})
