/**
 * Somebody who follows the events of a city and comes back after every break with the id it saw last, as a browser's `EventSource`
 * does. Begins with the first event there is.
 */

export interface ReceivedEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

export class EventFollower {
  readonly received: Array<ReceivedEvent> = []
  /** Of each answer that was followed. */
  readonly statuses: Array<number> = []
  /** Of the last frame that had one. */
  lastId = "0"
  private running: Promise<void> = Promise.resolve()

  /** Goes on at a city until that one ends; returns when it has been answered. */
  async follow(url: string): Promise<void> {
    const response = await fetch(`${url}/v1/events`, { headers: { "last-event-id": this.lastId } })
    this.statuses.push(response.status)
    // A city that is killed breaks the connection.
    this.running = this.read(response).catch(() => undefined)
  }

  /** Waits for the end of the stream. */
  ended(): Promise<void> {
    return this.running
  }

  private async read(response: Response): Promise<void> {
    let text = ""
    for await (const bytes of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += bytes
      const frames = text.split("\n\n")
      // What comes after the last empty line is not whole yet, and lost with the connection.
      text = frames.pop() ?? ""
      for (const frame of frames) this.take(frame)
    }
  }

  private take(frame: string): void {
    const fields = new Map(
      frame.split("\n").map((line): readonly [string, string] => {
        const [name = "", ...value] = line.split(": ")
        return [name, value.join(": ")]
      })
    )
    const [id, event, data] = [fields.get("id"), fields.get("event"), fields.get("data")]
    if (id !== undefined) this.lastId = id
    if (id !== undefined && event !== undefined && data !== undefined) this.received.push({ id, event, data })
  }
}
