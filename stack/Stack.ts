/**
 * A city of several processes on one machine, without containers: real servers on loopback, runners that share the shards, processes
 * that take observations in, one that answers questions. Promise: nothing is left running when the scope closes; processes
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
import { type RoleProcess, roleProcess, type RoleProcessOptions } from "./RoleProcess.ts"
import { type RunnerLinks, runnerLinks } from "./RunnerLinks.ts"
import { clockArgs } from "./WrongClock.ts"

export interface StackOptions {
  /** Everything is kept below it. */
  readonly folder: string
  readonly runners: number
  /** Processes that take observations in; default 1. */
  readonly ingests?: number | undefined
  /** Default: free ones. */
  readonly apiPort?: number | undefined
  readonly ingestPort?: number | undefined
  readonly natsVersion?: NatsServerOptions["version"]
  /** For each process, beside what the stack says. */
  readonly args?: ReadonlyArray<string> | undefined
  /** For the processes that take observations in. */
  readonly sourceArgs?: ReadonlyArray<string> | undefined
  /** For Node, before the file that each process runs. */
  readonly nodeArgs?: ReadonlyArray<string> | undefined
  /** The lines of the runners to their servers, and the clocks of those that take observations in, can be spoilt. */
  readonly isFragile?: boolean | undefined
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
  const logOf = (name: string) => join(below("logs"), `${name}.log`)
  mkdirSync(below("logs"), { recursive: true })
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

  const isFragile = options.isFragile === true
  const links = new Map<RoleProcess, RunnerLinks>()
  const role = Effect.fnUntraced(function*(
    name: string,
    args: ReadonlyArray<string>,
    given: { [name in "env" | "nodeArgs" | "port"]?: RoleProcessOptions[name] | undefined } = {}
  ) {
    return yield* roleProcess({
      name,
      env: given.env ?? env,
      port: given.port ?? (yield* Effect.promise(freePort)),
      logFile: logOf(name),
      nodeArgs: [...(options.nodeArgs ?? []), ...(given.nodeArgs ?? [])],
      args: ["--data", below(name), ...args, ...(options.args ?? [])]
    })
  })
  const runner = Effect.fnUntraced(function*(number: number) {
    const runnerPort = yield* Effect.promise(freePort)
    const linked = isFragile ? yield* runnerLinks({ nats, postgres, redis }) : undefined
    const args = ["--role", "actors", "--runner-port", String(runnerPort)]
    const made = yield* role(`runner-${number}`, args, { env: linked?.env })
    if (linked !== undefined) links.set(made, linked)
    return made
  })
  const runners: Array<RoleProcess> = []
  for (let number = 1; number <= options.runners; number++) runners.push(yield* runner(number))
  const api = yield* role("api", ["--role", "api"], { port: options.apiPort })
  yield* Effect.forEach([...runners, api], ({ ready }) => ready, { concurrency: "unbounded" })
  const ingestOf = (name: string, port?: number) =>
    role(name, ["--role", "ingest", ...(options.sourceArgs ?? [])], {
      port,
      nodeArgs: isFragile ? clockArgs(logOf(name)) : undefined
    })
  const ingest = yield* ingestOf("ingest", options.ingestPort)
  const ingests: Array<RoleProcess> = [ingest]
  for (let number = 2; number <= (options.ingests ?? 1); number++) ingests.push(yield* ingestOf(`ingest-${number}`))
  yield* Effect.forEach(ingests, ({ ready }) => ready, { concurrency: "unbounded" })
  return { nats, postgres, redis, runners, ingest, ingests, api, env, links, newRunner: runner }
})

export type Stack = Effect.Success<ReturnType<typeof openStack>>
