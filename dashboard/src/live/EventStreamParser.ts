/**
 * Server-sent events (WHATWG HTML §9.2.6) from pieces of text, cut anywhere. Pure but for what it remembers between pieces.
 * The browser's `EventSource` is not used because it hides comments, and a comment is how the server says that it is there.
 */
export interface StreamEvent {
  readonly type: string
  readonly data: string
}

export interface Parsed {
  readonly events: ReadonlyArray<StreamEvent>
  /** The last `id:` so far: where to go on after a break. */
  readonly lastEventId: string
  /** Milliseconds to wait before connecting again, when the server has said so. */
  readonly retryMillis: number | undefined
}

/** Longer lines than this are no events of ours: the rest of such a line is left out. */
const lineMax = 1_048_576

export const makeEventStreamParser = (lastEventIdAtStart: string) => {
  let rest = ""
  let lastEventId = lastEventIdAtStart
  let retryMillis: number | undefined
  let type = ""
  let data: Array<string> = []

  const field = (name: string, value: string): void => {
    if (name === "data") data.push(value)
    else if (name === "event") type = value
    else if (name === "id" && !value.includes("\0")) lastEventId = value
    else if (name === "retry" && /^\d+$/.test(value)) retryMillis = Number(value)
  }

  const line = (text: string, events: Array<StreamEvent>): void => {
    if (text === "") {
      if (data.length > 0) events.push({ type: type === "" ? "message" : type, data: data.join("\n") })
      type = ""
      data = []
      return
    }
    const colon = text.indexOf(":")
    if (colon === 0) return
    if (colon < 0) field(text, "")
    else field(text.slice(0, colon), text.slice(colon + 1).replace(/^ /, ""))
  }

  return (piece: string): Parsed => {
    const events: Array<StreamEvent> = []
    // A carriage return at the end may be half of a line end: it waits for what follows.
    const text = rest + piece
    const isHalf = text.endsWith("\r")
    const lines = (isHalf ? text.slice(0, -1) : text).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? "").slice(0, lineMax) + (isHalf ? "\r" : "")
    for (const each of lines) line(each, events)
    return { events, lastEventId, retryMillis }
  }
}
