/**
 * Where the frames of one segment are: for each shard, (offset, frame bytes) in the order of sequences. In memory two
 * 32-bit words a frame; on disk a file beside a finished segment. Promise: an index is a convenience, never the truth: a
 * missing, damaged or foreign index file is told apart, and the segment itself is read instead.
 */
import * as fs from "node:fs"
import { decodeIndexBody, decodeIndexHead, encodeIndex, type IndexHead, indexHeadBytesOf } from "./FileLogFormat.ts"

export class SegmentIndex {
  /** Bytes of memory held by the entries. */
  memoryBytes = 0
  private readonly pairs: Array<Uint32Array>
  private readonly words: Float64Array

  /** An empty one, or one of pairs that were read from a file. */
  constructor(shards: number, pairs?: Array<Uint32Array>) {
    this.pairs = pairs ?? Array.from({ length: shards + 1 }, () => new Uint32Array(0))
    this.words = Float64Array.from(this.pairs, (own) => own.length)
    for (const own of this.pairs) this.memoryBytes += own.byteLength
  }

  add(shard: number, offset: number, bytes: number): void {
    let own = this.pairs[shard] as Uint32Array
    const at = this.words[shard] as number
    if (at === own.length) {
      const grown = new Uint32Array(Math.max(16, 2 * own.length))
      grown.set(own)
      this.pairs[shard] = own = grown
      this.memoryBytes += grown.byteLength - 4 * at
    }
    own[at] = offset
    own[at + 1] = bytes
    this.words[shard] = at + 2
  }

  /** Frames of a shard. */
  count(shard: number): number {
    return (this.words[shard] as number) / 2
  }

  /** Offset of the how-manieth frame (from 0) of a shard. */
  offset(shard: number, nth: number): number {
    return (this.pairs[shard] as Uint32Array)[2 * nth] as number
  }

  bytes(shard: number, nth: number): number {
    return (this.pairs[shard] as Uint32Array)[2 * nth + 1] as number
  }

  encode(segmentNumber: number, segmentBytes: number): Buffer {
    return encodeIndex(
      segmentNumber,
      segmentBytes,
      this.pairs.map((own, shard) => own.subarray(0, this.words[shard]))
    )
  }
}

/** What an index file says of its segment, without reading its entries. */
export const readIndexHead = (file: string, segmentNumber: number, shards: number): IndexHead | undefined => {
  const bytes = readStart(file, indexHeadBytesOf(shards))
  const head = bytes === undefined ? undefined : decodeIndexHead(bytes, shards)
  return head?.segmentNumber === segmentNumber ? head : undefined
}

export const readIndex = (
  file: string,
  segmentNumber: number,
  segmentBytes: number,
  shards: number
): SegmentIndex | undefined => {
  const bytes = readStart(file, Number.MAX_SAFE_INTEGER)
  const head = bytes === undefined ? undefined : decodeIndexHead(bytes, shards)
  if (bytes === undefined || head?.segmentNumber !== segmentNumber || head.segmentBytes !== segmentBytes) {
    return undefined
  }
  const pairs = decodeIndexBody(bytes, head)
  return pairs === undefined ? undefined : new SegmentIndex(shards, pairs)
}

/** At most `bytesMax` bytes of a file from its start; `undefined` where it cannot be read. */
const readStart = (file: string, bytesMax: number): Buffer | undefined => {
  let fd: number
  try {
    fd = fs.openSync(file, "r")
  } catch {
    return undefined
  }
  try {
    const bytes = Buffer.alloc(Math.min(bytesMax, fs.fstatSync(fd).size))
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, 0))
  } catch {
    return undefined
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Writes the index of a finished segment. Not synced unless `durable`: a torn one is noticed and the segment is scanned.
 * A failure is of no consequence and is returned, not thrown.
 */
export const writeIndexFile = async (file: string, bytes: Buffer, durable: boolean): Promise<unknown> => {
  const temporary = `${file}.tmp`
  try {
    await fs.promises.writeFile(temporary, bytes, { flush: durable })
    await fs.promises.rename(temporary, file)
    return undefined
  } catch (cause) {
    await fs.promises.rm(temporary, { force: true }).catch(() => undefined)
    return cause
  }
}
