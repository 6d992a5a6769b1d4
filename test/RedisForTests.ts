/**
 * A real redis-server for a test: on a free port of loopback, in a temp folder, without a file of its own. It can be killed, held,
 * and started again on the same port; it is gone with its scope.
 */
import { Effect, Redacted } from "effect"
import { Redis } from "ioredis"
import { type ChildProcess, spawn } from "node:child_process"
import { freePort } from "../stack/FreePort.ts"
import { serverBinary } from "../stack/ServerBinaries.ts"
import { temporaryFolder } from "./PostgresForTests.ts"

export interface RedisForTests {
  readonly port: number
  readonly url: Redacted.Redacted<string>
  /** As the URL says, with user and password. */
  readonly urlOf: (credentials: string) => Redacted.Redacted<string>
  /** By another client than that of the adapter. */
  readonly send: (command: string, ...args: ReadonlyArray<string | number>) => Effect.Effect<unknown>
  readonly signal: (signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") => Effect.Effect<void>
  /** Again on the same port, empty, after it was killed. */
  readonly start: (...options: ReadonlyArray<string>) => Effect.Effect<void>
}

const startOn = async (port: number, folder: string, options: ReadonlyArray<string>): Promise<ChildProcess> => {
  const binary = await serverBinary("redis-server")
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
  const child = spawn(binary.path, [...fixed, ...options], {
    env: { ...process.env, ...binary.env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  await new Promise<void>((resolve, reject) => {
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes("Ready to accept connections")) resolve()
    })
    child.once("exit", () => reject(new Error(`redis-server ended:\n${output}`)))
  })
  return child
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

export const startRedis = Effect.fnUntraced(function*(...options: ReadonlyArray<string>) {
  const folder = yield* temporaryFolder
  const port = yield* Effect.promise(freePort)
  let child: ChildProcess | undefined
  const start = (...options: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      child = await startOn(port, folder, options)
    })
  const signal = (signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") =>
    Effect.promise(async () => {
      if (child === undefined) return
      child.kill(signal)
      if (signal === "SIGKILL") await ended(child)
    })
  yield* Effect.acquireRelease(start(...options), () => signal("SIGKILL"))
  const urlOf = (credentials: string) => Redacted.make(`redis://${credentials}127.0.0.1:${port}`)
  const admin = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Redis(`redis://127.0.0.1:${port}`, { lazyConnect: true, protocol: 2 })
      client.on("error", () => undefined)
      return client
    }),
    (client) => Effect.sync(() => client.disconnect())
  )
  const redis: RedisForTests = {
    port,
    url: urlOf(""),
    urlOf,
    send: (command, ...args) => Effect.promise(() => admin.call(command, ...args)),
    signal,
    start
  }
  return redis
})
