/** A folder that is not as this version left it is refused with a sentence that says why and what to do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { decodeSegmentHeader, encodeSegmentHeader, isUnreadable } from "../../../src/adapters/embedded/FileLogFormat.ts"
import { openFolder } from "../../../src/adapters/embedded/FileLogRecovery.ts"
import { takeTexts } from "../../contracts/ShardedLogContract.ts"
import { collectingLogs, filesOf, openSmall, temporaryFolder } from "./FileLogFolders.ts"

/** A log of several segments: sequences 1 to 60 of shard 1, 2 kB each. */
const several = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const identity = yield* Effect.scoped(Effect.gen(function*() {
    const log = yield* openSmall(folder)
    for (let i = 1; i <= 60; i++) {
      yield* log.append([{ shard: 1, payload: new TextEncoder().encode(`${i}`.padEnd(2048)) }])
    }
    return log.identity
  }))
  return { folder, identity, segments: filesOf(folder, ".log"), indexes: filesOf(folder, ".index") }
})

const refusalOf = (folder: string, options = {}) => Effect.scoped(openSmall(folder, options)).pipe(Effect.flip)

const sequencesOf = (folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const log = yield* openSmall(folder)
    const { last } = yield* log.bounds(1)
    const texts = yield* takeTexts(yield* log.subscribe(1, { stream: log.identity.id, sequence: 0 }), last)
    return texts.map(([sequence, text]) => sequence === Number(text) ? sequence : -1)
  }))

const oneToSixty = Array.from({ length: 60 }, (_, i) => i + 1)

const flip = (file: string, at: number): void => {
  const content = fs.readFileSync(file)
  content[at] = (content[at] ?? 0) ^ 0x10
  fs.writeFileSync(file, content)
}

describe("FileLog folder", () => {
  it.live("reads on across segments", () =>
    Effect.gen(function*() {
      const { folder, indexes, segments } = yield* several

      assert.isAtLeast(segments.length, 4)
      assert.lengthOf(indexes, segments.length)
      assert.deepStrictEqual(yield* sequencesOf(folder), oneToSixty)
    }))

  it.live("does without its index files, whether they are missing or damaged, and writes them anew", () =>
    Effect.gen(function*() {
      const { folder, indexes } = yield* several
      const before = indexes.map((file) => fs.readFileSync(file))
      fs.rmSync(indexes[0] ?? "")
      flip(indexes[1] ?? "", 30)
      flip(indexes[2] ?? "", fs.statSync(indexes[2] ?? "").size - 1)

      const sequences = yield* sequencesOf(folder)

      assert.deepStrictEqual(sequences, oneToSixty)
      assert.deepStrictEqual(indexes.map((file) => fs.readFileSync(file)), before)
    }))

  it.live("refuses a damaged finished segment that has no index, naming file and offset", () =>
    Effect.gen(function*() {
      const { folder, indexes, segments } = yield* several
      const file = segments[1] ?? ""
      fs.rmSync(indexes[1] ?? "")
      flip(file, fs.statSync(file).size - 5)

      const refusal = yield* refusalOf(folder)

      assert.strictEqual(refusal._tag, "LogUnavailable")
      assert.match(refusal.message, /0000000002\.log is damaged at offset \d+ .*restore that file/)
    }))

  it.live("refuses a finished segment that is shorter than it was", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      fs.truncateSync(segments[1] ?? "", fs.statSync(segments[1] ?? "").size - 2080)

      assert.include((yield* refusalOf(folder)).message, "0000000002.log is damaged")
    }))

  it.live("stops a feed at a damaged record, and not before it", () =>
    Effect.gen(function*() {
      const { folder, identity, segments } = yield* several
      const file = segments[1] ?? ""
      flip(file, fs.statSync(file).size - 5)

      const { refusal, taken } = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* openSmall(folder)
        const feed = yield* log.subscribe(1, { stream: identity.id, sequence: 0 })
        const taken: Array<number> = []
        const refusal = yield* feed.take(1).pipe(
          Effect.tap((records) => Effect.sync(() => taken.push(...records.map(({ sequence }) => sequence)))),
          Effect.forever,
          Effect.flip
        )
        return { refusal, taken }
      }))

      assert.strictEqual(refusal._tag, "PositionNotHonoured")
      assert.propertyVal(refusal, "reason", "damaged")
      assert.include(refusal.message, "0000000002.log is damaged at offset")
      assert.isAtLeast(taken.length, 15)
      assert.deepStrictEqual(taken, oneToSixty.slice(0, taken.length))
    }))

  it.live("refuses a folder in which a segment is missing", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      fs.rmSync(segments[1] ?? "")

      assert.match((yield* refusalOf(folder)).message, /0000000002\.log is missing between segments 1 and 3/)
    }))

  it.live("refuses a segment of another log", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      const other = yield* several
      fs.cpSync(other.segments[2] ?? "", segments[2] ?? "")

      assert.match((yield* refusalOf(folder)).message, /0000000003\.log belongs to another log/)
    }))

  it.live("refuses a log of a newer format, and leaves it alone", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      const file = segments.at(-1) ?? ""
      const newer = fs.readFileSync(file)
      newer.writeUInt32LE(2, 8)
      fs.writeFileSync(file, newer)

      const refusal = yield* refusalOf(folder)

      assert.strictEqual(refusal._tag, "LogUnavailable")
      assert.include(refusal.message, "format version 2, this Vicinity knows up to 1")
      assert.include(refusal.message, "newer Vicinity")
      assert.deepStrictEqual(fs.readFileSync(file), newer)
    }))

  it.live("refuses another number of shards", () =>
    Effect.gen(function*() {
      const { folder } = yield* several

      assert.match((yield* refusalOf(folder, { shards: 7 })).message, /a log of 5 shards, 7 are configured/)
    }))

  it.live("refuses a limit that its settings do not fit", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      assert.match((yield* refusalOf(folder, { limitBytes: 60_000 })).message, /leaves no room/)
    }))

  it.live("removes a next segment that was never begun while the one before it was written on", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      const last = segments.at(-1) ?? ""
      const next = last.replace(/\d{10}/, `${segments.length + 1}`.padStart(10, "0"))
      // It claims to start where the last one starts, so it was made before what is in that.
      fs.writeFileSync(next, yield* headerAfter(last, segments.length + 1))

      const sequences = yield* collectingLogs(() => sequencesOf(folder))

      assert.deepStrictEqual(sequences, oneToSixty)
      assert.isFalse(fs.existsSync(next))
    }))

  it.live("starts no segment where the one before cannot be opened for reading, and starts it when it can", () =>
    Effect.gen(function*() {
      const where = yield* temporaryFolder
      const settings = { folder: where, shards: 1, notes: () => new Uint8Array(0), report: () => undefined }
      const { folder } = yield* Effect.promise(() => openFolder(settings, "rolling"))
      const [file = ""] = filesOf(where, ".log")
      fs.renameSync(file, `${file}.away`)

      const failed = yield* Effect.exit(Effect.tryPromise(() => folder.roll()))
      const after = [folder.segments.length, filesOf(where, ".log").length]
      fs.renameSync(`${file}.away`, file)
      yield* Effect.promise(() => folder.roll())
      yield* Effect.promise(() => folder.close())

      assert.strictEqual(failed._tag, "Failure")
      assert.deepStrictEqual(after, [1, 0])
      assert.lengthOf(filesOf(where, ".log"), 2)
    }))

  it.live("removes what an interrupted write left", () =>
    Effect.gen(function*() {
      const { folder, segments } = yield* several
      const leftover = `${segments.at(-1)}.tmp`
      fs.writeFileSync(leftover, "half a header")

      assert.deepStrictEqual(yield* sequencesOf(folder), oneToSixty)
      assert.isFalse(fs.existsSync(leftover))
    }))
})

const headerAfter = (file: string, number: number) => {
  const header = decodeSegmentHeader(fs.readFileSync(file))
  return isUnreadable(header)
    ? Effect.die(header.problem)
    : Effect.succeed(encodeSegmentHeader({ ...header, number }, 0))
}
