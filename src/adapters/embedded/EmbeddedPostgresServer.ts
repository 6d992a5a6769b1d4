/**
 * A running server process. Promises: it listens on 127.0.0.1 only and on no socket file; it counts as started when it
 * accepts connections; one that ends by itself is started again on the same port, with back-off, for as long as the scope is
 * open; when the scope closes it is stopped in order (fast shutdown, awaited), so nothing is left running.
 */
import { Deferred, Effect, Exit, Ref, Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Binaries } from "./EmbeddedPostgresBinaries.ts"
import { EmbeddedPostgresFailed, failedAt } from "./EmbeddedPostgresFailed.ts"
import type { EmbeddedPostgresLog } from "./EmbeddedPostgresLog.ts"
import { type RunAs, spawnAs } from "./EmbeddedPostgresProcess.ts"

export const host = "127.0.0.1"
/** Recovery after a crash replays at most `max_wal_size` of log. */
const startMillis = 300_000
const fastMillis = 30_000

const settings = (sync: boolean): Readonly<Record<string, string>> => ({
  listen_addresses: host,
  unix_socket_directories: "",
  max_connections: "60",
  // One for each table of the history that a transaction touches: a backfill touches many.
  max_locks_per_transaction: "256",
  // Durable: a commit that was answered survives a power cut.
  fsync: sync ? "on" : "off",
  synchronous_commit: "on",
  full_page_writes: "on",
  // Off: the build has only pglz, which made a sparse insert of windows cost 22 µs a row instead of 5 for half the bytes.
  wal_compression: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  wal_buffers: "16MB",
  // Every page is written whole once after each checkpoint: few, spread ones.
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: "0.9",
  shared_buffers: "128MB",
  effective_cache_size: "512MB",
  random_page_cost: "1.1",
  // Short statements by key: compiling them costs more than running them.
  jit: "off",
  // No I/O worker processes: what is read is in memory or small.
  io_method: "sync",
  max_worker_processes: "4",
  timezone: "UTC",
  log_timezone: "UTC",
  log_destination: "stderr",
  logging_collector: "off",
  log_line_prefix: "%m [%p] ",
  log_checkpoints: "off"
})

const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, host)
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no free port on 127.0.0.1")
  return address.port
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once("connect", () => settle(true))
    socket.once("error", () => settle(false))
  })

/** The postmaster says in line 8 of its pid file when recovery is over (PostgreSQL, miscadmin.h, PM_STATUS_READY). */
const isReady = async (cluster: string, pid: number | undefined): Promise<boolean> => {
  const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n")
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready"
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

const waitForEnd = async (child: ChildProcess, millis: number): Promise<boolean> => {
  if (hasEnded(child)) return true
  const abort = new AbortController()
  const ended = once(child, "exit", { signal: abort.signal }).then(() => true, () => hasEnded(child))
  const timeout = sleep(millis, false, { signal: abort.signal }).catch(() => false)
  const answer = await Promise.race([ended, timeout])
  abort.abort()
  return answer
}

const stopServer = async (child: ChildProcess): Promise<void> => {
  for (const [name, millis] of [["SIGINT", fastMillis], ["SIGQUIT", 10_000], ["SIGKILL", 10_000]] as const) {
    if (hasEnded(child)) return
    child.kill(name)
    if (await waitForEnd(child, millis)) return
  }
}

/** The port, or why not; a taken port is told apart because the next one may do. */
const awaitReady = async (
  child: ChildProcess,
  cluster: string,
  port: number,
  log: EmbeddedPostgresLog
): Promise<"ready" | "port-taken"> => {
  for (let waited = 0; waited < startMillis && !hasEnded(child); waited += 10) {
    if (await isReady(cluster, child.pid) && await accepts(port)) return "ready"
    await sleep(10)
  }
  // Its last lines arrive after its end.
  if (hasEnded(child)) await sleep(50)
  const lines = log.lines()
  if (lines.some((line) => line.includes("Address already in use"))) return "port-taken"
  throw new EmbeddedPostgresFailed({
    step: "start",
    detail: hasEnded(child)
      ? "the server ended while starting; its log says why"
      : `the server did not accept connections within ${startMillis / 1000} s; its log says what it was doing`,
    log: lines
  })
}

export interface RunningServer {
  readonly port: number
  /** How often it was started again after it had ended by itself. */
  readonly restarts: Effect.Effect<number>
}

/** One life of the server. */
interface Life {
  readonly port: number
  readonly scope: Scope.Closeable
  /** Ends when the server does without having been asked to. */
  readonly ended: Effect.Effect<EmbeddedPostgresFailed>
}

export interface ServerOptions {
  readonly binaries: Binaries
  readonly user: RunAs
  readonly cluster: string
  readonly log: EmbeddedPostgresLog
  readonly sync: boolean
  /** Undefined: one that is free. */
  readonly port: number | undefined
  /** Settings on top of ours. */
  readonly settings: Readonly<Record<string, string>>
}

const launch = (options: ServerOptions, port: number): ChildProcess => {
  const all = Object.entries({ ...settings(options.sync), ...options.settings })
  const args = [
    "-D",
    options.cluster,
    "-p",
    String(port),
    ...all.flatMap(([name, value]) => ["-c", `${name}=${value}`])
  ]
  const child = spawnAs(options.user, options.binaries.postgres, args, ["ignore", "pipe", "pipe"])
  child.stdout?.on("data", options.log.append)
  child.stderr?.on("data", options.log.append)
  child.on("error", (cause) => options.log.append(Buffer.from(`${cause.message}\n`)))
  return child
}

/** One attempt on one port. */
const attempt = Effect.fnUntraced(function*(
  options: ServerOptions,
  port: number
): Effect.fn.Return<Omit<Life, "scope"> | "port-taken", EmbeddedPostgresFailed, Scope.Scope> {
  const ended = yield* Deferred.make<EmbeddedPostgresFailed>()
  let stopping = false
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => launch(options, port)),
    (child) =>
      Effect.promise(() => {
        stopping = true
        return stopServer(child)
      })
  )
  child.once("exit", (code, signal) => {
    if (stopping) return
    Deferred.doneUnsafe(ended, Effect.succeed(endedByItself(`${signal ?? `exit code ${code}`}`, options.log.lines())))
  })
  const outcome = yield* Effect.tryPromise({
    try: () => awaitReady(child, options.cluster, port, options.log),
    catch: failedAt("start")
  })
  return outcome === "ready" ? { port, ended: Deferred.await(ended) } : outcome
})

const endedByItself = (how: string, log: ReadonlyArray<string>): EmbeddedPostgresFailed => {
  const isFull = log.some((line) => line.includes("No space left on device"))
  const advice = isFull
    ? "the disk is full: make room, then it goes on by itself"
    : "it is started again, its data is safe"
  return new EmbeddedPostgresFailed({ step: "run", detail: `the server ended by itself (${how}): ${advice}`, log })
}

/** A life in a scope of its own below `outer`. */
const live = Effect.fnUntraced(function*(
  options: ServerOptions,
  outer: Scope.Scope,
  port: number
): Effect.fn.Return<Life | "port-taken", EmbeddedPostgresFailed> {
  const scope = yield* Scope.fork(outer)
  const server = yield* Scope.provide(attempt(options, port), scope).pipe(
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  if (server !== "port-taken") return { ...server, scope }
  yield* Scope.close(scope, Exit.void)
  return server
})

const restartMillis = 500
const restartMillisMax = 30_000

/** Starts the server again whenever it ends by itself; runs until interrupted. */
const keepAlive = Effect.fnUntraced(function*(
  options: ServerOptions,
  outer: Scope.Scope,
  first: Life,
  restarts: Ref.Ref<number>
): Effect.fn.Return<never> {
  let life: Life | undefined = first
  for (let failures = 0;; failures++) {
    if (life !== undefined) {
      failures = 0
      const { detail, log } = yield* life.ended
      yield* Effect.logError(`PostgreSQL: ${detail}`).pipe(Effect.annotateLogs({ log: log.slice(-3) }))
      yield* Scope.close(life.scope, Exit.void)
    }
    yield* Effect.sleep(Math.min(restartMillisMax, restartMillis * 2 ** failures))
    const next: Life | "port-taken" | undefined = yield* live(options, outer, first.port).pipe(
      Effect.catch((failure) => Effect.as(Effect.logError(`PostgreSQL: ${failure.detail}`), undefined))
    )
    life = next === "port-taken" ? undefined : next
    if (life === undefined) continue
    yield* Ref.update(restarts, (count) => count + 1)
    yield* Effect.logInfo("PostgreSQL runs again")
  }
})

/** Starts the server in the scope, on the port it was given or a free one, which it keeps. */
export const startServer = Effect.fnUntraced(function*(
  options: ServerOptions
): Effect.fn.Return<RunningServer, EmbeddedPostgresFailed, Scope.Scope> {
  const outer = yield* Effect.scope
  for (let tries = 0; tries < 5; tries++) {
    const port = options.port ?? (yield* Effect.tryPromise({ try: freePort, catch: failedAt("start") }))
    const life = yield* live(options, outer, port)
    if (life === "port-taken") continue
    const restarts = yield* Ref.make(0)
    yield* Effect.forkScoped(keepAlive(options, outer, life, restarts))
    return { port, restarts: Ref.get(restarts) }
  }
  return yield* new EmbeddedPostgresFailed({
    step: "start",
    detail: options.port === undefined
      ? `five free ports in a row on ${host} were taken before the server could listen: start again`
      : `port ${options.port} on ${host} is taken`,
    log: options.log.lines()
  })
})
