/** A nats-server with JetStream on loopback. */
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "./FreePort.ts"
import { serverBinary, type ServerName } from "./ServerBinaries.ts"
import { serverProcess } from "./ServerProcess.ts"

export type NatsVersion = Extract<ServerName, "nats-server" | "nats-server-current">

export interface NatsServerOptions {
  readonly folder: string
  readonly port?: number | undefined
  /** Default: what Debian ships. */
  readonly version?: NatsVersion | undefined
  readonly jetStream?: boolean | undefined
  /** Inside `jetstream { … }`, e.g. `max_file_store: 1MB`. */
  readonly jetStreamSettings?: string | undefined
  /** Outermost, e.g. `authorization { user: a, password: b }`. */
  readonly settings?: string | undefined
}

const configuration = (port: number, { folder, jetStream, jetStreamSettings, settings }: NatsServerOptions): string =>
  [
    `listen: "127.0.0.1:${port}"`,
    ...(jetStream === false ? [] : [
      `jetstream { store_dir: ${JSON.stringify(join(folder, "data"))}\n${jetStreamSettings ?? ""} }`
    ]),
    settings ?? ""
  ].join("\n")

/** Runs until the scope closes. A server begins to listen when what it has on disk is recovered. */
export const natsServer = Effect.fnUntraced(function*(options: NatsServerOptions) {
  const { folder, version } = options
  const port = options.port ?? (yield* Effect.promise(freePort))
  const binary = yield* Effect.promise(() => serverBinary(version ?? "nats-server"))
  mkdirSync(folder, { recursive: true })
  const config = join(folder, "nats.conf")
  writeFileSync(config, configuration(port, options))
  const server = yield* serverProcess({ binary, args: ["-c", config], port, logFile: join(folder, "nats.log") })
  return { ...server, folder, url: `nats://127.0.0.1:${port}` }
})

export type NatsServer = Effect.Success<ReturnType<typeof natsServer>>
