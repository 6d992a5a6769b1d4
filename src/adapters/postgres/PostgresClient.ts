/**
 * The connection pool to Postgres. Promises: typed arrays travel as binary arrays (`PostgresArrays`); no statement, lock or
 * idle transaction of ours lasts without end, so a processor that hangs does not keep its shard's row locked for ever. It opens
 * connections when they are needed: a server that was away is asked again by whoever asks next.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { makeRegistry } from "./PostgresArrays.ts"

export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: Redacted.Redacted
  readonly database: string
}

export interface PostgresClientOptions {
  /** An address, or a `postgres://` URL. */
  readonly server: PostgresAddress | { readonly url: Redacted.Redacted }
  readonly maxConnections?: number | undefined
}

/**
 * Of every connection, in its start packet. Any role may set these; a pooler in between may refuse or swallow them, which
 * `PostgresServer.check` finds.
 */
export const session: Readonly<Record<string, string>> = {
  // The reader of a window history that was empty when its plan was made must not scan it when it is full: everything here
  // is looked up by key. Only a count reads a whole table, and still may.
  enable_seqscan: "off",
  // The statements are few and repeat; planning each execution costs more than it gains.
  plan_cache_mode: "force_generic_plan",
  // Shorter than what a client waits (`AnswerLimits`), so that the server's own sentence comes first.
  statement_timeout: "25s",
  lock_timeout: "15s",
  idle_in_transaction_session_timeout: "1min",
  timezone: "UTC"
}

export const layer = (
  options: PostgresClientOptions
): Layer.Layer<PgClient.PgClient | SqlClient, SqlError> =>
  PgClient.layer({
    ...options.server,
    types: makeRegistry(),
    maxConnections: options.maxConnections ?? 8,
    applicationName: "vicinity",
    startupParameters: session,
    keepAlive: "30 seconds"
  })
