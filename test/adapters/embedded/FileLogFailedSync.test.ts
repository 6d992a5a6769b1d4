/**
 * A disk that fails to sync or to write. No ordinary user can make a real disk do so, thus node's own file handle fails
 * here on command; everything above it is real.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import type { ShardedLog } from "../../../src/ports/ShardedLog.ts"
import { takeTexts } from "../../contracts/ShardedLogContract.ts"
import { collectingLogs, filesOf, openSmall, temporaryFolder } from "./FileLogFolders.ts"

type Failing = "datasync" | "sync" | "truncate" | "write"

/** While the effect runs, the first `times` calls of these methods fail with EIO. */
const failing = <A, E, R>(
  methods: ReadonlyArray<Failing>,
  times: number,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const handle = await fs.promises.open(process.execPath, "r")
      const prototype = Object.getPrototypeOf(handle)
      await handle.close()
      const originals = methods.map((name) => [name, prototype[name]] as const)
      for (const [name, original] of originals) {
        let left = times
        prototype[name] = function(...parameters: ReadonlyArray<unknown>) {
          if (left-- > 0) return Promise.reject(Object.assign(new Error(`EIO: i/o error, ${name}`), { code: "EIO" }))
          return original.apply(this, parameters)
        }
      }
      return { prototype, originals }
    }),
    () => effect,
    ({ originals, prototype }) =>
      Effect.sync(() => {
        for (const [name, original] of originals) prototype[name] = original
      })
  )

const append = (log: ShardedLog, text: string) => log.append([{ shard: 1, payload: new TextEncoder().encode(text) }])

const readAll = Effect.fnUntraced(function*(log: ShardedLog) {
  const { last } = yield* log.bounds(1)
  return yield* takeTexts(yield* log.subscribe(1, { stream: log.identity.id, sequence: 0 }), last)
})

const scenario = <A, E>(use: (log: ShardedLog) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    return yield* collectingLogs((logs) =>
      Effect.gen(function*() {
        const answer = yield* Effect.scoped(Effect.flatMap(openSmall(folder), use))
        const again = yield* Effect.scoped(Effect.flatMap(openSmall(folder), readAll))
        return { answer, again, logs, folder }
      })
    )
  })

describe("FileLog on a failing disk", () => {
  it.live("fails every append of a group whose sync failed, uses up no sequence, and writes on in a new segment", () =>
    Effect.gen(function*() {
      const { again, answer, folder, logs } = yield* scenario((log) =>
        Effect.gen(function*() {
          yield* append(log, "a")
          const failed = yield* failing(
            ["datasync"],
            1,
            Effect.forEach(["x", "y", "z"], (text) => Effect.flip(append(log, text)), { concurrency: "unbounded" })
          )
          const sequences = yield* append(log, "b")
          return { failed, sequences }
        })
      )

      assert.deepStrictEqual(answer.failed.map(({ _tag }) => _tag), [
        "LogUnavailable",
        "LogUnavailable",
        "LogUnavailable"
      ])
      assert.include(answer.failed[0]?.message, "EIO")
      assert.deepStrictEqual(answer.sequences, [2])
      assert.deepStrictEqual(again, [[1, "a"], [2, "b"]])
      assert.lengthOf(filesOf(folder, ".log"), 2)
      assert.include(logs[0]?.message, "appends are refused until it can")
      assert.deepInclude(logs[0]?.fields, { stage: "sync" })
    }))

  it.live("writes on in the same segment after a failed write", () =>
    Effect.gen(function*() {
      const { again, folder } = yield* scenario((log) =>
        Effect.gen(function*() {
          yield* append(log, "a")
          yield* failing(["write"], 1, Effect.flip(append(log, "x")))
          yield* append(log, "b")
        })
      )

      assert.deepStrictEqual(again, [[1, "a"], [2, "b"]])
      assert.lengthOf(filesOf(folder, ".log"), 1)
    }))

  it.live("stays unavailable while the file cannot be cut back, can be read meanwhile, and recovers by itself", () =>
    Effect.gen(function*() {
      const { again, answer } = yield* scenario((log) =>
        Effect.gen(function*() {
          yield* append(log, "a")
          const { failed, read } = yield* failing(
            ["datasync", "truncate"],
            3,
            Effect.gen(function*() {
              const failed = [yield* Effect.flip(append(log, "x")), yield* Effect.flip(append(log, "y"))]
              return { failed, read: yield* readAll(log) }
            })
          )
          const bounds = yield* log.bounds(1)
          yield* append(log, "b")
          return { failed, read, bounds }
        })
      )

      assert.deepStrictEqual(answer.failed.map(({ _tag }) => _tag), ["LogUnavailable", "LogUnavailable"])
      assert.deepStrictEqual(answer.read, [[1, "a"]])
      assert.deepStrictEqual(answer.bounds, { first: 1, last: 1 })
      assert.deepStrictEqual(again, [[1, "a"], [2, "b"]])
    }))

  it.live("opens again after it was stopped with an unacknowledged record that could not be taken back", () =>
    Effect.gen(function*() {
      const { again } = yield* scenario((log) =>
        Effect.gen(function*() {
          yield* append(log, "a")
          yield* failing(["datasync", "truncate"], 9, Effect.flip(append(log, "x")))
        })
      )

      assert.deepStrictEqual(again, [[1, "a"], [2, "x"]], "at least once: a failed append may turn up")
    }))

  it.live("goes on in the old segment when the next one cannot be made", () =>
    Effect.gen(function*() {
      const large = "l".repeat(31 * 1024)
      const { again, answer } = yield* scenario((log) =>
        Effect.gen(function*() {
          yield* append(log, large)
          const refused = yield* failing(["sync"], 1, Effect.flip(append(log, large)))
          const small = yield* append(log, "small")
          return { refused, small, next: yield* append(log, large) }
        })
      )

      assert.strictEqual(answer.refused._tag, "LogUnavailable")
      assert.deepStrictEqual([answer.small, answer.next], [[2], [3]])
      assert.deepStrictEqual(again.map(([sequence, text]) => [sequence, text.length]), [[1, 31_744], [2, 5], [
        3,
        31_744
      ]])
    }))

  it.live("fails an append whose crash hook failed, and keeps its record", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const log = yield* openSmall(folder, { afterAppend: Effect.die(new Error("stopped here")) })

      const failed = yield* Effect.flip(append(log, "kept"))

      assert.include(failed.message, "stopped here")
      assert.deepStrictEqual(yield* readAll(log), [[1, "kept"]])
    }))
})
