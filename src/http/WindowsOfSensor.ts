/**
 * Which windows answer a question: sealed ones of the store, then open ones of the shard.
 * Promises: ascending by start, no window twice, none missing between the two where the store has what was sealed; without
 * `from` the newest ones, so that a city of the past answers too.
 */
import { Effect } from "effect"
import type { SensorQueries } from "../actors/SensorProtocol.ts"
import type { WindowStore } from "../ports/WindowStore.ts"
import { type Window, type WindowSize, windowSizes } from "../schemas/Window.ts"
import { encodeWindowCursor } from "./WindowCursor.ts"

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

export interface WindowAnswer {
  readonly items: ReadonlyArray<Window>
  readonly nextCursor: string | null
}

/** The end of time, for a store (`Date`'s last instant; ECMA-262 §21.4.1.1). */
const never = 8_640_000_000_000_000

const startOf = (window: Window): number => Date.parse(window.start)

/** Where a datastream skips windows, the newest `limit` reach this many times further back. */
const sparseness = 8

export const windowsOfSensor = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  store: WindowStore["Service"],
  question: WindowQuestion
) {
  const { knownAt, limit, property, sensorId, size } = question
  // Open ones first: a window that is sealed in between is then seen twice, which is mended, rather than never.
  const open = yield* queries.openWindows(sensorId, property, size)
  const stored = (from: number, to: number, limit: number) =>
    store.windows({ sensorId, property, size, from, to, limit, knownAt })
  const current = (sealed: ReadonlyArray<Window>, from: number, to: number) => {
    const last = sealed.at(-1)
    const after = last === undefined ? from : Math.max(from, startOf(last) + 1)
    return knownAt === undefined ? open.filter((window) => startOf(window) >= after && startOf(window) < to) : []
  }
  const to = question.to ?? never

  if (question.from !== undefined) {
    const sealed = yield* stored(question.from, to, limit + 1)
    const all = sealed.length > limit ? sealed : [...sealed, ...current(sealed, question.from, to)]
    const next = all[limit]
    return {
      items: all.slice(0, limit),
      nextCursor: next === undefined ? null : encodeWindowCursor(startOf(next))
    } satisfies WindowAnswer
  }

  const millis = windowSizes[size]
  const { latest } = yield* queries.detail(sensorId)
  const newest = latest.find((value) => value.property === property)
  if (newest === undefined) return { items: [], nextCursor: null } satisfies WindowAnswer
  const end = Math.min(to, Math.floor(Date.parse(newest.phenomenonTime) / millis) * millis + millis)
  const near = yield* stored(end - limit * millis, end, limit)
  const sealed = near.length >= limit
    ? near
    : yield* stored(end - sparseness * limit * millis, end, sparseness * limit)
  const all = [...sealed, ...current(sealed, end - sparseness * limit * millis, end)]
  return { items: all.slice(-limit), nextCursor: null } satisfies WindowAnswer
})
