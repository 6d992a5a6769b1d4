/** The bytes of docs/log-format.md. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
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

const integer = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const payloads = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(integer(255)), { maxLength: 100 }),
  (bytes) => Uint8Array.from(bytes)
)

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").replace(/(.{16})/g, "$1 ").trimEnd()

describe("FileLogFormat", () => {
  it("writes a segment header as documented", () => {
    const next = Float64Array.of(0, 1, 300)

    const bytes = encodeSegmentHeader(
      { number: 7, streamId: "log-1", shards: 2, next, notes: new Uint8Array(0) },
      1_700_000_000_000
    )

    assert.strictEqual(
      hex(bytes),
      "564943494e4c4f47 0100000048000000 b2e3d2be02000000 0700000000000000 0068e5cf8b010000 "
        + "0500000000000000 0100000000000000 2c01000000000000 6c6f672d31000000"
    )
  })

  it("writes a frame as documented", () => {
    const bytes = Buffer.alloc(frameBytes(5), 0xee)

    writeFrame(bytes, 0, 61, 0x0102_0304_0506, 64, new TextEncoder().encode("hello"))

    assert.strictEqual(hex(bytes), "1ab4d51805000000 3d00060504030201 4000000000000000 68656c6c6f000000")
  })

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
