/**
 * Real servers on loopback for what is measured of a city of several processes, and its processes beside them. Promises: a database is
 * new for each run, and so are all streams but those that were filled; CPU is of whole process trees, from the kernel.
 */
import { Effect, Redacted } from "effect"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import { freePort } from "../stack/FreePort.ts"
import { natsServer } from "../stack/NatsServer.ts"
import { postgresServer } from "../stack/PostgresServer.ts"
import { redisServer } from "../stack/RedisServer.ts"
import { roleProcess } from "../stack/RoleProcess.ts"
import { migrate } from "../stack/Stack.ts"

/** More than is filled: what is released stays, so that it can be read again. */
export const logLimitGiB = 16

const ticksPerSecond = 100

/** CPU seconds of a process and all below it, those that ended included. */
const treeCpuSeconds = (pid: number): number => {
  const childrenOf = new Map<number, Array<number>>()
  const own = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
      const parent = Number(fields[1])
      childrenOf.set(parent, [...childrenOf.get(parent) ?? [], Number(name)])
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
      own.set(Number(name), ticks / ticksPerSecond)
    } catch {
      // It ended while we looked.
    }
  }
  const sum = (of: number): number =>
    (childrenOf.get(of) ?? []).reduce((total, child) => total + sum(child), own.get(of) ?? 0)
  return sum(pid)
}

export const clusterServers = Effect.fnUntraced(
  function*(folder: string, version: "nats-server" | "nats-server-current") {
    const nats = yield* natsServer({ folder: join(folder, "nats"), version })
    const connection = yield* NatsConnection.make({ url: Redacted.make(nats.url), name: "bench" })
    let runs = 0

    /** Last sequence of each stream that was filled, by shard. */
    const filled = Effect.promise(async () => {
      const lasts = new Map<number, number>()
      for await (const { config, state } of connection.manager.streams.list()) {
        const shard = /_obs_(\d+)$/.exec(config.name)?.[1]
        if (shard !== undefined) lasts.set(Number(shard), state.last_seq)
      }
      return lasts
    })

    /** What the observations of the log are made into is forgotten: a database of its own, and streams that are made anew. */
    const fresh = Effect.fnUntraced(function*({ withRedis = false } = {}) {
      const below = join(folder, `run-${++runs}`)
      mkdirSync(below, { recursive: true })
      yield* Effect.promise(async () => {
        for await (const { config } of connection.manager.streams.list()) {
          if (!config.name.includes("_obs_")) await connection.manager.streams.delete(config.name)
        }
      })
      const postgres = yield* postgresServer({ folder: below })
      const redis = withRedis ? { VICINITY_REDIS_URL: (yield* redisServer({ folder: join(below, "redis") })).url } : {}
      const env = { VICINITY_NATS_URL: nats.url, VICINITY_POSTGRES_URL: postgres.url, ...redis }
      yield* migrate(env)
      const postmaster = Number(readFileSync(join(below, "postgres", "postmaster.pid"), "utf8").split("\n")[0])
      const role = Effect.fnUntraced(function*(name: string, args: ReadonlyArray<string>) {
        const port = yield* Effect.promise(freePort)
        const figures = join(below, `${name}.json`)
        const preload = `--import=${new URL("CpuAtExit.ts", import.meta.url).href}`
        const running = yield* roleProcess({
          name,
          env: { ...env, BENCH_FIGURES: figures, NODE_OPTIONS: [preload, ...profiling(below, name)].join(" ") },
          port,
          logFile: join(below, `${name}.log`),
          args: ["--data", join(below, name), "--ticks", "when-live", "--log-limit", `${logLimitGiB} GiB`, ...args]
        })
        /** Of its whole life, once it has ended. */
        const atExit = () =>
          JSON.parse(readFileSync(figures, "utf8")) as { readonly cpuSeconds: number; readonly maxRssMB: number }
        return { ...running, port, atExit }
      })
      const runner = Effect.fnUntraced(function*(number: number, args: ReadonlyArray<string> = []) {
        const runnerPort = yield* Effect.promise(freePort)
        return yield* role(`runner-${number}`, ["--role", "actors", "--runner-port", String(runnerPort), ...args])
      })
      return { below, env, postgres, role, runner, databaseCpuSeconds: () => treeCpuSeconds(postmaster), cpuSecondsOf }
    })
    return { nats, filled, fresh, natsCpuSeconds: () => treeCpuSeconds(nats.pid()) }
  }
)

const cpuSecondsOf = ({ pid }: { readonly pid: () => number }): number => treeCpuSeconds(pid())

export type ClusterServers = Effect.Success<ReturnType<typeof clusterServers>>

/** BENCH_PROFILE=FOLDER: each process of a role leaves its CPU profile there. */
const profiling = (below: string, name: string): ReadonlyArray<string> => {
  const into = process.env["BENCH_PROFILE"]
  return into === undefined
    ? []
    : ["--cpu-prof", `--cpu-prof-dir=${into}`, `--cpu-prof-name=${below.split("/").at(-1)}-${name}.cpuprofile`]
}
