/** What a crash or a lost connection leaves: all of a commit or nothing, and a store that goes on. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { emptyCommit, namedCommit, someBytes } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"

const childProgram = fileURLToPath(new URL("HangInsideCommit.ts", import.meta.url))

const startChild = (server: PostgresClient.PostgresAddress): ChildProcess =>
  spawn(process.execPath, [childProgram, String(server.port), server.database, server.username], {
    env: { PGPASSWORD: Redacted.value(server.password) },
    stdio: ["ignore", "pipe", "inherit"]
  })

const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) return ""
  for await (const line of createInterface({ input: child.stdout })) return line
  return ""
}

const countRows = Effect.gen(function*() {
  const sql = yield* PgClient
  const [row] = yield* sql.unsafe<{ readonly windows: number; readonly sensors: number; readonly late: number }>(`SELECT
    (SELECT count(*)::int4 FROM vicinity.window_history) AS windows,
    (SELECT count(*)::int4 FROM vicinity.sensor) AS sensors,
    (SELECT count(*)::int4 FROM vicinity.late_observation) AS late`)
  return row
})

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("a commit in Postgres", (it) => {
  it.effect("leaves nothing of itself when its process is killed inside it, and its lock is free", () =>
    Effect.gen(function*() {
      const server = yield* (yield* ForTests.PostgresForTests).newDatabase
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => startChild(server)),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      assert.strictEqual(yield* Effect.promise(() => firstLine(child)), "inside")
      const ended = once(child, "exit")
      child.kill("SIGKILL")
      yield* Effect.promise(() => ended)

      yield* Effect.gen(function*() {
        const store = yield* PostgresShardStore.make()
        assert.deepStrictEqual(yield* store.acquire("sensor", [7], "successor"), [2])
        const loaded = yield* store.load("sensor", 7)
        assert.deepStrictEqual(loaded?.position, { stream: "stream-a", sequence: 1 })
        assert.deepStrictEqual(loaded?.header, someBytes(10, 1))
        assert.deepStrictEqual(loaded?.groups, [{ number: 0, bytes: someBytes(50_000, 1) }])
        assert.deepStrictEqual(loaded?.baselines.map(({ number }) => number), [1])
        assert.deepStrictEqual(loaded?.sensors.map(({ sensorId }) => sensorId), ["sensor-1"])
        assert.deepStrictEqual(yield* countRows, { windows: 1, sensors: 1, late: 1 })
      }).pipe(Effect.provide(PostgresClient.layer({ server })))
    }))

  it.effect("fails as unavailable when the connection is lost inside it, and the next one succeeds", () =>
    Effect.gen(function*() {
      const server = yield* (yield* ForTests.PostgresForTests).newDatabase

      yield* Effect.gen(function*() {
        let terminated = 0
        const sql = yield* PgClient
        const terminate = Effect.suspend(() => {
          terminated += 1
          if (terminated > 1) return Effect.void
          return sql.unsafe(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()`).pipe(Effect.orDie, Effect.asVoid)
        })
        const store = yield* PostgresShardStore.make({ hooks: { insideCommit: () => terminate } })
        const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
        const commit = { ...namedCommit("s", [{ slot: 0, start: 0 }]), epoch, position: { stream: "a", sequence: 9 } }

        const failure = yield* Effect.flip(store.commit(commit))

        assert.strictEqual(failure._tag, "StoreUnavailable")
        assert.isUndefined(yield* store.load("sensor", 7))
        yield* store.commit(commit)
        assert.strictEqual((yield* store.load("sensor", 7))?.position.sequence, 9)
      }).pipe(Effect.provide(PostgresClient.layer({ server })))
    }))

  it.effect("is rolled back when it is interrupted, and the connection stays usable", () =>
    Effect.gen(function*() {
      const server = yield* (yield* ForTests.PostgresForTests).newDatabase

      yield* Effect.gen(function*() {
        const inside = yield* Deferred.make<void>()
        const hang = Effect.andThen(Deferred.succeed(inside, undefined), Effect.never)
        const hanging = yield* PostgresShardStore.make({ hooks: { insideCommit: () => hang } })
        const store = yield* PostgresShardStore.make()
        const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
        const running = yield* Effect.forkScoped(hanging.commit({ ...namedCommit("s"), epoch }))
        yield* Deferred.await(inside)

        yield* Fiber.interrupt(running)

        assert.isUndefined(yield* store.load("sensor", 7))
        yield* store.commit({ ...emptyCommit, epoch })
        assert.isDefined(yield* store.load("sensor", 7))
      }).pipe(Effect.scoped, Effect.provide(PostgresClient.layer({ server, maxConnections: 2 })))
    }))

  it.effect("is unavailable, and no defect, where there is no server", () =>
    Effect.gen(function*() {
      const server = { ...(yield* (yield* ForTests.PostgresForTests).newDatabase), port: 1 }

      yield* Effect.gen(function*() {
        const store = yield* PostgresShardStore.make()

        assert.strictEqual((yield* Effect.flip(store.commit(emptyCommit)))._tag, "StoreUnavailable")
        assert.strictEqual((yield* Effect.flip(store.load("sensor", 1)))._tag, "StoreUnavailable")
        assert.strictEqual((yield* Effect.flip(store.acquire("sensor", [1], "x")))._tag, "StoreUnavailable")
      }).pipe(Effect.provide(PostgresClient.layer({ server })))
    }))
})
