/**
 * A Vicinity of one role as a process of its own. Promises: ready means that its `/health/ready` says so; told to stop it drains; nothing
 * is left running when the scope closes.
 */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const entry = fileURLToPath(new URL("../src/apps/main.ts", import.meta.url))
const readyMillis = 120_000

export interface RoleProcess {
  readonly name: string
  readonly url: string
  readonly logFile: string
  readonly pid: () => number
  readonly start: Effect.Effect<void>
  /** Succeeds when it says that it is ready. */
  readonly ready: Effect.Effect<void>
  /** SIGTERM; succeeds with its exit code when it is gone. */
  readonly stop: Effect.Effect<number | null>
  /** SIGKILL. */
  readonly kill: Effect.Effect<void>
  /** SIGSTOP: its connections stay open and it does nothing. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** Started, and not ended since; also while it is frozen. */
  readonly isRunning: () => boolean
  /** Succeeds when it has printed this. */
  readonly printed: (text: string) => Effect.Effect<void>
}

export interface RoleProcessOptions {
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** Before the file that is run: for Node itself. */
  readonly nodeArgs?: ReadonlyArray<string> | undefined
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  readonly logFile: string
}

const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).status === 200
  } catch {
    return false
  }
}

const hasEnded = (child: ChildProcess | undefined): boolean =>
  child === undefined || child.exitCode !== null || child.signalCode !== null

/** Starts it, and does not wait until it is ready. */
export const roleProcess = Effect.fnUntraced(function*(
  { args, env, logFile, name, nodeArgs = [], port }: RoleProcessOptions
): Effect.fn.Return<RoleProcess, never, Scope.Scope> {
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const end = (signal: NodeJS.Signals) =>
    Effect.promise(async () => {
      const ended = child
      if (ended === undefined) return null
      if (!hasEnded(ended)) {
        const exit = once(ended, "exit")
        ended.kill("SIGCONT")
        ended.kill(signal)
        await exit
      }
      return ended.exitCode
    })
  const start = Effect.sync(() => {
    const log = openSync(logFile, "a")
    child = spawn(process.execPath, [...nodeArgs, entry, "start", "--port", String(port), ...args], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", log, log],
      // As in `ServerProcess`.
      detached: true
    })
    closeSync(log)
  })
  yield* Effect.acquireRelease(start, () => end("SIGTERM"))
  const ready = Effect.promise(async () => {
    const until = Date.now() + readyMillis
    while (!(await isReady(url))) {
      if (hasEnded(child) || Date.now() > until) {
        const said = readFileSync(logFile, "utf8").trim().split("\n").slice(-8).join("\n")
        throw new Error(`${name} did not become ready; ${logFile} ends with:\n${said}`)
      }
      await sleep(50)
    }
  })
  const printed = (text: string) =>
    Effect.promise(async () => {
      while (!readFileSync(logFile, "utf8").includes(text)) {
        if (hasEnded(child)) throw new Error(`${name} ended before it printed "${text}"; see ${logFile}`)
        await sleep(50)
      }
    })
  const signal = (name: NodeJS.Signals) => Effect.sync(() => child?.kill(name))
  return {
    name,
    url,
    logFile,
    pid: () => child?.pid ?? 0,
    start,
    ready,
    stop: end("SIGTERM"),
    kill: Effect.asVoid(end("SIGKILL")),
    freeze: signal("SIGSTOP"),
    thaw: signal("SIGCONT"),
    signal,
    isRunning: () => !hasEnded(child),
    printed
  }
})
