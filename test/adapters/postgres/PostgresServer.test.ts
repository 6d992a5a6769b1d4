/** A server that cannot be used is refused with a sentence that says what to do, and never says the password. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, chownSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresServer from "../../../src/adapters/postgres/PostgresServer.ts"
import { AnswerLimits } from "../../../src/adapters/postgres/PostgresTransaction.ts"
import * as ForTests from "../../PostgresForTests.ts"
import { postmasterOf } from "./ServerProcesses.ts"

const password = "s3cr3t-of-the-city"

/** A role without any right beyond its database. */
const ordinaryRole = Effect.gen(function*() {
  const server = yield* (yield* ForTests.PostgresForTests).emptyDatabase
  const role = `${server.database}_role`
  yield* Effect.gen(function*() {
    const sql = yield* PgClient
    yield* sql.unsafe(`CREATE ROLE ${role} LOGIN NOSUPERUSER PASSWORD '${password}'`)
    yield* sql.unsafe(`ALTER DATABASE ${server.database} OWNER TO ${role}`)
  }).pipe(Effect.provide(PostgresClient.layer({ server })), Effect.orDie)
  return { ...server, username: role, password: Redacted.make(password) }
})

const urlOf = ({ database, host, port, username }: PostgresClient.PostgresAddress, secret: string, search = "") =>
  `postgres://${username}:${secret}@${host}:${port}/${database}${search}`

const checkUrl = (url: string) =>
  PostgresServer.check.pipe(
    Effect.provide(PostgresClient.layer({ server: { url: Redacted.make(url) } })),
    Effect.provideService(AnswerLimits, { queryMillis: 10_000, statementMillis: 30_000, startMillis: 500 })
  )

const refusal = (url: string) =>
  Effect.gen(function*() {
    const { message } = yield* Effect.flip(checkUrl(url))
    assert.notInclude(message, password)
    return message
  })

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("a PostgreSQL server", (it) => {
  it.effect("is usable by a role that is no superuser", () =>
    Effect.gen(function*() {
      const server = yield* ordinaryRole

      const found = yield* checkUrl(urlOf(server, password))

      assert.strictEqual(found.role, server.username)
      assert.strictEqual(found.address, `127.0.0.1:${server.port}/${server.database}`)
      assert.match(found.version, /^\d+\.\d+/)
    }))

  it.effect("is refused where login, role or database are wrong", () =>
    Effect.gen(function*() {
      const server = yield* ordinaryRole

      const wrongPassword = yield* refusal(urlOf(server, "wrong"))
      const noPassword = yield* refusal(urlOf(server, ""))
      const noRole = yield* refusal(urlOf({ ...server, username: "nobody" }, password))
      const noDatabase = yield* refusal(urlOf({ ...server, database: "atlantis" }, password))

      assert.match(
        wrongPassword,
        /^PostgreSQL at 127\.0\.0\.1:\d+\/test_\d+ refuses the login .*: correct user and password/
      )
      assert.match(noPassword, /asks for a password: put one into the URL/)
      assert.match(noRole, /refuses the login/)
      assert.match(noDatabase, /has no such database .*: create it/)
    }))

  it.effect("is refused where the role may not connect, or its database cannot hold every name", () =>
    Effect.gen(function*() {
      const server = yield* ordinaryRole
      yield* Effect.gen(function*() {
        const sql = yield* PgClient
        yield* sql.unsafe(`CREATE DATABASE closed`)
        yield* sql.unsafe(`REVOKE CONNECT ON DATABASE closed FROM PUBLIC`)
        yield* sql.unsafe(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`)
      }).pipe(Effect.provide(PostgresClient.layer({ server: (yield* ForTests.PostgresForTests).server })))

      assert.match(yield* refusal(urlOf({ ...server, database: "closed" }, password)), /GRANT CONNECT ON DATABASE/)
      assert.match(yield* refusal(urlOf({ ...server, database: "latin" }, password)), /encoding LATIN1: .* 'UTF8'/)
    }))

  it.effect("is refused where it is away for good, after having been asked again", () =>
    Effect.gen(function*() {
      const away = { ...(yield* ordinaryRole), port: 1 }

      assert.match(yield* refusal(urlOf(away, password)), /cannot be reached \(nothing listens there\): start it/)
      assert.match(yield* refusal(urlOf({ ...away, host: "no-such-host.invalid" }, password)), /no such host/)
    }))

  it.effect("is waited for while it starts", () =>
    Effect.gen(function*() {
      const { server } = yield* ForTests.PostgresForTests
      process.kill(postmasterOf(server), "SIGQUIT")

      const found = yield* PostgresServer.check.pipe(Effect.provide(PostgresClient.layer({ server })))

      assert.strictEqual(found.role, server.username)
    }))

  it.effect("is refused where TLS is asked for and not there, or cannot be trusted", () =>
    Effect.gen(function*() {
      const { server } = yield* ForTests.PostgresForTests
      const secret = Redacted.value(server.password)
      const folder = yield* ForTests.temporaryFolder
      const without = yield* refusal(urlOf(server, secret, "?sslmode=require"))
      assert.match(without, /does not offer TLS, and the URL asks for it/)

      const { certificate, key } = makeCertificate(folder, server.startedIn.uid)
      yield* Effect.gen(function*() {
        const sql = yield* PgClient
        yield* sql.unsafe(`ALTER SYSTEM SET ssl_cert_file = '${certificate}'`)
        yield* sql.unsafe(`ALTER SYSTEM SET ssl_key_file = '${key}'`)
        yield* sql.unsafe(`ALTER SYSTEM SET ssl = on`)
        yield* sql.unsafe(`SELECT pg_reload_conf()`)
      }).pipe(Effect.provide(PostgresClient.layer({ server })))
      const encrypted = urlOf(server, secret, "?sslmode=require")

      assert.match(yield* refusal(encrypted), /certificate that is not trusted .* NODE_EXTRA_CA_CERTS/)
      assert.strictEqual((yield* checkUrl(urlOf(server, secret, "?sslmode=disable"))).role, server.username)
      const trusted = yield* Effect.promise(() => checkInChild(encrypted, certificate))
      assert.match(trusted, /^usable: /)
    }))
})

describe("a PostgreSQL server that answers", () => {
  const seen = { number: 180_004, version: "18.4", replica: false, encoding: "UTF8", role: "r", database: "d" }

  it("is refused where it is too old, a replica, or a pooler swallows the settings of the session", () => {
    assert.isUndefined(PostgresServer.problemOf(seen, []))
    assert.match(
      PostgresServer.problemOf({ ...seen, number: 140_012, version: "14.12" }, []) ?? "",
      /14\.12.* 15 or later/
    )
    assert.match(PostgresServer.problemOf({ ...seen, replica: true }, []) ?? "", /read-only replica/)
    assert.match(PostgresServer.problemOf(seen, ["lock_timeout"]) ?? "", /lock_timeout: a pooler/)
  })
})

/** A self-signed certificate for 127.0.0.1, with a key that the server's user may read. */
const makeCertificate = (folder: string, uid: number) => {
  const certificate = join(folder, "server.crt")
  const key = join(folder, "server.key")
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate]
  execFileSync("openssl", [...made, ...subject], { stdio: "ignore" })
  chmodSync(key, 0o600)
  chownSync(key, uid, -1)
  chmodSync(certificate, 0o644)
  return { certificate, key }
}

const checkInChild = async (url: string, authority: string): Promise<string> => {
  const program = fileURLToPath(new URL("CheckServer.ts", import.meta.url))
  const env = { CHECKED_URL: url, NODE_EXTRA_CA_CERTS: authority }
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  for await (const chunk of child.stdout) output += String(chunk)
  return output
}
