/** The bytes of docs/log-format.md. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as fs from "node:fs"
import {
  decodeIndexBody,
  decodeIndexHead,
  decodeSegmentHeader,
  encodeIndex,
  encodeSegmentHeader,
  frameBytes,
  frameGroupDistance,
  frameHolds,
  framePayloadBytes,
  frameSequence,
  frameShard,
  isUnreadable,
  writeFrame
} from "../../../src/adapters/embedded/FileLogFormat.ts"
import { BatchWriter } from "../../../src/schemas/BatchWriter.ts"
import { encodeTick } from "../../../src/schemas/Records.ts"

const integer = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const payloads = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(integer(255)), { maxLength: 100 }),
  (bytes) => Uint8Array.from(bytes)
)

/** Without spaces and line breaks. */
const documented = fs.readFileSync("docs/log-format.md", "utf8").replaceAll(/\s/g, "")

describe("docs/log-format.md", () => {
  it("shows a segment header and a frame as they are written", () => {
    const next = Float64Array.of(0, 1, 300)
    const header = { number: 7, streamId: "log-1", shards: 2, next, notes: new Uint8Array(0) }
    const frame = Buffer.alloc(frameBytes(5))
    writeFrame(frame, 0, 61, 0x0102_0304_0506, 64, new TextEncoder().encode("hello"))

    assert.include(documented, encodeSegmentHeader(header, 1_700_000_000_000).toString("hex"))
    assert.include(documented, frame.toString("hex"))
    assert.include(documented, `Record ${0x0102_0304_0506} of`.replaceAll(" ", ""))
  })

  it("shows a tick and a batch as they are written", () => {
    const writer = new BatchWriter()
    writer.add("lam-1", 1, 1_700_000_000_000, Number.NaN, 62.5, undefined, undefined)
    const header = { source: "http", producer: "p1", producerSequence: 1, districtSetVersion: 0 }
    const batch = writer.take({ ...header, receivedAt: 1_700_000_001_000 })

    assert.include(documented, Buffer.from(encodeTick(1_700_000_000_000)).toString("hex"))
    assert.include(documented, Buffer.from(batch).toString("hex"))
  })
})

describe("FileLogFormat", () => {
  it.prop("reads the frame it wrote, and no other", {
    payload: payloads,
    shard: integer(65_535),
    sequence: integer(2 ** 48 - 1),
    distance: integer(2 ** 32 - 1),
    flip: integer(2 ** 20)
  }, ({ distance, flip, payload, sequence, shard }) => {
    const bytes = Buffer.alloc(frameBytes(payload.length))
    writeFrame(bytes, 0, shard, sequence, distance, payload)

    assert.isTrue(frameHolds(bytes, 0, bytes.length))
    assert.strictEqual(frameShard(bytes, 0), shard)
    assert.strictEqual(frameSequence(bytes, 0), sequence)
    assert.strictEqual(frameGroupDistance(bytes, 0), distance)
    assert.deepStrictEqual(Uint8Array.from(bytes.subarray(24, 24 + framePayloadBytes(bytes, 0))), payload)
    const bit = flip % (8 * bytes.length)
    bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
    assert.isFalse(frameHolds(bytes, 0, bytes.length))
  })

  it.prop("reads the header it wrote", {
    next: Arbitrary.array(Arbitrary.schema(integer(Number.MAX_SAFE_INTEGER)), { minLength: 1, maxLength: 70 }),
    number: integer(1e9),
    streamId: Schema.NonEmptyString.check(Schema.isMaxLength(30)),
    notes: payloads
  }, ({ next, notes, number, streamId }) => {
    const written = {
      number,
      streamId: streamId.toWellFormed(),
      shards: next.length,
      next: Float64Array.of(0, ...next),
      notes
    }

    const bytes = encodeSegmentHeader(written, 0)
    const read = decodeSegmentHeader(bytes)

    assert.deepStrictEqual(read, { ...written, headerBytes: bytes.length })
  })

  it("takes bytes of anything else for no header", () => {
    for (
      const bytes of [Buffer.alloc(0), Buffer.alloc(1000), Buffer.from("VICINLOG"), Buffer.alloc(1000, "VICINLOG")]
    ) {
      assert.isTrue(isUnreadable(decodeSegmentHeader(bytes)))
    }
  })

  it.prop("reads the index it wrote, and notices any flipped bit", {
    counts: Arbitrary.array(Arbitrary.schema(integer(20)), { minLength: 1, maxLength: 10 }),
    flip: integer(2 ** 20)
  }, ({ counts, flip }) => {
    const pairs = [0, ...counts].map((count, shard) =>
      Uint32Array.from({ length: 2 * count }, (_, i) => 1000 * shard + i)
    )

    const bytes = encodeIndex(3, 12_345, pairs)
    const head = decodeIndexHead(bytes, counts.length)

    assert.deepStrictEqual(head && decodeIndexBody(bytes, head), pairs)
    assert.deepInclude(head, { segmentNumber: 3, segmentBytes: 12_345 })
    const bit = flip % (8 * bytes.length)
    bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
    const damaged = decodeIndexHead(bytes, counts.length)
    assert.isUndefined(damaged && decodeIndexBody(bytes, damaged))
  })
})
