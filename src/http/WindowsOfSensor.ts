/**
 * Which windows answer a question: sealed ones of the store, then open ones of the shard (`WindowPages` joins them).
 * Promise: without `from` the newest ones, so that a city of the past answers too.
 */
import { Effect } from "effect"
import type { SensorQueries } from "../actors/SensorProtocol.ts"
import type { WindowStore } from "../ports/WindowStore.ts"
import type { WindowSize } from "../schemas/Window.ts"
import { always, type HistorySpan } from "./HistorySpan.ts"
import { newestPage, pageFrom } from "./WindowPages.ts"

interface WindowQuestion extends HistorySpan {
  readonly sensorId: string
  readonly property: string
  readonly size: WindowSize
}

export const windowsOfSensor = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  store: WindowStore["Service"],
  { from, ...question }: WindowQuestion
) {
  const { knownAt, limit, property, sensorId, size, to } = question
  // Open ones first: a window that is sealed in between is then seen twice, which is mended, rather than never.
  const asked = yield* queries.openWindows(sensorId, property, size)
  const open = knownAt === undefined ? asked : []
  return from === undefined
    ? newestPage(yield* store.windows({ ...question, from: always, newest: true }), open, always, to, limit)
    : pageFrom(yield* store.windows({ ...question, from, limit: limit + 1 }), open, from, to, limit)
})
