/**
 * Which part of a history a request asks for: from `from` or the cursor on, page by page, or else the newest before `to`. Histories of
 * sensors and of districts are asked in the same words.
 */
import { Effect } from "effect"
import { pageLimitDefault } from "./Paging.ts"
import { parseCursor, parseInstant } from "./Parameters.ts"
import { BadParameter } from "./Refusals.ts"
import { decodeWindowCursor } from "./WindowCursor.ts"

export interface SpanQuery {
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
  readonly at?: string
}

export interface HistorySpan {
  /** Epoch milliseconds; without it the newest are asked for. */
  readonly from: number | undefined
  readonly to: number
  readonly limit: number
  readonly knownAt: number | undefined
}

/** The ends of time, for a store: the first and the last instant that is a `Date` (ECMA-262 §21.4.1.1). */
export const always = -8_640_000_000_000_000
export const never = 8_640_000_000_000_000

export const spanOf = Effect.fnUntraced(function*(query: SpanQuery): Effect.fn.Return<HistorySpan, BadParameter> {
  const from = query.cursor !== undefined
    ? yield* parseCursor(query.cursor, decodeWindowCursor)
    : query.from !== undefined
    ? yield* parseInstant("from", query.from)
    : undefined
  const to = query.to === undefined ? never : yield* parseInstant("to", query.to)
  if (from !== undefined && from >= to && query.cursor === undefined) {
    return yield* new BadParameter({ parameter: "to", detail: "to must be after from" })
  }
  const knownAt = query.at === undefined ? undefined : yield* parseInstant("at", query.at)
  return { from, to, limit: query.limit ?? pageLimitDefault, knownAt }
})
