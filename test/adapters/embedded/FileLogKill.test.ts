/** SIGKILL while appending: what was acknowledged is there afterwards, in order, and nothing is there in part. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { takeTexts } from "../../contracts/ShardedLogContract.ts"
import { recordText } from "./FileLogAppender.ts"
import { collectingLogs, openSmall, program, run, temporaryFolder } from "./FileLogFolders.ts"

/** mulberry32 (T. Ettinger, public domain). */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

/** All records: `shard sequence round fiber nth`. Each is checked to be whole and in its place. */
const readAll = (folder: string) =>
  collectingLogs(() =>
    Effect.scoped(Effect.gen(function*() {
      const log = yield* openSmall(folder, { segmentBytes: 128 * 1024, limitBytes: 256 * 1024 * 1024 })
      const found: Array<string> = []
      for (let shard = 1; shard <= 5; shard++) {
        const { last } = yield* log.bounds(shard)
        const latest = new Map<string, number>()
        const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
        let expected = 1
        for (const [sequence, text] of yield* takeTexts(feed, last)) {
          const [round, fiber, nth] = text.split(" ", 3).map(Number)
          assert.strictEqual(sequence, expected++)
          assert.strictEqual(text, recordText(round ?? -1, fiber ?? -1, nth ?? -1))
          assert.isAbove(nth ?? -1, latest.get(`${round} ${fiber}`) ?? -1, "appended in this order")
          latest.set(`${round} ${fiber}`, nth ?? -1)
          found.push(`${shard} ${sequence} ${round} ${fiber} ${nth}`)
        }
      }
      return found
    }))
  )

describe("FileLog under SIGKILL", () => {
  it.live("has every acknowledged record after ten kills at seeded moments", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const random = seeded(20_260_729)
      const acknowledged: Array<string> = []

      for (let round = 1; round <= 10; round++) {
        const killAt = 1 + Math.floor(random() * 700)
        const ended = yield* run(
          process.execPath,
          [program("FileLogAppender.ts"), folder, `${round}`],
          (count, kill) => {
            if (count >= killAt) kill()
          }
        )
        assert.strictEqual(ended.signal, "SIGKILL", ended.errors)
        acknowledged.push(...ended.lines)
        const found = new Set(yield* readAll(folder))

        assert.isAtLeast(ended.lines.length, killAt)
        assert.deepStrictEqual(acknowledged.filter((record) => !found.has(record)), [])
      }
    }))

  it.live("has the records of a process that died after the sync and before the acknowledgement", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      const ended = yield* run(process.execPath, [program("FileLogAppender.ts"), folder, "1", "3"])
      const found = yield* readAll(folder)

      assert.strictEqual(ended.signal, "SIGKILL", ended.errors)
      assert.deepStrictEqual(ended.lines.filter((record) => !found.includes(record)), [])
      assert.isAbove(found.length, ended.lines.length)
    }))
})
