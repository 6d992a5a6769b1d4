/**
 * A real nats-server with JetStream for a test: on a free loopback port, in a temp folder of its own, of Debian's version or a current
 * one. It can be killed as by a power switch for processes (its page cache stays) and started again on the same port and folder.
 */
import { Effect, Layer, Redacted, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { connect as openSocket, createServer } from "node:net"
import { join } from "node:path"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import type { NatsRefused } from "../src/adapters/nats/NatsRefused.ts"
import { serverBinary } from "../stack/ServerBinaries.ts"
import { temporaryFolder } from "./PostgresForTests.ts"

export type NatsVersion = "nats-server" | "nats-server-current"

/** For `describe.each`: what Debian ships, and a current one. */
export const natsVersions: ReadonlyArray<NatsVersion> = ["nats-server", "nats-server-current"]

export interface NatsServerOptions {
  readonly version?: NatsVersion
  readonly jetStream?: boolean
  /** Inside `jetstream { … }`, e.g. `max_file_store: 1MB`. */
  readonly jetStreamSettings?: string
  /** Of another server that has stopped; default a new one. */
  readonly folder?: string
  /** Outermost, e.g. `authorization { user: a, password: b }`. */
  readonly settings?: string
}

export interface NatsServer {
  readonly port: number
  readonly folder: string
  readonly url: string
  readonly pid: () => number
  /** SIGKILL. Succeeds when it is gone. */
  readonly kill: Effect.Effect<void>
  /** SIGTERM. Succeeds when it is gone. */
  readonly stop: Effect.Effect<void>
  /** Succeeds when it answers. */
  readonly start: Effect.Effect<void>
}

/** A port that was free a moment ago. */
export const freePort: Effect.Effect<number> = Effect.promise(async () => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
})

/** Runs until the scope closes. */
export const natsServer = (options: NatsServerOptions = {}): Effect.Effect<NatsServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = options.folder ?? (yield* temporaryFolder)
    const port = yield* freePort
    const { env, path } = yield* Effect.promise(() => serverBinary(options.version ?? "nats-server"))
    const config = join(folder, "nats.conf")
    writeFileSync(config, configuration(port, folder, options))
    let child: ChildProcess | undefined
    const end = (signal: NodeJS.Signals) =>
      Effect.promise(async () => {
        const ended = child
        child = undefined
        if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return
        const exit = once(ended, "exit")
        ended.kill(signal)
        await exit
      })
    const start = Effect.promise(async () => {
      child = spawn(path, ["-c", config], { env: { ...process.env, ...env }, stdio: "ignore" })
      await answering(port, child)
    })
    yield* Effect.acquireRelease(start, () => end("SIGKILL"))
    return {
      port,
      folder,
      url: `nats://127.0.0.1:${port}`,
      pid: () => child?.pid ?? 0,
      kill: end("SIGKILL"),
      stop: end("SIGTERM"),
      start
    }
  })

const configuration = (port: number, folder: string, options: NatsServerOptions): string =>
  [
    `listen: 127.0.0.1:${port}`,
    ...(options.jetStream === false ? [] : [
      `jetstream { store_dir: ${JSON.stringify(join(folder, "data"))}\n${options.jetStreamSettings ?? ""} }`
    ]),
    options.settings ?? ""
  ].join("\n")

/** A server begins to listen when what it has on disk is recovered. */
const answering = async (port: number, child: ChildProcess): Promise<void> => {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode} instead of starting`)
    const socket = openSocket(port, "127.0.0.1")
    const isThere = await once(socket, "data").then(() => true, () => false)
    socket.destroy()
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error("nats-server did not start")
}

export const connected = (
  { url }: Pick<NatsServer, "url">
): Layer.Layer<NatsConnection.NatsConnection, NatsRefused> =>
  NatsConnection.layer({ url: Redacted.make(url), name: "vicinity-test" })

/** A connection in the scope of the test. */
export const connection = (server: Pick<NatsServer, "url">) =>
  NatsConnection.make({ url: Redacted.make(server.url), name: "vicinity-test" })
