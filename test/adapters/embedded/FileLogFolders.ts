/** What the tests of the file log share: a folder of their own, the log in it, what it warns of, programs to be killed. */
import { Effect, Logger, References, type Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as FileLog from "../../../src/adapters/embedded/FileLog.ts"

export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "vicinity-log-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** Small segments, five shards, two consumers, nothing that always stays. */
export const smallOptions = (folder: string): FileLog.FileLogOptions => ({
  folder,
  name: "test",
  consumers: ["stage", "lake"],
  shards: 5,
  segmentBytes: 32 * 1024,
  limitBytes: 256 * 1024,
  recordBytesMax: 100 * 1024,
  minRetainedBytes: 0
})

export const openSmall = (folder: string, options: Partial<FileLog.FileLogOptions> = {}) =>
  FileLog.make({ ...smallOptions(folder), ...options })

export const filesOf = (folder: string, ending: string): ReadonlyArray<string> =>
  fs.readdirSync(folder).filter((file) => file.endsWith(ending)).sort().map((file) => path.join(folder, file))

/** Path of a program beside the tests, run by the same node. */
export const program = (name: string): string => path.join(import.meta.dirname, name)

export interface Warning {
  readonly message: unknown
  readonly fields: Readonly<Record<string, unknown>>
}

/** Runs the effect with its log messages going into the array it gets. */
export const collectingLogs = <A, E, R>(
  effect: (logs: ReadonlyArray<Warning>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const logs: Array<Warning> = []
    const collect = Logger.make(({ fiber, message }) => {
      const fields = fiber.getRef(References.CurrentLogAnnotations)
      logs.push({ message: Array.isArray(message) ? message.join(" ") : message, fields })
    })
    return effect(logs).pipe(Effect.provide(Logger.layer([collect])))
  })

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whole lines only. */
  readonly lines: ReadonlyArray<string>
  readonly errors: string
}

/** Runs a command to its end; `onLines` may kill it (it gets how many lines there are and the kill). */
export const run = (
  command: string,
  parameters: ReadonlyArray<string>,
  onLines: (count: number, kill: () => void) => void = () => undefined
): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    let errors = ""
    let count = 0
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk
      count += chunk.split("\n").length - 1
      onLines(count, () => child.kill("SIGKILL"))
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => errors += chunk)
    child.on("error", (cause) => resume(Effect.die(cause)))
    child.on("close", (code, signal) =>
      resume(Effect.succeed({ code, signal, lines: output.split("\n").slice(0, -1), errors })))
    return Effect.sync(() =>
      child.kill("SIGKILL")
    )
  })
