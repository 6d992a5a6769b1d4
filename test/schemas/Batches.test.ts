/** Batches go through bytes unharmed, and damage is told from a newer version. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { batchObservationsMax, batchSpanMillisMax, noString } from "../../src/schemas/BatchLayout.ts"
import { BatchReader } from "../../src/schemas/BatchReader.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { datastreamHash } from "../../src/schemas/DatastreamHash.ts"
import { checksumWords, RecordCorrupt, RecordVersionUnknown, sealRecord } from "../../src/schemas/Records.ts"

interface Item {
  readonly sensorId: string
  readonly property: number
  readonly time: number
  readonly resultTime: number
  readonly result: number
  readonly district: string | undefined
  readonly location: readonly [number, number] | undefined
}

const header = {
  receivedAt: 1_780_000_000_000,
  source: "http",
  producer: "door-1",
  producerSequence: 7,
  districtSetVersion: 3
}

const write = (
  items: ReadonlyArray<Item>,
  writer = new BatchWriter(),
  more: { readonly traceparent?: string } = {}
): Uint8Array => {
  for (const { district, location, property, result, resultTime, sensorId, time } of items) {
    writer.add(sensorId, property, time, resultTime, result, district, location)
  }
  return writer.take({ ...header, ...more })
}

/** Everything in a batch, by the documented offsets. */
const read = (payload: Uint8Array, reader = new BatchReader()): ReadonlyArray<Item> => {
  reader.read(payload)
  const { base, f64, i32, u16, u32, u8 } = reader
  const locations = new Map(Array.from({ length: reader.l }, (_, i) =>
    [
      u16[reader.locatedAt + i] ?? -1,
      [(i32[reader.lonAt + i] ?? NaN) / 1e7, (i32[reader.latAt + i] ?? NaN) / 1e7] as const
    ] as const))
  return Array.from({ length: reader.n }, (_, i) => {
    const key = u16[reader.keyAt + i] ?? -1
    const text = u16[reader.sensorAt + key] ?? -1
    const property = u16[reader.propertyAt + key] ?? -1
    const district = u16[reader.districtAt + key] ?? -1
    const bytes = u8.slice(reader.stringFrom[text], reader.stringFrom[text + 1])
    assert.strictEqual(u32[reader.hashAt + key], datastreamHash(bytes, property))
    return {
      sensorId: reader.string(text),
      property,
      time: base + (i32[reader.timeAt + i] ?? NaN),
      resultTime: reader.resultTimeAt < 0 ? NaN : f64[reader.resultTimeAt + i] ?? -1,
      result: f64[reader.resultAt + i] ?? NaN,
      district: district === noString ? undefined : reader.string(district),
      location: locations.get(i)
    }
  })
}

const item = (more: Partial<Item> = {}): Item => ({
  sensorId: "lam-1",
  property: 0,
  time: 1_780_000_000_000,
  resultTime: NaN,
  result: 62.5,
  district: undefined,
  location: undefined,
  ...more
})

const outcomeReader = new BatchReader()

/** What reading does: the items, or the name of the refusal. */
const outcome = (payload: Uint8Array): string => {
  try {
    return JSON.stringify(read(payload, outcomeReader))
  } catch (error) {
    if (error instanceof RecordCorrupt) return "corrupt"
    if (error instanceof RecordVersionUnknown) return "version"
    throw error
  }
}

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const AnyId = Schema.Union([
  Schema.Literals([
    "a",
    "b",
    "tram/4",
    "käyrä",
    "測站 7",
    "🌡️",
    "\uFEFFmarked",
    "\uFEFF",
    "e\u0301",
    "x".repeat(128),
    " "
  ]),
  Schema.NonEmptyString.check(Schema.makeFilter((text: string) => text.isWellFormed() ? undefined : "lone surrogate"))
])
const AnyItem = Schema.Struct({
  sensorId: AnyId,
  property: int(0, 16),
  offset: int(0, batchSpanMillisMax),
  resultTime: Schema.NullOr(int(0, 4e12)),
  result: Schema.Finite,
  district: Schema.NullOr(AnyId),
  location: Schema.NullOr(Schema.Tuple([int(-1_800_000_000, 1_800_000_000), int(-900_000_000, 900_000_000)]))
})

describe("a batch", () => {
  const writer = new BatchWriter()
  const reader = new BatchReader()

  it.prop("reads as it was written, whatever the writer and the reader did before", [
    Schema.Array(AnyItem),
    int(0, 2e12),
    Schema.NullOr(Schema.Literal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
  ], ([drafts, base, trace]) => {
    const items = drafts.map(({ district, location, offset, resultTime, ...rest }): Item => ({
      ...rest,
      time: base + offset,
      resultTime: resultTime ?? NaN,
      district: district ?? undefined,
      location: location === null ? undefined : [location[0] / 1e7, location[1] / 1e7]
    }))

    const payload = write(items, writer, trace === null ? {} : { traceparent: trace })

    assert.strictEqual(payload.length % 8, 0)
    assert.deepStrictEqual(read(payload, reader), items)
    assert.deepStrictEqual(
      [reader.receivedAt, reader.source, reader.producer, reader.producerSequence, reader.districtSetVersion],
      [header.receivedAt, "http", "door-1", 7, 3]
    )
    assert.strictEqual(reader.traceparent, trace ?? undefined)
    // A `Buffer` off its alignment, as sockets and files give it.
    const shifted = Buffer.concat([Buffer.from("xyz"), payload]).subarray(3)
    assert.deepStrictEqual(read(shifted, reader), items)
  })

  it("holds 16,384 observations of as many datastreams, and no more", () => {
    const items = Array.from({ length: batchObservationsMax }, (_, i) =>
      item({
        sensorId: `sensor-${i}`,
        property: i % 17,
        time: i === 0 ? 0 : batchSpanMillisMax,
        resultTime: i % 3 === 0 ? NaN : i,
        result: i / 7,
        district: `district-${i}`,
        location: [(i * 10_007 - 8e7) / 1e7, (i - 8000) / 1e7]
      }))
    const full = new BatchWriter()
    for (const [i, { district, location, property, result, resultTime, sensorId, time }] of items.entries()) {
      assert.isTrue(full.fits(time), `observation ${i} fits`)
      full.add(sensorId, property, time, resultTime, result, district, location)
    }

    assert.isFalse(full.fits(0))
    const found = read(full.take(header))
    assert.lengthOf(found, items.length)
    for (const [i, one] of items.entries()) assert.deepStrictEqual(found[i], one)
    assert.isTrue(full.fits(0))
  })

  it("refuses observations further apart than its offsets can say", () => {
    const one = new BatchWriter()
    assert.isTrue(one.fits(0))
    one.add("a", 0, 1000, NaN, 1, undefined, undefined)

    assert.isTrue(one.fits(1000 + batchSpanMillisMax))
    assert.isFalse(one.fits(1001 + batchSpanMillisMax))
    assert.isFalse(one.fits(999 - batchSpanMillisMax))
  })

  it("without result times has no column for them, and a missing one among others stays missing", () => {
    const without = write([item(), item({ time: item().time + 1 })])
    const some = write([item(), item({ time: item().time + 1, resultTime: 5 })])

    assert.strictEqual(some.length, without.length + 16)
    assert.deepStrictEqual(read(some).map(({ resultTime }) => resultTime), [NaN, 5])
  })

  it("keeps one key for each datastream and district", () => {
    const reader = new BatchReader()
    const payload = write([
      item({ property: 1 }),
      item({ property: 2 }),
      item({ property: 1 }),
      item({ property: 1, district: "kallio" }),
      item({ sensorId: "other", property: 1 }),
      item({ property: 1, district: "kallio" })
    ])

    reader.read(payload)

    assert.deepStrictEqual([reader.n, reader.k], [6, 4])
  })

  it("is the same bytes for the same observations, whatever was cached", () => {
    const cache = new Map()
    const items = [item({ sensorId: "ä" }), item({ sensorId: "b", district: "ä" })]
    write([item({ sensorId: "b" }), item({ sensorId: "c" })], new BatchWriter(cache))

    assert.deepStrictEqual(write(items, new BatchWriter(cache)), write(items))
  })

  it("of which any single byte changed is never read as another", () => {
    const payload = write([
      item({ sensorId: "käyrä", district: "kallio", location: [24.95, 60.18] }),
      item({ sensorId: "b", property: 5, resultTime: 1_780_000_000_500, result: -0.1 })
    ])
    const whole = outcome(payload)

    for (let at = 0; at < payload.length; at++) {
      for (let change = 1; change < 256; change++) {
        const damaged = payload.slice()
        damaged[at] = (payload[at] ?? 0) ^ change
        const found = outcome(damaged)
        // Versions and kinds we do not know are taken at their word: better to stop than to skip.
        if (found !== "corrupt" && !(found === "version" && (at === 1 || at === 2))) {
          assert.fail(`byte ${at} changed by ${change} reads as ${found === whole ? "the same" : found}`)
        }
      }
    }
  })

  it("that was cut short or lengthened is corrupt", () => {
    const payload = write([item(), item({ sensorId: "b" })])

    for (let length = 0; length < payload.length; length++) {
      assert.strictEqual(outcome(payload.slice(0, length)), "corrupt", `first ${length} bytes`)
    }
    for (const extra of [1, 2, 4, 8]) {
      const longer = new Uint8Array(payload.length + extra)
      longer.set(payload)
      assert.strictEqual(outcome(longer), "corrupt")
    }
  })

  it("of a newer version or kind says so", () => {
    const payload = write([item()])
    const newer = payload.slice()
    newer[1] = 2
    const other = payload.slice()
    other[2] = 9

    assert.strictEqual(outcome(newer), "version")
    assert.strictEqual(outcome(other), "version")
  })

  it("whose columns contradict each other is corrupt, even with a right checksum", () => {
    const contradict = (change: (u16: Uint16Array, u32: Uint32Array) => void): string => {
      const payload = write([item({ location: [1, 2] }), item({ sensorId: "b" })], new BatchWriter(), {
        traceparent: "t"
      })
      change(new Uint16Array(payload.buffer), new Uint32Array(payload.buffer))
      return outcome(sealRecord(payload, "batch", payload[3] ?? 0))
    }
    const reader = new BatchReader()
    reader.read(write([item({ location: [1, 2] }), item({ sensorId: "b" })], new BatchWriter(), { traceparent: "t" }))

    assert.notStrictEqual(contradict(() => undefined), "corrupt")
    for (const word of [8, 9, 10, 11, 12]) {
      assert.strictEqual(contradict((_, u32) => u32[word] = (u32[word] ?? 0) + 1), "corrupt", `word ${word}`)
      assert.strictEqual(contradict((_, u32) => u32[word] = 0xffffffff), "corrupt", `word ${word}`)
    }
    for (const at of [26, 27, 30, reader.keyAt + 1, reader.sensorAt, reader.districtAt, reader.locatedAt]) {
      assert.strictEqual(contradict((u16) => u16[at] = 999), "corrupt", `u16 ${at}`)
    }
  })

  it("of no observations is a batch", () => {
    assert.deepStrictEqual(read(write([])), [])
  })
})

describe("the checksum", () => {
  it("is MurmurHash3_x86_32 as published", () => {
    // Test vectors of the reference implementation, of whole words: "test" and "aaaaaaaa…", seeds 0 and 0x9747b28c.
    const hash = (text: string, seed: number): number => {
      const bytes = new TextEncoder().encode(text)
      const words = new Uint32Array(2 + bytes.length / 4)
      words[0] = seed
      new Uint8Array(words.buffer).set(bytes, 8)
      return checksumWords(words, words.length)
    }
    assert.strictEqual(hash("", 0), 0)
    assert.strictEqual(hash("", 1), 0x514e28b7)
    assert.strictEqual(hash("", 0xffffffff), 0x81f16f39)
    assert.strictEqual(hash("\0\0\0\0", 0), 0x2362f9de)
    assert.strictEqual(hash("test", 0), 0xba6bd213)
    assert.strictEqual(hash("test", 0x9747b28c), 0x704b81dc)
    assert.strictEqual(hash("aaaa", 0x9747b28c), 0x5a97808a)
  })
})
