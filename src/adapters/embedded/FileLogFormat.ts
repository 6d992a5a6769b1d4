/**
 * The bytes of a file log: segment header, frame, index file (docs/log-format.md draws them). Pure. Numbers are
 * little-endian, as on every machine Node 24 runs on (the body of an index is copied as it is). Promise: what `encode*`
 * writes `decode*` reads; every byte of a header, frame and index is under a CRC-32, and a newer format version is told
 * from damage before anything else is looked at.
 */
import { crc32 } from "node:zlib"

export const formatVersion = 1
export const segmentMagic = "VICINLOG"
export const indexMagic = "VICINIDX"
/** Bytes of a frame before its payload. */
export const frameHeaderBytes = 24
/** Largest stream id in bytes. */
export const streamIdBytesMax = 128
/** Largest owner's notes in a segment header. */
export const notesBytesMax = 65_536

const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8

export interface SegmentHeader {
  readonly headerBytes: number
  readonly number: number
  readonly streamId: string
  readonly shards: number
  /** Next sequence of each shard where the segment starts; index = shard, 0 unused. */
  readonly next: Float64Array
  /** What the owner of the log wants to find again after older segments are gone. */
  readonly notes: Uint8Array
}

/** Why bytes are not what they should be. `version` is set when only their version is in the way. */
export interface Unreadable {
  readonly problem: string
  readonly version?: number
}

export const isUnreadable = (u: object): u is Unreadable => "problem" in u

export const encodeSegmentHeader = (header: Omit<SegmentHeader, "headerBytes">, createdAt: number): Buffer => {
  const id = Buffer.from(header.streamId, "utf8")
  const fixed = 48 + 8 * header.shards
  const bytes = Buffer.alloc(align8(fixed + id.length + header.notes.length))
  bytes.write(segmentMagic, 0, "latin1")
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(bytes.length, 12)
  bytes.writeUInt32LE(header.shards, 20)
  bytes.writeBigUInt64LE(BigInt(header.number), 24)
  bytes.writeBigUInt64LE(BigInt(createdAt), 32)
  bytes.writeUInt32LE(id.length, 40)
  bytes.writeUInt32LE(header.notes.length, 44)
  for (let shard = 1; shard <= header.shards; shard++) {
    bytes.writeBigUInt64LE(BigInt(header.next[shard] as number), 40 + 8 * shard)
  }
  bytes.set(id, fixed)
  bytes.set(header.notes, fixed + id.length)
  bytes.writeUInt32LE(headerChecksum(bytes, 16), 16)
  return bytes
}

/** CRC-32 over everything but the four bytes of the checksum itself. */
const headerChecksum = (bytes: Uint8Array, at: number): number =>
  crc32(bytes.subarray(at + 4), crc32(bytes.subarray(0, at)))

/** Largest header this version writes, so that one read at the start of a file has it whole. */
export const segmentHeaderBytesMax = (shards: number): number =>
  align8(48 + 8 * shards + streamIdBytesMax + notesBytesMax)

export const decodeSegmentHeader = (bytes: Buffer): SegmentHeader | Unreadable => {
  if (bytes.length < 48 || bytes.toString("latin1", 0, 8) !== segmentMagic) return { problem: "no segment header" }
  const version = bytes.readUInt32LE(8)
  if (version > formatVersion) return { problem: `format version ${version}`, version }
  const headerBytes = bytes.readUInt32LE(12)
  if (headerBytes > bytes.length || headerBytes % 8 !== 0) return { problem: "segment header cut short" }
  if (bytes.readUInt32LE(16) !== headerChecksum(bytes.subarray(0, headerBytes), 16)) {
    return { problem: "segment header checksum mismatch" }
  }
  const shards = bytes.readUInt32LE(20)
  const idBytes = bytes.readUInt32LE(40)
  const notesBytes = bytes.readUInt32LE(44)
  const fixed = 48 + 8 * shards
  if (align8(fixed + idBytes + notesBytes) !== headerBytes) return { problem: "segment header does not add up" }
  const next = new Float64Array(shards + 1)
  for (let shard = 1; shard <= shards; shard++) next[shard] = Number(bytes.readBigUInt64LE(40 + 8 * shard))
  return {
    headerBytes,
    number: Number(bytes.readBigUInt64LE(24)),
    streamId: bytes.toString("utf8", fixed, fixed + idBytes),
    shards,
    next,
    notes: new Uint8Array(bytes.subarray(fixed + idBytes, fixed + idBytes + notesBytes))
  }
}

/** Bytes of a frame that carries a payload of this size. */
export const frameBytes = (payloadBytes: number): number => frameHeaderBytes + ((payloadBytes + 7) & ~7)

/**
 * Writes one frame. `groupDistance` is the number of bytes from the start of its group (what one fsync made durable) to
 * the frame: everything before that start was durable before the frame was written.
 */
export const writeFrame = (
  into: Buffer,
  at: number,
  shard: number,
  sequence: number,
  groupDistance: number,
  payload: Uint8Array
): number => {
  const bytes = frameBytes(payload.length)
  into.writeUInt32LE(payload.length, at + 4)
  into.writeUInt16LE(shard, at + 8)
  into.writeUIntLE(sequence, at + 10, 6)
  into.writeUInt32LE(groupDistance, at + 16)
  into.writeUInt32LE(0, at + 20)
  into.set(payload, at + frameHeaderBytes)
  into.fill(0, at + frameHeaderBytes + payload.length, at + bytes)
  into.writeUInt32LE(crc32(into.subarray(at + 4, at + bytes)), at)
  return bytes
}

export const framePayloadBytes = (from: Buffer, at: number): number => from.readUInt32LE(at + 4)
export const frameShard = (from: Buffer, at: number): number => from.readUInt16LE(at + 8)
export const frameSequence = (from: Buffer, at: number): number => from.readUIntLE(at + 10, 6)
export const frameGroupDistance = (from: Buffer, at: number): number => from.readUInt32LE(at + 16)

/** Whether `bytes` bytes at `at` are a whole frame whose checksum holds. */
export const frameHolds = (from: Buffer, at: number, bytes: number): boolean =>
  bytes >= frameHeaderBytes && at + bytes <= from.length && frameBytes(framePayloadBytes(from, at)) === bytes
  && from.readUInt32LE(at) === crc32(from.subarray(at + 4, at + bytes))

export interface IndexHead {
  readonly headBytes: number
  readonly segmentNumber: number
  /** Bytes of the segment the index tells about: all of them durable when it was written. */
  readonly segmentBytes: number
  /** Frames of each shard; index = shard, 0 unused. */
  readonly counts: Uint32Array
  readonly bodyChecksum: number
}

const indexHeadBytes = (shards: number): number => align8(48 + 4 * shards)

/** An index file: its head, then (offset, frame bytes) of each frame, by shard and sequence. */
export const encodeIndex = (segmentNumber: number, segmentBytes: number, pairs: ReadonlyArray<Uint32Array>): Buffer => {
  const shards = pairs.length - 1
  const headBytes = indexHeadBytes(shards)
  let words = 0
  for (const own of pairs) words += own.length
  const bytes = Buffer.alloc(headBytes + 4 * words)
  bytes.write(indexMagic, 0, "latin1")
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeBigUInt64LE(BigInt(segmentNumber), 16)
  bytes.writeBigUInt64LE(BigInt(segmentBytes), 24)
  bytes.writeUInt32LE(shards, 32)
  bytes.writeUInt32LE(words / 2, 36)
  const body = new Uint32Array(bytes.buffer, bytes.byteOffset + headBytes, words)
  let at = 0
  for (let shard = 1; shard <= shards; shard++) {
    const own = pairs[shard] as Uint32Array
    bytes.writeUInt32LE(own.length / 2, 44 + 4 * shard)
    body.set(own, at)
    at += own.length
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(headBytes)), 40)
  bytes.writeUInt32LE(headerChecksum(bytes.subarray(0, headBytes), 12), 12)
  return bytes
}

export const indexHeadBytesOf = indexHeadBytes

/** `undefined` where it is not an index of this version, damaged, or of another number of shards: scan instead. */
export const decodeIndexHead = (bytes: Buffer, shards: number): IndexHead | undefined => {
  const headBytes = indexHeadBytes(shards)
  if (bytes.length < headBytes || bytes.toString("latin1", 0, 8) !== indexMagic) return undefined
  if (bytes.readUInt32LE(8) !== formatVersion || bytes.readUInt32LE(32) !== shards) return undefined
  if (bytes.readUInt32LE(12) !== headerChecksum(bytes.subarray(0, headBytes), 12)) return undefined
  const counts = new Uint32Array(shards + 1)
  for (let shard = 1; shard <= shards; shard++) counts[shard] = bytes.readUInt32LE(44 + 4 * shard)
  return {
    headBytes,
    segmentNumber: Number(bytes.readBigUInt64LE(16)),
    segmentBytes: Number(bytes.readBigUInt64LE(24)),
    counts,
    bodyChecksum: bytes.readUInt32LE(40)
  }
}

/** The (offset, frame bytes) pairs of each shard, or `undefined` where the body does not hold. */
export const decodeIndexBody = (bytes: Buffer, head: IndexHead): Array<Uint32Array> | undefined => {
  let words = 0
  for (const count of head.counts) words += 2 * count
  const body = bytes.subarray(head.headBytes)
  if (body.length !== 4 * words || crc32(body) !== head.bodyChecksum) return undefined
  const all = new Uint32Array(words)
  new Uint8Array(all.buffer).set(body)
  let at = 0
  return Array.from(head.counts, (count) => all.subarray(at, at += 2 * count))
}
