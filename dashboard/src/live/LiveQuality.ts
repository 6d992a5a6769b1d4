/**
 * The stream of quality events, kept open: connects, reads, and after a break connects again where it was
 * (`Last-Event-ID`). Promises: one connection at a time; every sign of life is told; when events may have been missed (after
 * connecting, or a `reset` because the server no longer has the position) `onGap` is called, and the caller asks the API.
 */
import { serverNow, sleep } from "../api/CityClient.ts"
import { pauseMillis, retryAfterMillis } from "../api/Retry.ts"
import type { QualityEvent } from "../api/Shapes.ts"
import { makeEventStreamParser, type StreamEvent } from "./EventStreamParser.ts"
import { type LiveFacts, silenceMillisMax } from "./LiveState.ts"

export interface Listener {
  readonly onConnection: (connection: LiveFacts["connection"]) => void
  readonly onHeard: (at: number) => void
  readonly onQuality: (event: QualityEvent) => void
  /** What is known may be old; `isReset`: it may be of another city, too. */
  readonly onGap: (isReset: boolean) => void
}

const path = "/v1/events?type=quality"

/** An event of ours is an object with a district; anything else is no news. */
const qualityOf = (event: StreamEvent): QualityEvent | undefined => {
  try {
    const { data } = JSON.parse(event.data)
    return typeof data?.district === "string" ? data : undefined
  } catch {
    return undefined
  }
}

/** Runs until `signal` is aborted. */
export const followQuality = async (listener: Listener, signal: AbortSignal): Promise<void> => {
  let lastEventId = ""
  for (let attempt = 0; !signal.aborted;) {
    let pause = pauseMillis(attempt++)
    // Half-open connections say nothing for ever: silence ends them.
    const line = new AbortController()
    const stop = () => line.abort()
    signal.addEventListener("abort", stop, { once: true })
    let timer = setTimeout(stop, silenceMillisMax)
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(stop, silenceMillisMax)
      listener.onHeard(serverNow())
    }
    try {
      const response = await fetch(path, {
        signal: line.signal,
        cache: "no-store",
        headers: { accept: "text/event-stream", ...(lastEventId === "" ? {} : { "last-event-id": lastEventId }) }
      })
      if (response.ok && response.body !== null) {
        attempt = 0
        listener.onConnection("open")
        heard()
        // Also where the stream goes on: asking once is cheap, and heals whatever went wrong meanwhile.
        listener.onGap(false)
        const parse = makeEventStreamParser(lastEventId)
        for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
          heard()
          const parsed = parse(piece)
          lastEventId = parsed.lastEventId
          pause = parsed.retryMillis ?? pauseMillis(0)
          for (const event of parsed.events) {
            const quality = event.type === "quality" ? qualityOf(event) : undefined
            if (quality !== undefined) listener.onQuality(quality)
            if (event.type === "reset") listener.onGap(true)
          }
        }
      } else {
        pause = retryAfterMillis(response.headers.get("retry-after")) ?? pause
        // It cannot go on from there: begin anew.
        if (response.status >= 400 && response.status < 500) lastEventId = ""
      }
    } catch {
      // The line broke, or silence ended it: both are seen as "broken" below, and tried again.
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", stop)
      line.abort()
    }
    if (signal.aborted) return
    listener.onConnection("broken")
    await sleep(pause, signal).catch(() => undefined)
  }
}
