/**
 * Real servers on loopback for what is measured of a city of several processes, and its processes beside them. Promises: a database is
 * new for each run, and so are all streams but those that were filled; CPU is of whole process trees, from the kernel.
 */
import { Effect, Redacted } from "effect"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import { freePort } from "../stack/FreePort.ts"
import { natsServer } from "../stack/NatsServer.ts"
import { postgresServer } from "../stack/PostgresServer.ts"
import { redisServer } from "../stack/RedisServer.ts"
import { roleProcess } from "../stack/RoleProcess.ts"
import { migrate } from "../stack/Stack.ts"
import { treeCpuSeconds } from "./ProcessTree.ts"
import { profiling } from "./Profiling.ts"

/** More than is filled: what is released stays, so that it can be read again. */
export const logLimitGiB = 16

export const preload = (file: string): string => `--import=${new URL(file, import.meta.url).href}`

/** Where a watched process leaves its vitals. */
export const vitalsFile = (folder: string, name: string): string => join(folder, `${name}.vitals`)

/** Where a process whose profile is of a part of its life leaves it. */
export const profileFile = (folder: string, name: string): string => join(folder, `${name}.cpuprofile`)

export interface RunOptions {
  /** Each process writes its vitals. */
  readonly isWatched?: boolean
  /** Each process leaves the profile of its whole life there when it ends … */
  readonly profileInto?: string | undefined
  /** … or of what is between two signals (ProfileAtSignal.ts). */
  readonly profilesAtSignal?: boolean
  readonly withRedis?: boolean
}

export const clusterServers = Effect.fnUntraced(
  function*(folder: string, version: "nats-server" | "nats-server-current") {
    // A server left alone takes what the disk has free at its start; others may be measuring beside it.
    const nats = yield* natsServer({
      folder: join(folder, "nats"),
      version,
      jetStreamSettings: "max_file_store: 100GB"
    })
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
    const fresh = Effect.fnUntraced(
      function*({ isWatched = false, profileInto, profilesAtSignal = false, withRedis = false }: RunOptions = {}) {
        const below = join(folder, `run-${++runs}`)
        mkdirSync(below, { recursive: true })
        yield* Effect.promise(async () => {
          for await (const { config } of connection.manager.streams.list()) {
            if (!config.name.includes("_obs_")) await connection.manager.streams.delete(config.name)
          }
        })
        const postgres = yield* postgresServer({ folder: below })
        const redis = withRedis ? yield* redisServer({ folder: join(below, "redis") }) : undefined
        const env = {
          VICINITY_NATS_URL: nats.url,
          VICINITY_POSTGRES_URL: postgres.url,
          ...(redis === undefined ? {} : { VICINITY_REDIS_URL: redis.url })
        }
        yield* migrate(env)
        const postmaster = Number(readFileSync(join(below, "postgres", "postmaster.pid"), "utf8").split("\n")[0])
        const role = Effect.fnUntraced(function*(name: string, args: ReadonlyArray<string>) {
          const port = yield* Effect.promise(freePort)
          const figures = join(below, `${name}.json`)
          const running = yield* roleProcess({
            name,
            env: {
              ...env,
              BENCH_FIGURES: figures,
              ...(isWatched ? { BENCH_VITALS: vitalsFile(below, name) } : {}),
              ...(profilesAtSignal ? { BENCH_PROFILE: profileFile(below, name) } : {}),
              NODE_OPTIONS: [
                preload("CpuAtExit.ts"),
                ...(isWatched ? [preload("Vitals.ts")] : []),
                ...(profilesAtSignal ? [preload("ProfileAtSignal.ts")] : []),
                ...(profileInto === undefined ? [] : profiling(profileInto, name))
              ].join(" ")
            },
            port,
            logFile: join(below, `${name}.log`),
            args: ["--data", join(below, name), "--ticks", "when-live", "--log-limit", `${logLimitGiB} GiB`, ...args]
          })
          /** Of its whole life, once it has ended. */
          const atExit = () =>
            JSON.parse(readFileSync(figures, "utf8")) as { readonly cpuSeconds: number; readonly maxRssMB: number }
          return { ...running, port, atExit }
        })
        const runner = Effect.fnUntraced(function*(number: number) {
          const runnerPort = yield* Effect.promise(freePort)
          return yield* role(`runner-${number}`, ["--role", "actors", "--runner-port", String(runnerPort)])
        })
        return {
          below,
          postgres,
          role,
          runner,
          databaseCpuSeconds: () => treeCpuSeconds(postmaster),
          cpuSecondsOf,
          /** Of the servers that run. */
          pids: { NATS: nats.pid(), PostgreSQL: postmaster, ...(redis === undefined ? {} : { Redis: redis.pid() }) }
        }
      }
    )
    return { nats, filled, fresh, natsCpuSeconds: () => treeCpuSeconds(nats.pid()) }
  }
)

const cpuSecondsOf = ({ pid }: { readonly pid: () => number }): number => treeCpuSeconds(pid())

export type ClusterServers = Effect.Success<ReturnType<typeof clusterServers>>
