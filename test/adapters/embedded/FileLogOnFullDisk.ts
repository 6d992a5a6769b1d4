/**
 * A program for a disk that gets full: `FileLogOnFullDisk.ts FOLDER ROOM...`, where ROOM is a command that makes room. It
 * appends until it is refused, reads, makes room, appends again, opens again, and prints what happened as JSON.
 */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as FileLog from "../../../src/adapters/embedded/FileLog.ts"
import type { ShardedLog } from "../../../src/ports/ShardedLog.ts"
import { takeTexts } from "../../contracts/ShardedLogContract.ts"
import { collectingLogs, smallOptions } from "./FileLogFolders.ts"

export interface FullDiskStory {
  /** Texts acknowledged before the disk was full, and after there was room. */
  readonly before: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
  readonly refusals: ReadonlyArray<{ readonly tag: string; readonly message: string }>
  /** Texts read while the disk was full, when opened again on the full disk, and when opened again at the end. */
  readonly readWhileFull: ReadonlyArray<string>
  readonly readReopened: ReadonlyArray<string>
  readonly readAtEnd: ReadonlyArray<string>
  readonly logs: ReadonlyArray<unknown>
}

const options = (folder: string): FileLog.FileLogOptions => ({
  ...smallOptions(folder),
  segmentBytes: 512 * 1024,
  limitBytes: 64 * 1024 * 1024
})

const readAll = Effect.fnUntraced(function*(log: ShardedLog) {
  const { last } = yield* log.bounds(1)
  const texts = yield* takeTexts(yield* log.subscribe(1, { stream: log.identity.id, sequence: 0 }), last)
  return texts.map(([, text]) => text.trimEnd())
})

/** Sets of three records of 4 kB, one set after the other. */
const append = (log: ShardedLog, name: string) => {
  const texts = [`${name}a`, `${name}b`, `${name}c`]
  const records = texts.map((text) => ({ shard: 1, payload: new TextEncoder().encode(text.padEnd(4096)) }))
  return Effect.as(log.append(records), texts)
}

const story = Effect.fnUntraced(function*(folder: string, room: ReadonlyArray<string>) {
  const before: Array<string> = []
  const refusals: Array<{ tag: string; message: string }> = []
  const first = yield* Effect.scoped(Effect.gen(function*() {
    const log = yield* FileLog.make(options(folder))
    for (let i = 0; refusals.length < 5; i++) {
      yield* append(log, `${i}`).pipe(
        Effect.map((texts) => before.push(...texts)),
        Effect.catch((refusal) => Effect.sync(() => refusals.push({ tag: refusal._tag, message: refusal.message })))
      )
    }
    return { readWhileFull: yield* readAll(log) }
  }))
  return yield* Effect.scoped(Effect.gen(function*() {
    const log = yield* FileLog.make(options(folder))
    const readReopened = yield* readAll(log)
    const refused = yield* append(log, "still full").pipe(Effect.flip)
    refusals.push({ tag: refused._tag, message: refused.message })
    const [command = "", ...parameters] = room
    execFileSync(command, parameters)
    const after: Array<string> = []
    for (let i = 0; i < 20; i++) after.push(...yield* append(log, `after ${i}`))
    return { ...first, before, refusals, readReopened, after }
  }))
})

if (import.meta.main) {
  const [folder = "", ...room] = process.argv.slice(2)
  const told = await Effect.runPromise(collectingLogs((logs) =>
    Effect.gen(function*() {
      const said = yield* story(folder, room.map((word) => word === "PID" ? `${process.pid}` : word))
      const log = yield* FileLog.make(options(folder))
      return { ...said, readAtEnd: yield* readAll(log), logs }
    }).pipe(Effect.scoped)
  ))
  process.stdout.write(`${JSON.stringify(told)}\n`)
}
