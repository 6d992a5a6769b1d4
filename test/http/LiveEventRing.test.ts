/** The newest events as frames: what is held, what is given out, where it goes on. */
import { assert, describe, it } from "@effect/vitest"
import { liveEventFilter } from "../../src/http/LiveEventFilter.ts"
import { eventFrame } from "../../src/http/LiveEventFrames.ts"
import { LiveEventRing } from "../../src/http/LiveEventRing.ts"
import type { LoggedEvent } from "../../src/ports/EventLog.ts"

const event = (position: number, changes: Partial<LoggedEvent> = {}): LoggedEvent => ({
  position,
  id: `e-${position}`,
  type: "quality",
  district: position % 2 === 0 ? "even" : "odd",
  sensor: "",
  json: new TextEncoder().encode(`{"position":${position}}`),
  ...changes
})

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const positions = (bytes: Uint8Array): ReadonlyArray<number> =>
  [...text(bytes).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

const everything = liveEventFilter({})
const filled = (eventsMax: number, bytesMax: number, count: number): LiveEventRing => {
  const ring = new LiveEventRing(eventsMax, bytesMax, 0)
  for (let position = 1; position <= count; position++) ring.add(event(position))
  return ring
}

describe("the ring of the newest events", () => {
  it("gives frames from a position on, at most so many bytes, and says where to go on", () => {
    const ring = filled(100, 1e6, 9)
    const one = eventFrame(event(1)).length

    const first = ring.gather(4, everything, 3 * one)
    const rest = ring.gather(first.next, everything, 100 * one)

    assert.deepStrictEqual([positions(first.bytes), first.next, first.events], [[4, 5, 6], 7, 3])
    assert.deepStrictEqual([positions(rest.bytes), rest.next], [[7, 8, 9], 10])
    assert.strictEqual(text(first.bytes).slice(0, 47), 'id: 4\nevent: quality\ndata: {"position":4}\n\nid: ')
  })

  it("gives one event that is larger than that alone", () => {
    assert.deepStrictEqual(positions(filled(100, 1e6, 5).gather(2, everything, 1).bytes), [2])
  })

  it("looks at what a filter does not let through once", () => {
    const ring = filled(100, 1e6, 9)

    const even = ring.gather(3, liveEventFilter({ district: "even" }), 1e6)
    const none = ring.gather(3, liveEventFilter({ types: ["model"] }), 1e6)

    assert.deepStrictEqual([positions(even.bytes), even.next], [[4, 6, 8], 10])
    assert.deepStrictEqual([none.bytes.length, none.next, none.events], [0, 10, 0])
  })

  it("holds the newest, by number and by bytes, at least one", () => {
    const one = eventFrame(event(1)).length

    const few = filled(4, 1e6, 11)
    const small = filled(100, 3 * one + 10, 9)
    const tiny = filled(100, 1, 9)

    assert.deepStrictEqual([few.first, few.newest, positions(few.gather(8, everything, 1e6).bytes)], [8, 11, [
      8,
      9,
      10,
      11
    ]])
    assert.deepStrictEqual([small.first, positions(small.gather(7, everything, 1e6).bytes)], [7, [7, 8, 9]])
    assert.deepStrictEqual([tiny.first, tiny.newest], [9, 9])
  })

  it("gives clients at the same place the same bytes until an event comes", () => {
    const ring = filled(100, 1e6, 9)

    const before = ring.gather(3, everything, 1e6)
    assert.strictEqual(ring.gather(3, liveEventFilter({}), 1e6).bytes, before.bytes)
    ring.add(event(10))

    assert.deepStrictEqual(positions(ring.gather(3, everything, 1e6).bytes), [3, 4, 5, 6, 7, 8, 9, 10])
  })

  it("is empty at first and after a restart", () => {
    const ring = filled(4, 1e6, 7)

    ring.restart(20)
    const empty = [ring.first, ring.newest]
    ring.add(event(21))

    assert.deepStrictEqual(empty, [21, 20])
    assert.deepStrictEqual(positions(ring.gather(21, everything, 1e6).bytes), [21])
  })
})
