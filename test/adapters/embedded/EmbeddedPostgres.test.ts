/** The embedded PostgreSQL: whole, private, durable, and gone when its scope closes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import * as EmbeddedPostgres from "../../../src/adapters/embedded/EmbeddedPostgres.ts"
import { EmbeddedPostgresLog } from "../../../src/adapters/embedded/EmbeddedPostgresLog.ts"
import { temporaryFolder } from "../../PostgresForTests.ts"
import { queryServer, serverProcesses } from "./EmbeddedPostgresForTests.ts"

const start = (folder: string, settings: Readonly<Record<string, string>> = {}) =>
  EmbeddedPostgres.make({ folder, sync: false, settings })

describe("the embedded PostgreSQL", () => {
  it.live("is initialised once and keeps its data", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const first = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* start(join(folder, "data"))
        yield* queryServer(server, "CREATE TABLE kept AS SELECT 42 AS value")
        return server
      }))

      const second = yield* start(join(folder, "data"))

      assert.deepStrictEqual(yield* queryServer(second, "SELECT value FROM kept"), [{ value: 42 }])
      assert.deepStrictEqual([first.startedIn.initialised, second.startedIn.initialised], [true, false])
      assert.isFalse(second.startedIn.stoppedOrphan)
    }))

  it.live("is UTF-8, sorted by code point, checksummed, durable by default, on one local address without socket files", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const server = yield* EmbeddedPostgres.make({ folder })

      const [row] = yield* queryServer(
        server,
        `SELECT current_setting('server_encoding') AS encoding, current_setting('data_checksums') AS checksums,
          current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
          current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
          current_setting('password_encryption') AS passwords, 'Z' < 'a' AS bytewise`
      )
      assert.deepStrictEqual(row, {
        encoding: "UTF8",
        checksums: "on",
        fsync: "on",
        commit: "on",
        addresses: "127.0.0.1",
        sockets: "",
        passwords: "scram-sha-256",
        bytewise: true
      })
    }))

  it.live("says which port is taken where it was given one", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const other = createServer()
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => other.close())
      )
      const { port } = other.address() as AddressInfo

      const refused = yield* Effect.flip(EmbeddedPostgres.make({ folder, sync: false, port }))

      assert.include(refused.detail, `port ${port} on 127.0.0.1 is taken`)
    }))

  it.live("lets nobody in without the password, which only its owner may read", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const server = yield* start(folder)
      const stranger = { ...server, password: Redacted.make("guess") }

      const refused = yield* Effect.flip(queryServer(stranger, "SELECT 1"))

      assert.strictEqual(refused.reason._tag, "AuthenticationError")
      const file = join(folder, "postgres.password")
      assert.strictEqual(readFileSync(file, "utf8"), Redacted.value(server.password))
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.strictEqual(statSync(join(folder, "postgres")).mode & 0o777, 0o700)
    }))

  it.live("is gone when its scope closes, with nothing left running", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      const running = yield* Effect.scoped(Effect.map(start(folder), () => serverProcesses(folder).length))

      assert.isAbove(running, 1)
      assert.deepStrictEqual(serverProcesses(folder), [])
      assert.deepStrictEqual(readdirSync(folder).sort(), ["postgres", "postgres.log", "postgres.password"])
    }))

  it.live("says why it could not start, with the last lines of its log", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(start(folder))

      const failure = yield* Effect.flip(Effect.scoped(start(folder, { shared_buffers: "plenty" })))

      assert.strictEqual(failure.step, "start")
      assert.match(failure.message, /invalid value for parameter "shared_buffers": "plenty"/)
      assert.deepStrictEqual(serverProcesses(folder), [])
    }))

  it.live("refuses a folder that a living process is using", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const server = yield* start(folder)

      const refused = yield* Effect.flip(Effect.scoped(start(folder)))

      assert.match(refused.message, new RegExp(`process ${process.pid} is using`))
      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
    }))

  it.live("replaces a password that was lost", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(start(folder))
      rmSync(join(folder, "postgres.password"))

      const server = yield* start(folder)

      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
    }))

  it.live("refuses a cluster of another version", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(start(folder))
      writeFileSync(join(folder, "postgres", "PG_VERSION"), "17\n")

      const refused = yield* Effect.flip(Effect.scoped(start(folder)))

      assert.match(refused.message, /made by PostgreSQL 17 and this is 18/)
    }))

  it.live("starts the server again, on the same port, when it ends by itself", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const server = yield* start(folder)
      const postmaster = Number(readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split("\n")[0])

      process.kill(postmaster, "SIGQUIT")
      while ((yield* server.restarts) === 0) yield* Effect.sleep("20 millis")

      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
    }))

  it.live("bounds its log", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const path = join(folder, "server.log")
      const log = new EmbeddedPostgresLog(path, 1_000)

      for (let line = 0; line < 500; line++) log.append(Buffer.from(`line ${line}\n`))

      assert.isTrue(existsSync(path) && existsSync(`${path}.1`))
      assert.isAtMost(statSync(path).size + statSync(`${path}.1`).size, 2_000)
      assert.strictEqual(log.lines().at(-1), "line 499")
      assert.isAtMost(log.lines().length, 20)
    }))
})
