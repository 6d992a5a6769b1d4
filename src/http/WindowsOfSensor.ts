/**
 * Which windows answer a question: sealed ones of the store, then open ones of the shard (`WindowPages` joins them).
 * Promise: without `from` the newest ones, so that a city of the past answers too.
 */
import { Effect } from "effect"
import type { SensorQueries } from "../actors/SensorProtocol.ts"
import type { WindowStore } from "../ports/WindowStore.ts"
import { type WindowSize, windowSizes } from "../schemas/Window.ts"
import { newestPage, pageFrom, type WindowPage } from "./WindowPages.ts"

export interface WindowQuestion {
  readonly sensorId: string
  readonly property: string
  readonly size: WindowSize
  /** Epoch milliseconds; without it the newest are asked for. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly limit: number
  readonly knownAt: number | undefined
}

/** The end of time, for a store: the last instant that is a `Date` (ECMA-262 §21.4.1.1). */
const never = 8_640_000_000_000_000

/** Where a datastream skips windows, the newest `limit` are looked for this many times further back. */
const sparseness = 8

export const windowsOfSensor = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  store: WindowStore["Service"],
  question: WindowQuestion
) {
  const { knownAt, limit, property, sensorId, size } = question
  // Open ones first: a window that is sealed in between is then seen twice, which is mended, rather than never.
  const asked = yield* queries.openWindows(sensorId, property, size)
  const open = knownAt === undefined ? asked : []
  const stored = (from: number, to: number, limit: number) =>
    store.windows({ sensorId, property, size, from, to, limit, knownAt })
  const to = question.to ?? never
  if (question.from !== undefined) {
    return pageFrom(yield* stored(question.from, to, limit + 1), open, question.from, to, limit)
  }

  const millis = windowSizes[size]
  const { latest } = yield* queries.detail(sensorId)
  const newest = latest.find((value) => value.property === property)
  const none: WindowPage = { items: [], nextCursor: null }
  if (newest === undefined) return none
  const end = Math.min(to, Math.floor(Date.parse(newest.phenomenonTime) / millis) * millis + millis)
  const reach = (times: number) => end - times * limit * millis
  const near = yield* stored(reach(1), end, limit)
  const sealed = near.length >= limit ? near : yield* stored(reach(sparseness), end, sparseness * limit)
  return newestPage(sealed, open, reach(sparseness), end, limit)
})
