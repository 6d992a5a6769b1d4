/**
 * One transaction of plain statements, without a span per statement. Promises: what fails or is interrupted inside is rolled
 * back; a failure to commit is a failure of the whole, and the caller must then read what is there (it may be either); nothing
 * waits without end for a server that no longer answers (`AnswerLimits`).
 */
import type { PgClient } from "@effect/sql-pg/PgClient"
import type { Result } from "@effect/sql-pg/PgConnection"
import { Context, Effect, Exit } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, isSqlError, SqlError, UnknownError } from "effect/sql/SqlError"
import { StoreUnavailable } from "../../ports/ShardStore.ts"
import { told } from "./PostgresErrors.ts"

/**
 * How long an answer is waited for, in milliseconds: of a question outside a transaction with its wait for a connection, of a
 * connection for a transaction, and of each statement in one. The server's own limits (`PostgresClient`) are shorter than that of a
 * statement and end what is merely slow; these end the wait for a server that hangs or cannot be reached. Giving up takes the client
 * up to 5 s more, in which it asks the server to cancel; then the connection is dropped and another one made.
 */
export const AnswerLimits = Context.Reference<{
  readonly queryMillis: number
  readonly statementMillis: number
  /** How long a start asks a server again that is away. */
  readonly startMillis: number
}>("vicinity/adapters/postgres/AnswerLimits", {
  defaultValue: () => ({ queryMillis: 10_000, statementMillis: 30_000, startMillis: 10_000 })
})

/** Runs one statement; rows as arrays of columns. */
export type Run = (
  statement: string,
  parameters: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, SqlError>

const unavailable = (operation: string) => (cause: unknown): StoreUnavailable =>
  new StoreUnavailable({ operation, cause: isSqlError(cause) ? new Error(told(cause).text, { cause }) : cause })

const within = (millis: number) => <A, E, R>(answer: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
  Effect.timeoutOrElse(answer, {
    duration: millis,
    orElse: () => {
      const cause = new Error(`Postgres gave no answer within ${millis / 1000} s`)
      return Effect.fail(new SqlError({ reason: new ConnectionError({ cause, message: cause.message }) }))
    }
  })

/** The rows of a statement outside any transaction. */
export const query = (
  sql: PgClient,
  operation: string,
  statement: string,
  parameters: ReadonlyArray<unknown>
): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, StoreUnavailable> =>
  Effect.flatMap(AnswerLimits, ({ queryMillis }) => within(queryMillis)(sql.unsafe(statement, parameters).values)).pipe(
    Effect.mapError(unavailable(operation)),
    Effect.withTracerEnabled(false)
  )

const commit = (answer: unknown): Effect.Effect<void, SqlError> => {
  // Postgres answers COMMIT of a failed transaction with ROLLBACK, and not with an error.
  if ((answer as Result).command === "COMMIT") return Effect.void
  const cause = new Error("the transaction was rolled back by the server")
  return Effect.fail(new SqlError({ reason: new UnknownError({ cause, operation: "commit" }) }))
}

const attempt = Effect.fnUntraced(function*<A, E>(
  connection: Connection,
  body: (run: Run) => Effect.Effect<A, E>,
  begin: string,
  restore: <B, F>(effect: Effect.Effect<B, F>) => Effect.Effect<B, F>,
  statementMillis: number
): Effect.fn.Return<A, E | SqlError> {
  const limited = within(statementMillis)
  // What the caller may not interrupt a time-out still must.
  const control = <B>(answer: Effect.Effect<B, SqlError>) => limited(Effect.interruptible(answer))
  const exit = yield* control(connection.executeValues(begin, [])).pipe(
    Effect.andThen(restore(body((statement, parameters) => limited(connection.executeValues(statement, parameters))))),
    Effect.exit
  )
  if (Exit.isSuccess(exit)) yield* Effect.flatMap(control(connection.executeRaw("COMMIT", [])), commit)
  // A lost connection cannot roll back, and need not: the server does, and the pool drops the connection.
  else yield* Effect.ignore(control(connection.executeValues("ROLLBACK", [])))
  return yield* exit
})

/** A connection for the length of the scope. */
const reserved = (sql: PgClient, statementMillis: number) => within(statementMillis)(sql.reserve)

/**
 * `begin` starts the transaction: its isolation level. Not the client's own `withTransaction`, which makes a defect of a
 * connection that is lost in the middle; here it is a failure like any other.
 */
export const transact = <A, E>(
  sql: PgClient,
  operation: string,
  body: (run: Run) => Effect.Effect<A, E | SqlError>,
  begin = "BEGIN"
): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable> =>
  Effect.flatMap(AnswerLimits, ({ statementMillis }) =>
    Effect.scoped(
      Effect.flatMap(reserved(sql, statementMillis), (connection) =>
        Effect.uninterruptibleMask((restore) =>
          attempt(connection, body, begin, restore, statementMillis)
        ))
    )).pipe(
      Effect.mapError((error) => isSqlError(error) ? unavailable(operation)(error) : error as Exclude<E, SqlError>),
      Effect.withTracerEnabled(false)
    )

/** A consistent picture of several tables. */
export const snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
