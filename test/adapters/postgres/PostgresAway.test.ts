/**
 * A server that stops, comes back or hangs: who asks fails in bounded time and is answered again as soon as the server answers, by
 * himself, without a new client.
 */
import type { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import type { EmbeddedPostgres } from "../../../src/adapters/embedded/EmbeddedPostgres.ts"
import * as PostgresCatalogue from "../../../src/adapters/postgres/PostgresCatalogue.ts"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { AnswerLimits } from "../../../src/adapters/postgres/PostgresTransaction.ts"
import { emptyCommit } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"
import { postmasterOf, signalAll } from "./ServerProcesses.ts"

/** So short that a test can wait for them; in the product they are seconds. */
const shortLimits = { queryMillis: 300, statementMillis: 300, startMillis: 300 }

const inDatabase = <A, E>(
  program: (server: EmbeddedPostgres) => Effect.Effect<A, E, PgClient>,
  maxConnections?: number
) =>
  Effect.gen(function*() {
    const { newDatabase, server } = yield* ForTests.PostgresForTests
    const client = PostgresClient.layer({ server: yield* newDatabase, maxConnections })
    return yield* program(server).pipe(Effect.provide(client))
  })

const untilItWorks = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, Schedule.spaced("50 millis")).pipe(Effect.timeout("30 seconds"))
const untilItFails = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(Effect.forever(effect))

/** Goes on before the scope closes, whatever happens: a stopped server cannot be shut down. */
const hang = (server: EmbeddedPostgres) =>
  Effect.acquireRelease(
    Effect.sync(() => signalAll(server, "SIGSTOP")),
    () => Effect.sync(() => signalAll(server, "SIGCONT"))
  )

layer(ForTests.layer, { timeout: "90 seconds", excludeTestServices: true })("a client of Postgres", (it) => {
  it.effect.each(["SIGINT", "SIGQUIT"] as const)(
    "fails as unavailable while the server is away, and works again by itself (%s)",
    (signal) =>
      inDatabase((server) =>
        Effect.gen(function*() {
          const store = yield* PostgresShardStore.make()
          const catalogue = yield* PostgresCatalogue.make
          const [epoch = 0] = yield* store.acquire("sensor", [1, 2], "test")
          // Several connections are open and idle.
          const everybody = Effect.all([1, 2, 3, 4].map((shard) => store.load("sensor", shard)), {
            concurrency: "unbounded"
          })
          yield* everybody

          process.kill(postmasterOf(server), signal)

          assert.strictEqual((yield* untilItFails(store.load("sensor", 1)))._tag, "StoreUnavailable")
          yield* untilItWorks(store.load("sensor", 1))
          yield* everybody
          yield* store.commit({ ...emptyCommit, shard: 1, epoch })
          assert.strictEqual(yield* catalogue.count, 0)
        })
      )
  )

  it.effect("waits for a server that hangs no longer than it says, for questions, loads and commits", () =>
    inDatabase((server) =>
      Effect.gen(function*() {
        const store = yield* PostgresShardStore.make()
        const catalogue = yield* PostgresCatalogue.make
        const [epoch = 0] = yield* store.acquire("sensor", [1], "test")
        const commit = { ...emptyCommit, shard: 1, epoch }

        yield* Effect.scoped(Effect.gen(function*() {
          yield* hang(server)
          // More than there are connections: the last ones wait for a connection.
          const load = Effect.flip(store.load("sensor", 1))
          const failures = yield* Effect.all(
            [Effect.flip(catalogue.count), Effect.flip(store.commit(commit)), load, load],
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(failures.map(({ _tag }) => _tag), failures.map(() => "StoreUnavailable"))
        }))

        yield* untilItWorks(store.commit(commit))
        assert.strictEqual(yield* catalogue.count, 0)
      }).pipe(Effect.provideService(AnswerLimits, shortLimits)), 2))

  it.effect("knows whom it has loaded also while the server hangs", () =>
    inDatabase((server) =>
      Effect.gen(function*() {
        const store = yield* PostgresShardStore.make()
        const [epoch = 0] = yield* store.acquire("sensor", [emptyCommit.shard], "test")
        const place = { name: "", longitude: null, latitude: null, district: null }
        const sensors = ["a", "b"].map((sensorId, number) => ({ ...place, number, sensorId }))
        yield* store.commit({ ...emptyCommit, stage: "sensor", epoch, sensors })
        const catalogue = yield* PostgresCatalogue.make
        const asked = yield* PostgresCatalogue.make

        const loaded = yield* catalogue.load

        assert.strictEqual(loaded, 2)
        yield* Effect.scoped(Effect.gen(function*() {
          yield* hang(server)
          assert.deepStrictEqual([yield* catalogue.knows("a"), yield* catalogue.knows("b")], [true, true])
          assert.strictEqual((yield* Effect.flip(asked.knows("a")))._tag, "StoreUnavailable")
        }))
      }).pipe(Effect.provideService(AnswerLimits, shortLimits)), 2))

  it.effect("gives up a commit whose last word is not answered, and the commit is whole or not there", () =>
    inDatabase((server) =>
      Effect.gen(function*() {
        const hooks = { insideCommit: () => Effect.sync(() => signalAll(server, "SIGSTOP")) }
        const hanging = yield* PostgresShardStore.make({ hooks })
        const store = yield* PostgresShardStore.make()
        const [epoch = 0] = yield* store.acquire("sensor", [1], "test")
        const commit = { ...emptyCommit, shard: 1, epoch, position: { stream: "a", sequence: 7 } }

        const failure = yield* Effect.flip(hanging.commit(commit)).pipe(
          Effect.ensuring(Effect.sync(() => signalAll(server, "SIGCONT")))
        )

        assert.strictEqual(failure._tag, "StoreUnavailable")
        const loaded = yield* untilItWorks(store.load("sensor", 1))
        assert.include([undefined, 7], loaded?.position.sequence)
        yield* untilItWorks(store.commit(commit))
      }).pipe(Effect.provideService(AnswerLimits, shortLimits))
    ))
})
