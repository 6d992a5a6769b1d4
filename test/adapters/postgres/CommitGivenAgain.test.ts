/** A connection that breaks while the server is told to commit: nobody knows what became of it, and the same commit given again is done once. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { lateColumns, namedCommit } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"

type Break = "before the server has heard of it" | "after the server has done it"

/** Passes everything on, but breaks the connection at the first COMMIT. */
const breakingProxy = (port: number, at: Break) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      let isBroken = false
      const sockets = new Set<Socket>()
      const server = createServer((client) => {
        const upstream = connect(port, "127.0.0.1")
        let isAnswerLost = false
        for (const socket of [client, upstream]) {
          sockets.add(socket)
          socket.on("error", () => undefined)
        }
        client.on("data", (bytes) => {
          if (isBroken || !bytes.includes("COMMIT")) return upstream.write(bytes)
          isBroken = true
          isAnswerLost = true
          if (at === "after the server has done it") return upstream.write(bytes)
          client.destroy()
          return upstream.destroy()
        })
        upstream.on("data", (bytes) => {
          if (!isAnswerLost) return client.write(bytes)
          client.destroy()
          return upstream.destroy()
        })
        client.on("close", () => upstream.destroy())
        upstream.on("close", () => client.destroy())
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return { server, sockets, port: (server.address() as AddressInfo).port }
    }),
    ({ server, sockets }) =>
      Effect.promise(async () => {
        for (const socket of sockets) socket.destroy()
        server.close()
        await once(server, "close")
      })
  )

layer(ForTests.layer, { timeout: "90 seconds", excludeTestServices: true })("a commit whose connection broke", (it) => {
  it.effect.each(["before the server has heard of it", "after the server has done it"] as const)(
    "is done once when it is given again (%s)",
    (at) =>
      Effect.gen(function*() {
        const { newDatabase } = yield* ForTests.PostgresForTests
        const address = yield* newDatabase
        const proxy = yield* breakingProxy(address.port, at)
        const throughProxy = PostgresClient.layer({ server: { ...address, port: proxy.port } })
        const commit = { ...namedCommit("s", [{ slot: 0, start: 0 }, { slot: 0, start: 60_000 }]), epoch: 1 }
        const late = lateColumns([{ slot: 0, result: 5 }])
        const position = { stream: "stream-a", sequence: 7 }
        const given = { ...commit, late, position }

        const { failure, loaded, next } = yield* Effect.gen(function*() {
          const store = yield* PostgresShardStore.make()
          yield* store.acquire("sensor", [given.shard], "test")
          const failure = yield* Effect.flip(store.commit(given))
          yield* store.commit(given)
          const loaded = yield* store.load("sensor", given.shard)
          yield* store.commit({ ...given, datastreams: [], sensors: [], position: { ...position, sequence: 8 } })
          return { failure, loaded, next: yield* store.load("sensor", given.shard) }
        }).pipe(Effect.provide(throughProxy))
        const rows = yield* Effect.flatMap(PgClient, (sql) =>
          sql.unsafe(
            `SELECT (SELECT count(*)::int4 FROM vicinity.window_history) AS windows,
               (SELECT count(*)::int4 FROM vicinity.late_observation) AS late`
          )).pipe(Effect.provide(PostgresClient.layer({ server: address })))

        assert.strictEqual(failure._tag, "StoreUnavailable")
        assert.deepStrictEqual([loaded?.position.sequence, next?.position.sequence], [7, 8])
        assert.deepStrictEqual(rows, [{ windows: 2, late: 2 }])
      })
  )
})
