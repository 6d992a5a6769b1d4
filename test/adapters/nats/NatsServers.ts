/** One server of each version for all tests of a file, each with subjects of its own. */
import { afterAll, assert, beforeAll, describe } from "@effect/vitest"
import { headers } from "@nats-io/transport-node"
import { Effect, Exit, Schedule, Scope } from "effect"
import type { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import { connection, type NatsServer, natsServer, type NatsServerOptions, natsVersions } from "../../NatsForTests.ts"

export interface SharedServer {
  readonly version: string
  readonly server: () => NatsServer
  /** A connection in the scope of the test, as a process of its own would have one. */
  readonly connection: Effect.Effect<NatsConnection["Service"], never, Scope.Scope>
  /** A prefix that no other test has. */
  readonly prefix: () => string
}

/** Runs the tests on each version. */
export const describeOnServers = (
  what: string,
  tests: (shared: SharedServer) => void,
  options: Omit<NatsServerOptions, "version"> = {}
): void => {
  for (const version of natsVersions) {
    describe(`${what} on ${version}`, () => {
      const scope = Scope.makeUnsafe()
      let server: NatsServer | undefined
      let prefixes = 0
      beforeAll(async () => {
        server = await Effect.runPromise(Scope.provide(natsServer({ ...options, version }), scope))
      }, 300_000)
      afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
      tests({
        version,
        server: () => server as NatsServer,
        connection: Effect.orDie(Effect.suspend(() => connection(server as NatsServer))),
        prefix: () => `t${++prefixes}`
      })
    })
  }
}

/** Until the server takes a message again whose id it knew: so it has forgotten every older one. */
export const untilForgotten = Effect.fnUntraced(function*(own: NatsConnection["Service"], subject: string) {
  const sent = headers()
  sent.set("Nats-Msg-Id", "probe")
  const isDuplicate = Effect.promise(async () => {
    const answer = await own.client.request(subject, "probe", { headers: sent, timeout: 5_000 })
    return answer.json<{ readonly duplicate?: boolean }>().duplicate === true
  })
  assert.isFalse(yield* isDuplicate)
  yield* Effect.repeat(isDuplicate, { while: (still) => still, schedule: Schedule.spaced("20 millis") })
})
