/**
 * A server as a process of its own, which can be stopped, killed, frozen and started again on the same port and folder. Promises: started
 * means that it accepts connections; nothing is left running when the scope closes.
 */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { ServerBinary } from "./ServerBinaries.ts"

export interface ServerProcess {
  readonly port: number
  readonly pid: () => number
  readonly start: Effect.Effect<void>
  /** SIGTERM; succeeds when it is gone. */
  readonly stop: Effect.Effect<void>
  /** SIGKILL; succeeds when it is gone. */
  readonly kill: Effect.Effect<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
}

export interface ServerProcessOptions {
  readonly binary: ServerBinary
  readonly args: ReadonlyArray<string>
  readonly port: number
  /** What it prints goes there. */
  readonly logFile: string
}

const startMillis = 30_000
const stopMillis = 10_000

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once("connect", () => settle(true))
    socket.once("error", () => settle(false))
  })

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Runs until the scope closes. */
export const serverProcess = Effect.fnUntraced(function*(
  { args, binary, logFile, port }: ServerProcessOptions
): Effect.fn.Return<ServerProcess, never, Scope.Scope> {
  let child: ChildProcess | undefined
  const signal = (name: NodeJS.Signals) => Effect.sync(() => child?.kill(name))
  const end = (name: NodeJS.Signals) =>
    Effect.promise(async () => {
      const ended = child
      child = undefined
      if (ended === undefined || hasEnded(ended)) return
      const exit = once(ended, "exit")
      ended.kill("SIGCONT")
      ended.kill(name)
      const patience = setTimeout(() => ended.kill("SIGKILL"), stopMillis)
      await exit
      clearTimeout(patience)
    })
  const start = Effect.promise(async () => {
    const log = openSync(logFile, "a")
    // In a group of its own: ctrl-C at the terminal is for whoever started the server, and not for the server at once.
    const started = spawn(binary.path, args, {
      env: { ...process.env, ...binary.env },
      stdio: ["ignore", log, log],
      detached: true
    })
    closeSync(log)
    child = started
    const until = Date.now() + startMillis
    while (!(await accepts(port))) {
      if (hasEnded(started) || Date.now() > until) throw new Error(`${binary.path} did not start; see ${logFile}`)
      await sleep(10)
    }
  })
  yield* Effect.acquireRelease(start, () => end("SIGTERM"))
  return {
    port,
    pid: () => child?.pid ?? 0,
    start,
    stop: end("SIGTERM"),
    kill: end("SIGKILL"),
    freeze: signal("SIGSTOP"),
    thaw: signal("SIGCONT")
  }
})
