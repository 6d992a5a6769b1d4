/** A PostgreSQL on loopback, as a server that several processes share: it can be stopped and started again on the same port. */
import { Effect, Exit, Redacted, Scope } from "effect"
import * as EmbeddedPostgres from "../src/adapters/embedded/EmbeddedPostgres.ts"
import { freePort } from "./FreePort.ts"

export interface PostgresServerOptions {
  readonly folder: string
  readonly port?: number | undefined
}

const urlOf = ({ database, host, password, port, username }: EmbeddedPostgres.EmbeddedPostgres): string =>
  `postgres://${username}:${encodeURIComponent(Redacted.value(password))}@${host}:${port}/${database}`

/** Runs until the scope closes. */
export const postgresServer = Effect.fnUntraced(function*({ folder, port: wanted }: PostgresServerOptions) {
  const outer = yield* Effect.scope
  const port = wanted ?? (yield* Effect.promise(freePort))
  let life: Scope.Closeable | undefined
  // Made before the first start: one that is started again also ends after those that need it.
  const lives = yield* Scope.fork(outer)
  const open = Effect.gen(function*() {
    const scope = yield* Scope.fork(lives)
    life = scope
    return yield* Scope.provide(EmbeddedPostgres.make({ folder, port }), scope)
  })
  const server = yield* open
  return {
    port,
    url: urlOf(server),
    start: Effect.asVoid(open),
    /** As an administrator stops it: sessions are broken off, what was committed is kept. */
    stop: Effect.suspend(() => life === undefined ? Effect.void : Scope.close(life, Exit.void))
  }
})
