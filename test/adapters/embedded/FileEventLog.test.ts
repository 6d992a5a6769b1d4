/** The event log in files keeps the promises of an event log, and comes back after a crash. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as FileEventLog from "../../../src/adapters/embedded/FileEventLog.ts"
import { allEvents, cityEvent, describeEventLog, eventsUpTo } from "../../contracts/EventLogContract.ts"
import { collectingLogs, filesOf, program, run, temporaryFolder } from "./FileLogFolders.ts"

describeEventLog({
  name: "FileEventLog",
  harness: (limits) =>
    temporaryFolder.pipe(Effect.map((folder) => ({ open: FileEventLog.make({ folder, ...limits }) })))
})

const ids = (count: number): ReadonlyArray<string> => eventsUpTo(count).map(({ id }) => id)

describe("FileEventLog on disk", () => {
  it.live("cuts off a torn tail, and takes the torn event again", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const crashed = yield* temporaryFolder
      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* FileEventLog.make({ folder })
        for (let nth = 1; nth <= 3; nth++) yield* log.publish([cityEvent(nth)])
        for (const file of filesOf(folder, ".log")) fs.cpSync(file, file.replace(folder, crashed))
      }))
      const [file = ""] = filesOf(crashed, ".log")
      fs.truncateSync(file, fs.statSync(file).size - 3)

      const log = yield* collectingLogs(() => FileEventLog.make({ folder: crashed }))
      const kept = yield* log.bounds
      yield* log.publish(eventsUpTo(3))

      assert.strictEqual(kept.last, 2)
      assert.deepStrictEqual((yield* allEvents(log)).map(({ id }) => id), ids(3))
    }))

  it.live("has every acknowledged event once after kills, though each time all is published again", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      for (const killAt of [7, 40, 90]) {
        const ended = yield* run(process.execPath, [program("FileEventLogPublisher.ts"), folder], (count, kill) => {
          if (count >= killAt) kill()
        })
        assert.strictEqual(ended.signal, "SIGKILL", ended.errors)
        const found = yield* Effect.scoped(Effect.flatMap(FileEventLog.make({ folder }), allEvents))

        assert.isAtLeast(found.length, Number(ended.lines.at(-1)))
        assert.deepStrictEqual(found.map(({ id }) => id), ids(found.length))
        assert.deepStrictEqual(found.map(({ position }) => position), found.map((_, i) => i + 1))
      }
    }))

  it.live("never takes more room than its limit", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const limitBytes = 3 * 1024 * 1024
      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* FileEventLog.make({ folder, limitBytes, segmentBytes: 384 * 1024 })
        for (let nth = 1; nth <= 300; nth++) {
          yield* log.publish([cityEvent(nth, { data: "x".repeat(nth * 200) })])
        }
      }))

      const size = filesOf(folder, ".log").reduce((sum, file) => sum + fs.statSync(file).size, 0)
      assert.isAtMost(size, limitBytes)
      assert.isAtLeast(size, limitBytes / 2)
    }))

  it.live("refuses a second opener, a limit below two segments, and to publish when it is closed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const log = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* FileEventLog.make({ folder })
        const second = yield* Effect.scoped(FileEventLog.make({ folder })).pipe(Effect.flip)
        assert.strictEqual(second._tag, "FolderLocked")
        return log
      }))

      const closed = yield* log.publish([cityEvent(1)]).pipe(Effect.flip)
      const tight = yield* Effect.scoped(FileEventLog.make({ folder, limitBytes: 10, segmentBytes: 6 })).pipe(
        Effect.flip
      )

      assert.include(closed.message, "the log is closed")
      assert.include(tight.message, "less than two segments")
    }))
})
