/**
 * One transaction of plain statements, without a span per statement. Promise: what fails or is interrupted inside is rolled
 * back; a failure to commit is a failure of the whole, and the caller must then read what is there (it may be either).
 */
import type { PgClient } from "@effect/sql-pg/PgClient"
import type { Result } from "@effect/sql-pg/PgConnection"
import { Effect, Exit } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import { isSqlError, SqlError, UnknownError } from "effect/sql/SqlError"
import { StoreUnavailable } from "../../ports/ShardStore.ts"

/** Runs one statement; rows as arrays of columns. */
export type Run = (
  statement: string,
  parameters: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, SqlError>

const unavailable = (operation: string) => (cause: unknown): StoreUnavailable =>
  new StoreUnavailable({ operation, cause })

/** The rows of a statement outside any transaction. */
export const query = (
  sql: PgClient,
  operation: string,
  statement: string,
  parameters: ReadonlyArray<unknown>
): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, StoreUnavailable> =>
  sql.unsafe(statement, parameters).values.pipe(
    Effect.mapError(unavailable(operation)),
    Effect.withTracerEnabled(false)
  )

const commit = (connection: Connection): Effect.Effect<void, SqlError> =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), (answer) => {
    // Postgres answers COMMIT of a failed transaction with ROLLBACK, and not with an error.
    if ((answer as Result).command === "COMMIT") return Effect.void
    const cause = new Error("the transaction was rolled back by the server")
    return Effect.fail(new SqlError({ reason: new UnknownError({ cause, operation: "commit" }) }))
  })

const attempt = Effect.fnUntraced(function*<A, E>(
  connection: Connection,
  body: (run: Run) => Effect.Effect<A, E>,
  begin: string,
  restore: <B, F>(effect: Effect.Effect<B, F>) => Effect.Effect<B, F>
): Effect.fn.Return<A, E | SqlError> {
  yield* connection.executeValues(begin, [])
  const exit = yield* Effect.exit(
    restore(body((statement, parameters) => connection.executeValues(statement, parameters)))
  )
  if (Exit.isSuccess(exit)) yield* commit(connection)
  // A lost connection cannot roll back, and need not: the server does, and the pool drops the connection.
  else yield* Effect.ignore(connection.executeValues("ROLLBACK", []))
  return yield* exit
})

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
  Effect.scoped(
    Effect.flatMap(sql.reserve, (connection) =>
      Effect.uninterruptibleMask((restore) => attempt(connection, body, begin, restore)))
  ).pipe(
    Effect.mapError((error) =>
      isSqlError(error) ? unavailable(operation)(error) : error as Exclude<E, SqlError>
    ),
    Effect.withTracerEnabled(false)
  )

/** A consistent picture of several tables. */
export const snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
