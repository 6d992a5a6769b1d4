/** What questions about a history have in common: instants and limits as Postgres takes them, windows as it gives them. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { toRfc3339 } from "../../schemas/Quantities.ts"
import type { Window } from "../../schemas/Window.ts"

/** What both a `Date` and a `timestamptz` can hold: 4713 BC to 275760 AD. */
export const instant = (millis: number): PgTypes.Parameter =>
  PgTypes.timestamptz(Math.min(8.64e15, Math.max(-2.1e14, Math.trunc(millis))))

/** 275760-09-13: everything was recorded, received and known before. */
export const always = 8.64e15

const limitMax = 2 ** 31 - 1
export const limitOf = (limit: number): number => Math.min(limitMax, Math.trunc(limit))

/** The order in which rows are taken up to the limit, as SQL. */
export type Order = "ASC" | "DESC"
export const orderOf = ({ newest }: { readonly newest?: boolean | undefined }): Order =>
  newest === true ? "DESC" : "ASC"

/** Ascending, in whichever order they were taken. */
export const ascending = <A>(rows: ReadonlyArray<A>, order: Order): ReadonlyArray<A> =>
  order === "ASC" ? rows : rows.toReversed()

type Row = readonly [
  start: Date,
  count: number,
  mean: number,
  variance: number,
  min: number,
  max: number,
  last: number,
  revision: number,
  final: boolean
]

/** The window of a row of these columns; `size` in milliseconds. */
export const windowOf = (property: string, size: number, row: ReadonlyArray<unknown>): Window => {
  const [start, count, mean, variance, min, max, last, revision, final] = row as unknown as Row
  const millis = start.getTime()
  return {
    property,
    start: toRfc3339(millis),
    end: toRfc3339(millis + size),
    count,
    mean,
    variance,
    min,
    max,
    last,
    revision,
    final
  }
}
