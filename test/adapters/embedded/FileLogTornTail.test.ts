/**
 * What a crash can leave in the last segment is repaired, anything else is refused. The files are copied while the log is
 * open, which is how a killed process leaves them:
 *
 *     | header | group 1: a b c | group 2: d e | group 3: f g h |
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { takeTexts } from "../../contracts/ShardedLogContract.ts"
import { collectingLogs, filesOf, openSmall, temporaryFolder } from "./FileLogFolders.ts"

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)
const groups = [["a", "bb".repeat(20), "c"], ["d", "e"], ["f".repeat(9), "g", "h".repeat(30)]]
const all = groups.flat()
/** Frame: 24 bytes and the payload, padded to 8. */
const frameBytes = (content: string): number => 24 + Math.ceil(content.length / 8) * 8
const bytesOf = (contents: ReadonlyArray<string>): number =>
  contents.reduce((sum, content) => sum + frameBytes(content), 0)

/** A log of three groups in shard 1: the files of a process that was killed then. */
const killed = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const copy = yield* temporaryFolder
  yield* Effect.scoped(Effect.gen(function*() {
    const log = yield* openSmall(folder)
    for (const group of groups) {
      yield* log.append(group.map((content) => ({ shard: 1, payload: bytes(content) })))
    }
    for (const file of filesOf(folder, ".log")) fs.cpSync(file, file.replace(folder, copy))
  }))
  const file = filesOf(copy, ".log")[0] ?? ""
  const size = fs.statSync(file).size
  return { folder: copy, file, size, framesAt: size - bytesOf(all), content: fs.readFileSync(file) }
})

const readAll = (folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const log = yield* openSmall(folder)
    const { last } = yield* log.bounds(1)
    const feed = yield* log.subscribe(1, { stream: log.identity.id, sequence: 0 })
    const records = yield* takeTexts(feed, last)
    return records.map(([, content]) => content)
  }))

/** As `readAll`, of a folder that is as `killed` left it but for the content of its segment. */
const readWith = (folder: string, file: string, content: Uint8Array) => {
  for (const index of filesOf(folder, ".index")) fs.rmSync(index)
  fs.writeFileSync(file, content)
  return collectingLogs(() => readAll(folder))
}

const flipped = (content: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(content)
  copy[bit >>> 3] = (copy[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

describe("FileLog after a crash", () => {
  it.live("keeps every whole record, whatever the byte at which the last group was cut off", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt, size } = yield* killed

      for (let cut = framesAt + bytesOf(all.slice(0, 4)); cut <= size; cut++) {
        const kept = yield* readWith(folder, file, content.subarray(0, cut))
        let whole = 0
        while (whole < all.length && framesAt + bytesOf(all.slice(0, whole + 1)) <= cut) whole++

        assert.deepStrictEqual(kept, all.slice(0, whole), `cut at ${cut} of ${size}`)
      }
    }))

  it.live("cuts off zeros and garbage behind the last record", () =>
    Effect.gen(function*() {
      const { content, file, folder } = yield* killed

      for (
        const tail of [
          Buffer.alloc(4096),
          Buffer.alloc(5, 0xff),
          Buffer.from("garbage ".repeat(700)),
          content.subarray(0, 99)
        ]
      ) {
        assert.deepStrictEqual(yield* readWith(folder, file, Buffer.concat([content, tail])), all)
        assert.strictEqual(fs.statSync(file).size, content.length)
      }
    }))

  it.live("cuts a group off at a hole that the power failure left in it, though a later frame of it is whole", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt } = yield* killed
      const hole = framesAt + bytesOf(all.slice(0, 6))

      content.fill(0, hole, hole + frameBytes("g"))

      assert.deepStrictEqual(yield* readWith(folder, file, content), all.slice(0, 6))
    }))

  it.live("says in the log which bytes of which file it cut off", () =>
    Effect.gen(function*() {
      const { file, folder, size } = yield* killed
      fs.truncateSync(file, size - 1)

      const logs = yield* collectingLogs((logs) => Effect.as(readAll(folder), logs))

      const offset = size - frameBytes(all.at(-1) ?? "")
      assert.lengthOf(logs, 1)
      assert.include(logs[0]?.message, "torn tail")
      assert.deepInclude(logs[0]?.fields, { file, offset, bytes: size - 1 - offset })
    }))

  it.live("continues with the next sequence after a repair", () =>
    Effect.gen(function*() {
      const { file, folder, size } = yield* killed
      fs.truncateSync(file, size - 1)

      const sequences = yield* collectingLogs(() =>
        Effect.scoped(Effect.gen(function*() {
          const log = yield* openSmall(folder)
          return yield* log.append([{ shard: 1, payload: bytes("new") }])
        }))
      )

      assert.deepStrictEqual(sequences, [8])
      assert.deepStrictEqual(yield* readAll(folder), [...all.slice(0, 7), "new"])
    }))

  it.live("refuses to open when a bit of an acknowledged record was flipped, and changes nothing", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt } = yield* killed
      const lastGroupAt = framesAt + bytesOf(all.slice(0, 5))

      for (let bit = 8 * framesAt; bit < 8 * lastGroupAt; bit += 5) {
        const damaged = flipped(content, bit)
        const refusal = yield* readWith(folder, file, damaged).pipe(Effect.flip)

        assert.strictEqual(refusal._tag, "LogUnavailable")
        assert.include(refusal.message, `${file} is damaged at offset ${startOfFrame(framesAt, bit >>> 3)}`)
        assert.deepStrictEqual(fs.readFileSync(file), damaged)
      }
    }))

  it.live("never gives out what a flipped bit in the last group made of a record", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt, size } = yield* killed

      for (let bit = 8 * (framesAt + bytesOf(all.slice(0, 5))); bit < 8 * size; bit += 11) {
        const kept = yield* readWith(folder, file, flipped(content, bit))

        assert.isBelow(kept.length, all.length)
        assert.deepStrictEqual(kept, all.slice(0, kept.length))
        assert.isAtLeast(kept.length, 5)
      }
    }))

  it.live("refuses a flipped bit in any byte of the header", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt } = yield* killed

      for (let bit = 0; bit < 8 * framesAt; bit += 7) {
        const refusal = yield* readWith(folder, file, flipped(content, bit)).pipe(Effect.flip)

        assert.strictEqual(refusal._tag, "LogUnavailable")
        assert.include(refusal.message, file)
      }
    }))
})

describe("FileLog after a clean stop", () => {
  it.live("knows that its tail was acknowledged, and refuses to open when a byte of it is missing or changed", () =>
    Effect.gen(function*() {
      const { content, file, folder, framesAt, size } = yield* killed
      assert.deepStrictEqual(yield* readAll(folder), all)
      const last = size - frameBytes(all.at(-1) ?? "")

      for (
        const damaged of [content.subarray(0, size - 1), flipped(content, 8 * size - 1), content.subarray(0, framesAt)]
      ) {
        fs.writeFileSync(file, damaged)
        const refusal = yield* readAll(folder).pipe(Effect.flip)

        assert.strictEqual(refusal._tag, "LogUnavailable")
        assert.include(refusal.message, `damaged at offset ${Math.min(last, damaged.length)}`)
      }
    }))

  it.live("still repairs the torn tail of what was appended since", () =>
    Effect.gen(function*() {
      const { content, file, folder } = yield* killed
      assert.deepStrictEqual(yield* readAll(folder), all)

      fs.writeFileSync(file, Buffer.concat([content, content.subarray(content.length - 20)]))

      assert.deepStrictEqual(yield* collectingLogs(() => readAll(folder)), all)
    }))
})

const startOfFrame = (framesAt: number, at: number): number => {
  let start = framesAt
  for (const content of all) {
    if (at < start + frameBytes(content)) return start
    start += frameBytes(content)
  }
  return start
}
