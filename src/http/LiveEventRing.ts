/**
 * The newest events as frames, shared by all clients: encoded once, and what several clients at the same place get is one and the
 * same chunk. Plain state on the hot path. Promise: positions in it have no gap; events and bytes are bounded, the oldest go first.
 */
import type { LoggedEvent } from "../ports/EventLog.ts"
import { letsThrough, type LiveEventFilter } from "./LiveEventFilter.ts"
import { eventFrame } from "./LiveEventFrames.ts"

interface Entry {
  readonly event: Pick<LoggedEvent, "district" | "sensor" | "type">
  readonly frame: Uint8Array
}

interface Gathered {
  /** Where the reader goes on. */
  readonly next: number
  readonly events: number
  /** Empty where the filter let nothing through. */
  readonly bytes: Uint8Array
}

/** Different chunks that are kept between two events. */
const chunksMax = 64

export class LiveEventRing {
  /** Position of the oldest event held; `newest + 1` where none is. */
  first: number
  newest: number
  private readonly eventsMax: number
  private readonly bytesMax: number
  private readonly entries: Array<Entry | undefined> = []
  private readonly chunks = new Map<string, Gathered>()
  private bytes = 0

  constructor(eventsMax: number, bytesMax: number, newest: number) {
    this.eventsMax = eventsMax
    this.bytesMax = bytesMax
    this.newest = newest
    this.first = newest + 1
  }

  /** The event after the newest. */
  add(event: LoggedEvent): void {
    const { district, position, sensor, type } = event
    const frame = eventFrame(event)
    this.chunks.clear()
    this.bytes += frame.length
    while (this.first < position && (position - this.first >= this.eventsMax || this.bytes > this.bytesMax)) {
      this.bytes -= this.at(this.first).frame.length
      this.entries[this.first % this.eventsMax] = undefined
      this.first++
    }
    this.entries[position % this.eventsMax] = { event: { district, sensor, type }, frame }
    this.newest = position
  }

  /** Empty again: the log goes on behind this position. */
  restart(newest: number): void {
    this.entries.length = 0
    this.chunks.clear()
    this.bytes = 0
    this.newest = newest
    this.first = newest + 1
  }

  /** Frames from `next` on (which must be held), at least one event and at most `bytesMax` bytes. */
  gather(next: number, filter: LiveEventFilter, bytesMax: number): Gathered {
    const key = `${next} ${filter.key}`
    const known = this.chunks.get(key)
    if (known !== undefined) return known
    const frames: Array<Uint8Array> = []
    let bytes = 0
    let at = next
    for (; at <= this.newest; at++) {
      const { event, frame } = this.at(at)
      if (!letsThrough(filter, event)) continue
      if (frames.length > 0 && bytes + frame.length > bytesMax) break
      frames.push(frame)
      bytes += frame.length
    }
    const gathered: Gathered = { next: at, events: frames.length, bytes: joined(frames) }
    if (this.chunks.size < chunksMax) this.chunks.set(key, gathered)
    return gathered
  }

  private at(position: number): Entry {
    const entry = this.entries[position % this.eventsMax]
    if (entry === undefined) throw new RangeError(`event ${position} is not in the ring`)
    return entry
  }
}

/** The frames as one; a single one is not copied. */
export const joined = (frames: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = frames
  if (frames.length === 1 && only !== undefined) return only
  const chunk = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const frame of frames) {
    chunk.set(frame, at)
    at += frame.length
  }
  return chunk
}
