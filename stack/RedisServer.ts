/** A redis-server on loopback, which keeps nothing: what it has is made again by those who write it. */
import { Effect } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "./FreePort.ts"
import { serverBinary } from "./ServerBinaries.ts"
import { serverProcess } from "./ServerProcess.ts"

export interface RedisServerOptions {
  readonly folder: string
  readonly port?: number | undefined
  /** More arguments, such as `--requirepass` and the password. */
  readonly settings?: ReadonlyArray<string> | undefined
}

export const redisServer = Effect.fnUntraced(function*({ folder, port: wanted, settings = [] }: RedisServerOptions) {
  const port = wanted ?? (yield* Effect.promise(freePort))
  const binary = yield* Effect.promise(() => serverBinary("redis-server"))
  mkdirSync(folder, { recursive: true })
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", "", "--appendonly", "no"]
  const logFile = join(folder, "redis.log")
  const server = yield* serverProcess({ binary, args: [...args, ...settings], port, logFile })
  return { ...server, url: `redis://127.0.0.1:${port}` }
})
