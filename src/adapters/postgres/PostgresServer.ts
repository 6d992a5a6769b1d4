/**
 * Is the server one that Vicinity can work with? Asked once at a start. Promises: a server that is away or starting is waited for, with
 * back-off, about ten seconds; anything that waiting does not heal is said at once, in one sentence that says what to do and never
 * holds a password.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Clock, Effect, Redacted, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { texts } from "./PostgresArrays.ts"
import { session } from "./PostgresClient.ts"
import { isSqlState, told } from "./PostgresErrors.ts"
import { AnswerLimits } from "./PostgresTransaction.ts"

export class PostgresUnusable extends Schema.TaggedError<PostgresUnusable>()("PostgresUnusable", {
  server: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `PostgreSQL at ${this.server} ${this.detail}`
  }
}

export interface PostgresServer {
  /** `host:port/database`. */
  readonly address: string
  readonly role: string
  /** Such as `18.4`. */
  readonly version: string
}

/** 15.0 as `server_version_num` has it. */
const oldestVersion = 150_000
const firstPauseMillis = 100
const pauseMillisMax = 2_000

const look =
  `SELECT current_setting('server_version_num')::int4 AS number, current_setting('server_version') AS version,
  pg_is_in_recovery() AS replica, current_setting('server_encoding') AS encoding, current_user::text AS role,
  current_database()::text AS database`

const readBack = `SELECT name FROM unnest($1::text[], $2::text[]) AS wanted(name, value)
  WHERE current_setting(name) <> value`

interface Seen {
  readonly number: number
  readonly version: string
  readonly replica: boolean
  readonly encoding: string
  readonly role: string
  readonly database: string
}

/** What is wrong with a server that answers. */
export const problemOf = (seen: Seen, swallowed: ReadonlyArray<string>): string | undefined => {
  if (seen.number < oldestVersion) {
    return `is version ${seen.version}, and Vicinity needs 15 or later: upgrade it`
  }
  if (seen.replica) return "is a read-only replica: give the address of the primary"
  if (seen.encoding !== "UTF8") {
    return `has the database "${seen.database}" in the encoding ${seen.encoding}: create one with ENCODING 'UTF8'`
  }
  if (swallowed.length === 0) return undefined
  return `does not get the session settings ${swallowed.join(", ")}: ${poolerAdvice}`
}

const poolerAdvice =
  "a pooler in between loses them: connect to the server itself, or let it pool sessions, ignore these settings, "
  + "and set them on the role (docs/postgres.md)"

/** `[host]:port/database`, without what is secret. */
const addressOf = (config: PgClient["config"]): string => {
  const url = config.url === undefined ? undefined : new URL(Redacted.value(config.url))
  const given = (name: string) => url?.searchParams.get(name) ?? undefined
  const host = config.host ?? given("host") ?? (url?.hostname || "localhost")
  const port = config.port ?? given("port") ?? (url?.port || 5432)
  const database = config.database ?? given("dbname") ?? decodeURIComponent(url?.pathname.slice(1) ?? "")
  return `${host}:${port}/${database}`
}

/** Server starting or shutting down, out of connections; everything else with an SQLSTATE is an answer that stays. */
const passing = new Set(["57P03", "57P01", "57P02", "53300", "53400"])

/** Whether it is worth asking again. */
const mayHeal = (error: SqlError): boolean => {
  const { code, text } = told(error)
  if (isSqlState(code)) return passing.has(code)
  return error.reason._tag === "ConnectionError" && !/TLS|URL/.test(text) && !isCertificate(code)
}

const isCertificate = (code: string): boolean => /CERT|ERR_TLS|ERR_SSL|EPROTO/.test(code)

/** The sentence of a refusal, after "PostgreSQL at …". */
const refusalOf = (error: SqlError): string => {
  const { code, text } = told(error)
  switch (code) {
    case "28P01":
      return `refuses the login (${text}): correct user and password in the URL`
    case "28000":
      return `refuses the login (${text}): the role must exist, have LOGIN and be let in by pg_hba.conf; add sslmode=require `
        + "to the URL where it asks for encryption"
    case "3D000":
      return `has no such database (${text}): create it (CREATE DATABASE … ENCODING 'UTF8') or correct the URL`
    case "42501":
      return `does not let the role in (${text}): GRANT CONNECT ON DATABASE … TO it`
    case "53300":
      return `has no connection left (${text}): raise max_connections or stop others`
    case "57P03":
      return `is not ready yet (${text}): try again when it is`
    case "08P01":
      return `refuses the session settings (${text}): ${poolerAdvice}`
    case "ECONNREFUSED":
      return "cannot be reached (nothing listens there): start it or correct host and port in the URL"
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `cannot be reached (no such host: ${text}): correct the URL`
  }
  if (text.includes("requested password")) return "asks for a password: put one into the URL"
  if (text.includes("does not support TLS")) {
    return "does not offer TLS, and the URL asks for it: turn on ssl there, or say sslmode=disable where the network is trusted"
  }
  if (isCertificate(code)) {
    return `has a certificate that is not trusted (${text}): name the file with its authority in NODE_EXTRA_CA_CERTS, and use the `
      + "host name that the certificate has"
  }
  return `cannot be used (${text})`
}

const ask = Effect.gen(function*() {
  const sql = yield* PgClient
  const [seen] = yield* sql.unsafe<Seen>(look)
  const swallowed = yield* sql.unsafe<{ readonly name: string }>(readBack, [
    texts(Object.keys(session)),
    texts(Object.values(session))
  ])
  return { seen, swallowed: swallowed.map(({ name }) => name) }
})

export const check: Effect.Effect<PostgresServer, PostgresUnusable, PgClient> = Effect.gen(function*() {
  const sql = yield* PgClient
  const server = addressOf(sql.config)
  const { startMillis } = yield* AnswerLimits
  const since = yield* Clock.currentTimeMillis
  const refuse = (detail: string) => new PostgresUnusable({ server, detail })
  for (let pause = firstPauseMillis;; pause = Math.min(2 * pause, pauseMillisMax)) {
    const answer = yield* Effect.result(ask)
    if (answer._tag === "Success") {
      const { seen, swallowed } = answer.success
      const problem = seen === undefined ? "gave no answer" : problemOf(seen, swallowed)
      if (seen === undefined || problem !== undefined) return yield* refuse(problem ?? "")
      return { address: server, role: seen.role, version: seen.version }
    }
    const waited = (yield* Clock.currentTimeMillis) - since
    if (!mayHeal(answer.failure) || waited + pause > startMillis) return yield* refuse(refusalOf(answer.failure))
    yield* Effect.sleep(pause)
  }
})
