/**
 * Sealed windows of the store and open ones of the shard as one page. Pure. Promises: ascending by start and no window twice,
 * though a window may be sealed and stored between the two looks: what the store has wins.
 *
 *     store   [ 8:00 ][ 8:05 ][ 8:10 ]
 *     shard                  [ 8:10 ][ 8:15 ]        8:10 was open when it was asked, sealed a moment later
 *     page    [ 8:00 ][ 8:05 ][ 8:10 ][ 8:15 ]
 */
import type { Window } from "../schemas/Window.ts"
import { encodeWindowCursor } from "./WindowCursor.ts"

/** A window, or whatever else has one for each start. */
interface Started {
  /** RFC 3339. */
  readonly start: string
}

export interface WindowPage<A extends Started = Window> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor: string | null
}

const startOf = ({ start }: Started): number => Date.parse(start)

/** `sealed`, then those of `open` that start after it, all in `[from, to)` (epoch milliseconds). */
const joined = <A extends Started>(
  sealed: ReadonlyArray<A>,
  open: ReadonlyArray<A>,
  from: number,
  to: number
): ReadonlyArray<A> => {
  const last = sealed.at(-1)
  const after = last === undefined ? from : startOf(last) + 1
  return [...sealed, ...open.filter((window) => startOf(window) >= after && startOf(window) < to)]
}

/** The first `limit` windows in `[from, to)`. `sealed` holds up to one more than `limit`, so that an end is seen. */
export const pageFrom = <A extends Started>(
  sealed: ReadonlyArray<A>,
  open: ReadonlyArray<A>,
  from: number,
  to: number,
  limit: number
): WindowPage<A> => {
  const all = sealed.length > limit ? sealed : joined(sealed, open, from, to)
  const next = all[limit]
  return { items: all.slice(0, limit), nextCursor: next === undefined ? null : encodeWindowCursor(startOf(next)) }
}

/** The last `limit` windows in `[from, to)`: nothing newer follows. `sealed` holds the newest ones of the store. */
export const newestPage = (
  sealed: ReadonlyArray<Window>,
  open: ReadonlyArray<Window>,
  from: number,
  to: number,
  limit: number
): WindowPage => ({ items: joined(sealed, open, from, to).slice(-limit), nextCursor: null })
