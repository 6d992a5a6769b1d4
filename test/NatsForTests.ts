/**
 * A real nats-server with JetStream for a test, in a temp folder of its own unless told otherwise, of Debian's version or a current one. It can be killed as by a
 * power switch for processes (its page cache stays) and started again on the same port and folder.
 */
import { Effect, Layer, Redacted, type Scope } from "effect"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import type { NatsRefused } from "../src/adapters/nats/NatsRefused.ts"
import * as Stack from "../stack/NatsServer.ts"
import { temporaryFolder } from "./PostgresForTests.ts"

export type { NatsServer } from "../stack/NatsServer.ts"

/** For `describe.each`: what Debian ships, and a current one. */
export const natsVersions: ReadonlyArray<Stack.NatsVersion> = ["nats-server", "nats-server-current"]

export type NatsServerOptions = Partial<Stack.NatsServerOptions>

/** Runs until the scope closes. */
export const natsServer = (options: NatsServerOptions = {}): Effect.Effect<Stack.NatsServer, never, Scope.Scope> =>
  Effect.flatMap(
    options.folder === undefined ? temporaryFolder : Effect.succeed(options.folder),
    (folder) => Stack.natsServer({ ...options, folder })
  )

export const connected = (
  { url }: Pick<Stack.NatsServer, "url">
): Layer.Layer<NatsConnection.NatsConnection, NatsRefused> =>
  NatsConnection.layer({ url: Redacted.make(url), name: "vicinity-test" })

/** A connection in the scope of the test. */
export const connection = (server: Pick<Stack.NatsServer, "url">) =>
  NatsConnection.make({ url: Redacted.make(server.url), name: "vicinity-test" })
