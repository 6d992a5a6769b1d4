/**
 * Appends to a log of one shard that keeps an id once, in parts that a group takes. Promise: when it succeeds everything given is
 * durable, in the order given. What another call is writing just now is waited for and then looked at again: where that call
 * was interrupted before it wrote, this one does.
 */
import { Effect } from "effect"
import type { LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import { frameBytes } from "./FileLogFormat.ts"
import type { FileLogIds } from "./FileLogIds.ts"
import { appendTo, type LogStore } from "./FileLogStore.ts"

interface Identified {
  readonly id: string
}

export interface LogOfIds<A extends Identified> {
  readonly store: LogStore
  readonly shard: number
  readonly ids: FileLogIds
  /** About what a group takes. */
  readonly partBytes: number
  readonly encode: (item: A) => Uint8Array
  /** It is durable, the next of the shard; adds the id. */
  readonly kept: (item: A) => void
}

/** The items from `start` on. */
export const appendOnce = <A extends Identified>(
  log: LogOfIds<A>,
  items: ReadonlyArray<A>,
  start = 0
): Effect.Effect<void, LogFull | LogUnavailable> =>
  Effect.suspend(() => {
    const { ids, kept, shard, store } = log
    let next = start
    while (next < items.length && ids.has((items[next] as A).id)) next++
    if (next === items.length) return Effect.void
    const appended = appendTo(store, () => {
      const { end, payloads } = partFrom(log, items, next)
      next = end
      for (const { id } of payloads.keys()) ids.reserve(id)
      return {
        records: Array.from(payloads.values(), (payload) => ({ shard, payload })),
        onDone: (outcome) => {
          for (const item of payloads.keys()) {
            if (Array.isArray(outcome)) kept(item)
            else ids.release(item.id)
          }
        }
      }
    })
    return Effect.flatMap(appended, () => appendOnce(log, items, next))
  })

interface Part<A> {
  /** Index of the first item behind it. */
  readonly end: number
  readonly payloads: ReadonlyMap<A, Uint8Array>
}

/** Up to the first item that another call is writing: its append is ahead of this part's, so it is decided when this one is. */
const partFrom = <A extends Identified>(log: LogOfIds<A>, items: ReadonlyArray<A>, start: number): Part<A> => {
  const { encode, ids, partBytes } = log
  const given = new Set<string>()
  const payloads = new Map<A, Uint8Array>()
  let bytes = 0
  let end = start
  for (; end < items.length; end++) {
    const item = items[end] as A
    if (given.has(item.id) || ids.has(item.id)) continue
    if (ids.isPending(item.id)) break
    const payload = encode(item)
    const own = frameBytes(payload.length)
    if (bytes > 0 && bytes + own > partBytes) break
    bytes += own
    given.add(item.id)
    payloads.set(item, payload)
  }
  return { end, payloads }
}
