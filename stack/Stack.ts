/**
 * A city of several processes on one machine, without containers: real servers on loopback, runners that share the shards, one process
 * that takes observations in, one that answers questions. Promise: nothing is left running when the scope closes; processes
 * stop before the servers they need.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { freePort } from "./FreePort.ts"
import { natsServer, type NatsServerOptions } from "./NatsServer.ts"
import { postgresServer } from "./PostgresServer.ts"
import { redisServer } from "./RedisServer.ts"
import { type RoleProcess, roleProcess } from "./RoleProcess.ts"

export interface StackOptions {
  /** Everything is kept below it. */
  readonly folder: string
  readonly runners: number
  /** Default: free ones. */
  readonly apiPort?: number | undefined
  readonly ingestPort?: number | undefined
  readonly natsVersion?: NatsServerOptions["version"]
  /** For each process, beside what the stack says. */
  readonly args?: ReadonlyArray<string> | undefined
  /** For the process that takes observations in. */
  readonly sourceArgs?: ReadonlyArray<string> | undefined
}

const entry = fileURLToPath(new URL("../src/apps/main.ts", import.meta.url))

/** `vicinity migrate`, as an administrator runs it. */
export const migrate = (env: Readonly<Record<string, string>>) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [entry, "migrate"], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "ignore", "pipe"]
    })
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => said += chunk.toString())
    const [code] = await once(child, "exit")
    if (code !== 0) throw new Error(`vicinity migrate failed:\n${said}`)
  })

/** Starts everything and waits until all of it is ready. */
export const openStack = Effect.fnUntraced(function*(options: StackOptions) {
  const below = (name: string) => join(options.folder, name)
  const logs = below("logs")
  mkdirSync(logs, { recursive: true })
  const nats = yield* natsServer({
    folder: below("nats"),
    version: options.natsVersion,
    jetStreamSettings: "max_file_store: 100GB"
  })
  const postgres = yield* postgresServer({ folder: below("postgres") })
  const redis = yield* redisServer({ folder: below("redis") })
  const env = {
    VICINITY_NATS_URL: nats.url,
    VICINITY_POSTGRES_URL: postgres.url,
    VICINITY_REDIS_URL: redis.url
  }
  yield* migrate(env)

  const role = Effect.fnUntraced(function*(name: string, port: number | undefined, args: ReadonlyArray<string>) {
    return yield* roleProcess({
      name,
      env,
      port: port ?? (yield* Effect.promise(freePort)),
      logFile: join(logs, `${name}.log`),
      args: ["--data", below(name), ...args, ...(options.args ?? [])]
    })
  })
  const runner = Effect.fnUntraced(function*(number: number) {
    const runnerPort = yield* Effect.promise(freePort)
    return yield* role(`runner-${number}`, undefined, ["--role", "actors", "--runner-port", String(runnerPort)])
  })
  const runners: Array<RoleProcess> = []
  for (let number = 1; number <= options.runners; number++) runners.push(yield* runner(number))
  const api = yield* role("api", options.apiPort, ["--role", "api"])
  yield* Effect.forEach([...runners, api], ({ ready }) => ready, { concurrency: "unbounded" })
  const ingest = yield* role("ingest", options.ingestPort, ["--role", "ingest", ...(options.sourceArgs ?? [])])
  yield* ingest.ready
  return { nats, postgres, redis, runners, ingest, api, env, newRunner: runner }
})

export type Stack = Effect.Success<ReturnType<typeof openStack>>
