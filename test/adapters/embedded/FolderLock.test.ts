/** One process per folder, whatever becomes of it. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as FolderLock from "../../../src/adapters/embedded/FolderLock.ts"
import { type Ended, openSmall, program, run, temporaryFolder } from "./FileLogFolders.ts"

const holder = program("FolderLockHolder.ts")

/** Another process that has the lock; `kill` ends it with SIGKILL and waits for that. */
const otherProcess = Effect.fnUntraced(function*(folder: string) {
  const locked = yield* Deferred.make<() => void>()
  const running = yield* Effect.forkChild(run(process.execPath, [holder, folder], (_count, kill) => {
    Deferred.doneUnsafe(locked, Effect.succeed(kill))
  }))
  const kill = yield* Deferred.await(locked)
  return { kill: Effect.andThen(Effect.sync(kill), Fiber.join(running)) }
})

describe("FolderLock", () => {
  it.live("makes the folder, and can be had again when the scope has closed", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* temporaryFolder, "a", "b")

      yield* Effect.scoped(FolderLock.acquire(folder))
      yield* Effect.scoped(FolderLock.acquire(folder))

      assert.isTrue(fs.statSync(folder).isDirectory())
    }))

  it.live("refuses a second holder in the same process, naming folder and process", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* FolderLock.acquire(folder)

      const refusal = yield* Effect.scoped(FolderLock.acquire(folder)).pipe(Effect.flip)

      assert.strictEqual(refusal._tag, "FolderLocked")
      assert.strictEqual(
        refusal.message,
        `${folder} is in use by process ${process.pid}: stop that one, or choose another folder`
      )
    }))

  it.live("refuses a second process, and is free at once when the first one is killed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const other = yield* otherProcess(folder)

      const refusal = yield* Effect.scoped(FolderLock.acquire(folder)).pipe(Effect.flip)
      const ended: Ended = yield* other.kill
      yield* FolderLock.acquire(folder)

      assert.strictEqual(refusal._tag, "FolderLocked")
      assert.notStrictEqual(refusal._tag === "FolderLocked" ? refusal.holderPid : null, null)
      assert.notInclude(refusal.message, `${process.pid}`)
      assert.strictEqual(ended.signal, "SIGKILL")
    }))

  it.live("lets exactly one of several processes have it that try at once", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const kills: Array<() => void> = []
      let told = 0

      const ended = yield* Effect.forEach(
        Array.from({ length: 4 }, (_, i) => i),
        () => {
          let counted = false
          return run(process.execPath, [holder, folder], (_count, kill) => {
            if (counted) return
            counted = true
            kills.push(kill)
            if (++told === 4) { for (const end of kills) end() }
          })
        },
        { concurrency: "unbounded" }
      )

      const said = ended.map(({ errors, lines }) => lines[0] ?? errors).sort()
      assert.deepStrictEqual(said.map((line) => line.split(":")[0]), [
        "FolderLocked",
        "FolderLocked",
        "FolderLocked",
        "locked"
      ])
    }))

  it.live("says what is wrong with a folder that cannot be one, or a lock that is something else", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const file = path.join(folder, "file")
      fs.writeFileSync(file, "")
      fs.writeFileSync(path.join(folder, "lock"), "something else".repeat(100))

      const below = yield* Effect.scoped(FolderLock.acquire(path.join(file, "below"))).pipe(Effect.flip)
      const foreign = yield* Effect.scoped(FolderLock.acquire(folder)).pipe(Effect.flip)

      assert.strictEqual(below._tag, "FolderUnusable")
      assert.include(below.message, path.join(file, "below"))
      assert.include(foreign.message, "is this the right folder?")
      assert.strictEqual(fs.readFileSync(path.join(folder, "lock"), "utf8"), "something else".repeat(100))
    }))

  it.live("keeps a second process out of a log", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const other = yield* otherProcess(folder)

      const refusal = yield* Effect.scoped(openSmall(folder)).pipe(Effect.flip)
      yield* other.kill
      const log = yield* openSmall(folder)

      assert.strictEqual(refusal._tag, "FolderLocked")
      assert.deepStrictEqual(yield* log.append([{ shard: 1, payload: new Uint8Array(1) }]), [1])
    }))
})
