/** Limits of the datastreams: full pools, full panes, and cells that come back. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Datastreams, fiveMinutes, hour, minute } from "../../src/analytics/Datastreams.ts"
import * as Slab from "../../src/analytics/DatastreamSlab.ts"
import { valuesPerPaneMax } from "../../src/analytics/Panes.ts"
import { WordWriter } from "../../src/analytics/WordWriter.ts"

const start = Date.UTC(2026, 5, 1, 12)

const word = (streams: Datastreams, slot: number, name: number): number =>
  streams.slab.record(slot)[streams.slab.at(slot) + name] ?? NaN

const openCount = (streams: Datastreams, slot: number, size: number): number => {
  let count = 0
  streams.openWindows(slot, size, (summary) => count += summary[1] ?? NaN)
  return count
}

/** Slot states through the words they are stored as, into other datastreams. */
const copied = (streams: Datastreams, cellsMax?: number): Datastreams => {
  const writer = new WordWriter()
  for (let slot = 0; slot < streams.slab.length; slot++) streams.writeSlot(slot, writer)
  const bytes = writer.take()
  const copy = new Datastreams("UTC", cellsMax)
  for (let slot = 0; slot < streams.slab.length; slot++) copy.add(streams.property(slot))
  let at = 0
  for (let slot = 0; slot < copy.slab.length; slot++) at = copy.readSlot(slot, new Float64Array(bytes.buffer), at)
  assert.strictEqual(at * 8, bytes.length)
  return copy
}

const words = (streams: Datastreams): Uint8Array => {
  const writer = new WordWriter()
  for (let slot = 0; slot < streams.slab.length; slot++) streams.writeSlot(slot, writer)
  return writer.take()
}

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("datastreams", () => {
  it.prop(
    "lose no observation and no cell in a pool that is too small, also when restored half-way",
    [
      Schema.Array(Schema.Struct({
        slot: int(0, 2),
        later: Schema.Union([int(0, 20), int(0, 20), int(0, 4000)]),
        ago: int(0, 400),
        resultTime: int(0, 2),
        result: int(0, 2),
        tick: Schema.Boolean
      })).check(Schema.isMaxLength(120)),
      int(1, 40),
      int(0, 120)
    ],
    ([steps, cellsMax, restoredAt]) => {
      let streams = new Datastreams("UTC", cellsMax)
      let never = new Datastreams("UTC", cellsMax)
      for (const each of [streams, never]) for (const property of [0, 10, 14]) each.add(property)
      const sent = [0, 0, 0]
      const sealed = [0, 0, 0]
      let now = start
      for (const [i, { ago, later, result, resultTime, slot, tick }] of steps.entries()) {
        now += later * 1000
        const time = Math.floor((now - ago * 1000) / 10_000) * 10_000
        for (const each of [streams, never]) {
          each.observe(slot, time, time + resultTime, result, now, 2 * minute)
          if (tick) each.tick(now, minute, () => undefined)
        }
        sent[slot] = (sent[slot] ?? 0) + 1
        if (i === restoredAt) streams = copied(streams, cellsMax)
        assert.isAtMost(streams.pool.used, cellsMax)
        assert.strictEqual(streams.pool.used, never.pool.used)
      }
      assert.deepStrictEqual(words(streams), words(never))

      for (const each of [streams, never]) each.tick(now + 10 * hour, minute, () => undefined)
      const rows = never.takeSealed()
      for (let i = 0; i < rows.length; i++) {
        if (rows.size[i] === hour) sealed[rows.slot[i] ?? 0] = (sealed[rows.slot[i] ?? 0] ?? 0) + (rows.count[i] ?? 0)
      }
      for (const slot of [0, 1, 2]) {
        const [counted = 0, ...rest] = [Slab.counted, Slab.duplicate, Slab.superseded, Slab.late, Slab.overflow]
          .map((name) => word(streams, slot, name))
        assert.strictEqual(counted + rest.reduce((sum, n) => sum + n, 0), sent[slot])
        assert.strictEqual((sealed[slot] ?? 0) + openCount(never, slot, hour), counted)
      }
      // Nothing is open any more, so no cell may be in use.
      assert.strictEqual(streams.pool.used, 0)
      assert.strictEqual(never.pool.used, 0)
    }
  )

  it("take 8,192 values in a pane, superseded ones included, and count the rest as overflow", () => {
    const streams = new Datastreams("UTC")
    const slot = streams.add(0)
    for (let i = 0; i < valuesPerPaneMax - 1; i++) streams.observe(slot, start + i, NaN, i, start + i, minute)
    streams.observe(slot, start, NaN, 7, start, minute)
    assert.strictEqual(word(streams, slot, Slab.superseded), 1)

    streams.observe(slot, start + 30_000, NaN, 1, start + 30_000, minute)
    streams.observe(slot, start + 10, NaN, 1, start + 30_000, minute)
    streams.observe(slot, start + 20, NaN, 20, start + 30_000, minute)
    streams.observe(slot, start + minute, NaN, 3, start + minute, minute)

    assert.strictEqual(word(streams, slot, Slab.counted), valuesPerPaneMax)
    assert.strictEqual(word(streams, slot, Slab.overflow), 2)
    assert.strictEqual(word(streams, slot, Slab.duplicate), 1)
    assert.strictEqual(openCount(streams, slot, minute), valuesPerPaneMax)
    assert.strictEqual(word(streams, slot, Slab.lastTime), start + minute)
  })

  it("go on taking observations that overflowed when it comes to what time it is", () => {
    const streams = new Datastreams("UTC", 0)
    const slot = streams.add(0)

    streams.observe(slot, start, NaN, 1, start, minute)

    assert.strictEqual(word(streams, slot, Slab.watermark), start - minute)
    assert.isNaN(word(streams, slot, Slab.lastTime))
    assert.strictEqual(word(streams, slot, Slab.due), Infinity)
  })

  it("keep their records when thousands are added after them", () => {
    const streams = new Datastreams("UTC")
    for (let slot = 0; slot < 3000; slot++) {
      assert.strictEqual(streams.add(slot % 17), slot)
      streams.observe(slot, start + slot, NaN, slot, start + slot, minute)
    }

    for (let slot = 0; slot < 3000; slot++) {
      assert.strictEqual(streams.property(slot), slot % 17)
      assert.deepStrictEqual([word(streams, slot, Slab.lastTime), word(streams, slot, Slab.lastResult)], [
        start + slot,
        slot
      ])
      assert.strictEqual(word(streams, slot, Slab.counted), 1)
    }
    assert.deepStrictEqual(words(copied(streams)), words(streams))
  })

  it("say by a tick which of them advanced, and only those", () => {
    const streams = new Datastreams("UTC")
    for (const slot of [0, 1, 2]) streams.add(slot)
    streams.observe(0, start, NaN, 1, start, minute)
    streams.observe(2, start + 5 * minute, NaN, 1, start + 5 * minute, minute)
    const changed: Array<number> = []

    streams.tick(start + 5 * minute + 1, minute, (slot) => changed.push(slot))

    assert.deepStrictEqual(changed, [0])
  })

  it("close what is due when they fall silent, also those heard of through a door whose clock is an hour ahead", () => {
    const streams = new Datastreams("UTC")
    for (const receivedAt of [start, start + hour]) {
      const slot = streams.add(0)
      for (let i = 0; i < 5; i++) streams.observe(slot, start + i * 10_000, NaN, i, receivedAt + i * 10_000, minute)
    }

    for (let now = start + minute; now <= start + 10 * minute; now += 1_000) streams.tick(now, minute, () => undefined)

    const { length, size, slot } = streams.takeSealed()
    const sealed = Array.from(slot.subarray(0, length), (each, i) => [each, size[i]])
    assert.sameDeepMembers(sealed, [[0, minute], [0, fiveMinutes], [1, minute], [1, fiveMinutes]])
  })

  it("keep the usual delay of a station that reports half an hour later, whatever the clocks of doors say", () => {
    const streams = new Datastreams("UTC")
    const slot = streams.add(0)
    const delay = 30 * minute
    streams.observe(slot, start, NaN, 1, start + delay, minute)
    streams.observe(slot, start + 5_000, NaN, 2, start + delay + 5_000 + hour, minute)

    streams.tick(start + delay + 5_000, minute, () => undefined)

    assert.closeTo(word(streams, slot, Slab.delay), delay, 1_000)
  })

  it("hand late observations over once, bit for bit, in the order they came", () => {
    const streams = new Datastreams("UTC")
    const [first, second] = [streams.add(0), streams.add(1)]
    for (const slot of [first, second]) streams.observe(slot, start + hour, NaN, 1, start + hour, minute)
    assert.strictEqual(streams.takeLate().length, 0)

    streams.observe(second, start, NaN, -0, start + hour + 1, minute)
    streams.observe(first, start + 1, start + 2, 0.1, start + hour + 2, minute)
    // A pane that is not sealed yet takes what comes for it.
    streams.observe(first, start + hour - minute, NaN, 5, start + hour + 3, minute)
    const late = streams.takeLate()

    assert.deepStrictEqual(
      [late.slot, late.phenomenonTime, late.resultTime, late.result, late.receivedAt].map((column) =>
        [...column].slice(0, late.length)
      ),
      [[second, first], [start, start + 1], [NaN, start + 2], [-0, 0.1], [start + hour + 1, start + hour + 2]]
    )
    assert.deepStrictEqual([first, second].map((slot) => word(streams, slot, Slab.late)), [1, 1])
    assert.strictEqual(streams.takeLate().length, 0)
  })

  it("keep any number of late observations", () => {
    const streams = new Datastreams("UTC")
    const slot = streams.add(0)
    streams.observe(slot, start, NaN, 1, start, 0)
    const sent = Array.from({ length: 10_000 }, (_, i) => i / 3)
    for (const result of sent) streams.observe(slot, start - hour - result, NaN, result, start, 0)

    const late = streams.takeLate()

    assert.strictEqual(late.length, sent.length)
    assert.deepStrictEqual([...late.result.subarray(0, late.length)], sent)
    assert.deepStrictEqual([...late.phenomenonTime.subarray(0, late.length)], sent.map((i) => start - hour - i))
  })

  it("hand sealed windows over once", () => {
    const streams = new Datastreams("UTC")
    streams.add(0)
    // More rows than a fresh column has room for.
    for (let i = 0; i < 2000; i++) streams.observe(0, start + i * minute, NaN, i, start + i * minute, 0)

    const rows = streams.takeSealed()

    assert.isAbove(rows.length, 2000)
    assert.deepStrictEqual([rows.size[0], rows.start[0], rows.last[0]], [minute, start, 0])
    assert.deepStrictEqual([rows.size[rows.length - 1], rows.last[rows.length - 1]], [minute, 1998])
    assert.strictEqual(streams.takeSealed().length, 0)
  })
})
