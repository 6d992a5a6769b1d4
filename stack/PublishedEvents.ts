/** The events that a city has published and still keeps, each once, and how often one was there again. */
import { Effect } from "effect"
import { EventLog } from "../src/ports/EventLog.ts"

const bytesAtOnce = 4_000_000

/** By the id in the body, by which subscribers tell them apart. `first`: the oldest position that is kept. */
export const publishedEvents = Effect.gen(function*() {
  const log = yield* EventLog
  const { first, last } = yield* log.bounds
  const feed = yield* log.subscribe({ stream: log.stream, sequence: first - 1 })
  const byId = new Map<string, string>()
  let repeated = 0
  for (let at = first - 1; at < last;) {
    for (const { json, position } of yield* feed.take(bytesAtOnce)) {
      const text = new TextDecoder().decode(json)
      const { id } = JSON.parse(text) as { readonly id: string }
      if (byId.has(id)) repeated++
      byId.set(id, text)
      at = position
    }
  }
  return { first, rows: [...byId.values()], repeated }
}).pipe(Effect.scoped)
