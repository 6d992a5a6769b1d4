/** The rejected log in files keeps the promises of a rejected log, and comes back after a crash. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as FileRejectedLog from "../../../src/adapters/embedded/FileRejectedLog.ts"
import { allIds, describeRejectedLog, rejection } from "../../contracts/RejectedLogContract.ts"
import { collectingLogs, filesOf, temporaryFolder } from "./FileLogFolders.ts"

describeRejectedLog({
  name: "FileRejectedLog",
  harness: (limitBytes) =>
    temporaryFolder.pipe(
      Effect.map((folder) => ({ open: FileRejectedLog.make({ folder, limitBytes, segmentBytes: limitBytes / 8 }) }))
    )
})

const torn = Effect.fnUntraced(function*(cutBytes: number) {
  const folder = yield* temporaryFolder
  const crashed = yield* temporaryFolder
  yield* Effect.scoped(Effect.gen(function*() {
    const log = yield* FileRejectedLog.make({ folder })
    for (let nth = 1; nth <= 3; nth++) yield* log.record([rejection(nth)])
    for (const file of filesOf(folder, ".log")) fs.cpSync(file, file.replace(folder, crashed))
  }))
  const [file = ""] = filesOf(crashed, ".log")
  fs.truncateSync(file, fs.statSync(file).size - cutBytes)
  return crashed
})

describe("FileRejectedLog on disk", () => {
  it.live("cuts off a torn tail, and takes the torn rejection again", () =>
    Effect.gen(function*() {
      const folder = yield* torn(3)

      const log = yield* collectingLogs(() => FileRejectedLog.make({ folder }))
      const ids = yield* allIds(log, 10)
      yield* log.record([rejection(3)])

      assert.deepStrictEqual(ids, ["r-2", "r-1"])
      assert.deepStrictEqual(yield* allIds(log, 10), ["r-3", "r-2", "r-1"])
      assert.deepStrictEqual(yield* log.counts, { byReason: { "bad-time": 3 }, total: 3, dropped: 0 })
    }))

  it.live("never takes more room than its limit", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const limitBytes = 512 * 1024
      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* FileRejectedLog.make({ folder, limitBytes })
        for (let nth = 1; nth <= 300; nth++) {
          yield* log.record([rejection(nth, { raw: new Uint8Array(nth * 30), rawBytes: nth * 30 })])
        }
      }))

      const size = filesOf(folder, ".log").reduce((sum, file) => sum + fs.statSync(file).size, 0)
      assert.isAtMost(size, limitBytes)
      assert.isAtLeast(size, limitBytes / 2)
    }))

  it.live("cuts details that are too long, and refuses an id that is", () =>
    Effect.gen(function*() {
      const log = yield* FileRejectedLog.make({ folder: yield* temporaryFolder })

      yield* log.record([rejection(1, { detail: "x".repeat(10_000) })])
      const refusal = yield* log.record([rejection(2, { id: "i".repeat(200_000) })]).pipe(Effect.flip)
      yield* log.record([rejection(2)])

      assert.strictEqual((yield* log.list({ limit: 10 })).items[1]?.detail.length, 4096)
      assert.strictEqual(refusal._tag, "RejectedLogUnavailable")
      assert.strictEqual((yield* log.counts).total, 2)
    }))

  it.live("refuses a second opener, a closed log and a folder that is something else", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const log = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* FileRejectedLog.make({ folder })
        const second = yield* Effect.scoped(FileRejectedLog.make({ folder })).pipe(Effect.flip)
        assert.strictEqual(second._tag, "FolderLocked")
        return log
      }))

      const closed = yield* log.record([rejection(1)]).pipe(Effect.flip)
      const [file = ""] = filesOf(folder, ".log")
      fs.writeFileSync(file, "not a log")
      const foreign = yield* Effect.scoped(FileRejectedLog.make({ folder })).pipe(Effect.flip)

      assert.include(closed.message, "the log is closed")
      assert.include(foreign.message, `${file} is damaged`)
    }))
})
