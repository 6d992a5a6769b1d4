/**
 * Events as bytes of a server-sent event stream (HTML Living Standard §9.2). Promise: every frame ends with an empty line, so that
 * any cut between frames is a valid stream, and each moves the browser's `Last-Event-ID` to what it has seen.
 */
import type { EventBounds, LoggedEvent } from "../ports/EventLog.ts"

const encoder = new TextEncoder()
const end = encoder.encode("\n\n")

/** How long a browser waits before it connects again. */
const retryMillis = 3_000

/** `json` has no line break: it is one `data` line. */
export const eventFrame = ({ json, position, type }: LoggedEvent): Uint8Array => {
  const start = encoder.encode(`id: ${position}\nevent: ${type}\ndata: `)
  const frame = new Uint8Array(start.length + json.length + end.length)
  frame.set(start)
  frame.set(json, start.length)
  frame.set(end, start.length + json.length)
  return frame
}

/** The first of a stream: an id without data makes no event, but is where the client goes on when the line breaks. */
export const helloFrame = (position: number): Uint8Array => encoder.encode(`retry: ${retryMillis}\nid: ${position}\n\n`)

/** Keeps the line open. Moves the position too, for a client whose filter lets little through. */
export const heartbeatFrame = (position: number): Uint8Array => encoder.encode(`: heartbeat\nid: ${position}\n\n`)

/** The position asked for cannot be honoured; what is kept follows. */
export const resetFrame = ({ first, last }: EventBounds, sentence: string): Uint8Array =>
  encoder.encode(`id: ${first - 1}\nevent: reset\ndata: ${JSON.stringify({ first, last, sentence })}\n\n`)
