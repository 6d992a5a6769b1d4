/**
 * A real redis-server for a test, in a temp folder of its own. It can be killed, frozen, and started again on the same port, empty; it is
 * gone with its scope.
 */
import { Effect, Redacted } from "effect"
import { Redis } from "ioredis"
import * as Stack from "../stack/RedisServer.ts"
import { temporaryFolder } from "./PostgresForTests.ts"

/** With more arguments, such as `--requirepass`, "sesame". */
export const startRedis = Effect.fnUntraced(function*(...settings: ReadonlyArray<string>) {
  const server = yield* Stack.redisServer({ folder: yield* temporaryFolder, settings })
  const admin = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Redis(server.url, { lazyConnect: true, protocol: 2 })
      client.on("error", () => undefined)
      return client
    }),
    (client) => Effect.sync(() => client.disconnect())
  )
  /** As the URL says, with user and password. */
  const urlOf = (credentials: string) => Redacted.make(`redis://${credentials}127.0.0.1:${server.port}`)
  return {
    ...server,
    url: urlOf(""),
    urlOf,
    /** By another client than that of the adapter. */
    send: (command: string, ...args: ReadonlyArray<string | number>): Effect.Effect<unknown> =>
      Effect.promise(() => admin.call(command, ...args))
  }
})

export type RedisForTests = Effect.Success<ReturnType<typeof startRedis>>
