/** What stands behind an error of the client: it says "Query failed", its cause says why. */
import { isSqlError, type SqlError } from "effect/sql/SqlError"

export interface Told {
  /** Of Node (`ECONNREFUSED`), of OpenSSL, or an SQLSTATE of five characters; empty where there is none. */
  readonly code: string
  readonly text: string
}

export const told = ({ reason }: SqlError): Told => {
  const cause: unknown = reason.cause
  // Of a host with several addresses each has an error of its own.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = first instanceof Error && "code" in first ? String(first.code) : ""
  return { code, text: first instanceof Error ? first.message : String(first) }
}

export const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code)

/** Of any error, the words that help. */
export const wordsOf = (error: unknown): string => {
  if (isSqlError(error)) return told(error).text
  return error instanceof Error ? error.message : String(error)
}
