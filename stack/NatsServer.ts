/** A nats-server with JetStream on loopback. */
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "./FreePort.ts"
import { serverBinary, type ServerName } from "./ServerBinaries.ts"
import { serverProcess } from "./ServerProcess.ts"

export interface NatsServerOptions {
  readonly folder: string
  readonly port?: number | undefined
  readonly version?: Extract<ServerName, "nats-server" | "nats-server-current"> | undefined
}

/** Largest payload: a batch of observations of one append may be larger than the default of 1 MiB allows. */
const payloadBytesMax = 8 * 1024 * 1024

export const natsServer = Effect.fnUntraced(function*({ folder, port: wanted, version }: NatsServerOptions) {
  const port = wanted ?? (yield* Effect.promise(freePort))
  const binary = yield* Effect.promise(() => serverBinary(version ?? "nats-server"))
  mkdirSync(folder, { recursive: true })
  const config = join(folder, "nats.conf")
  writeFileSync(
    config,
    [
      `listen: "127.0.0.1:${port}"`,
      `max_payload: ${payloadBytesMax}`,
      `jetstream { store_dir: ${JSON.stringify(folder)}, max_file_store: 100GB }`
    ].join("\n")
  )
  const server = yield* serverProcess({ binary, args: ["-c", config], port, logFile: join(folder, "nats.log") })
  return { ...server, url: `nats://127.0.0.1:${port}` }
})
