/**
 * Reads the durable records of one shard in order, by positional reads that the page cache answers in the steady state.
 * Hot path. Promise: every frame is checked before it is given out; neighbours are read in one go; one buffer per reader,
 * so a payload is valid until the next `read` (and starts at a multiple of 8).
 */
import * as fs from "node:fs"
import { type LogRecord, LogUnavailable, PositionNotHonoured } from "../../ports/ShardedLog.ts"
import { LogDamaged, type LogFolder, segmentFile } from "./FileLogFolder.ts"
import { frameHeaderBytes, frameHolds, framePayloadBytes, frameSequence, frameShard } from "./FileLogFormat.ts"

/** Frames of other shards that are read along rather than starting another read. */
const gapBytesMax = 4096

export class ShardReader {
  private readonly folder: LogFolder
  private readonly shard: number
  private buffer = Buffer.allocUnsafeSlow(0)

  constructor(folder: LogFolder, shard: number) {
    this.folder = folder
    this.shard = shard
  }

  /** At least the record `from` (which must be durable), then more up to about `bytesMax` bytes. Throws port errors. */
  read(from: number, bytesMax: number): Array<LogRecord> {
    const { folder, shard } = this
    const segment = folder.locate(shard, from)
    if (segment === undefined) {
      throw new PositionNotHonoured({
        shard,
        reason: "purged",
        detail: `record ${from} is no longer kept, the first kept is ${folder.oldest.next[shard]}`
      })
    }
    try {
      return this.readSegment(segment, from, bytesMax)
    } catch (cause) {
      if (cause instanceof LogDamaged) {
        throw new PositionNotHonoured({ shard, reason: "damaged", detail: cause.message })
      }
      const detail = `cannot read ${segmentFile(folder.settings.folder, segment.number)}: ${String(cause)}`
      throw new LogUnavailable({ operation: "read", detail, cause })
    }
  }

  private readSegment(segment: LogFolder["active"], from: number, bytesMax: number): Array<LogRecord> {
    const { shard } = this
    const file = segmentFile(this.folder.settings.folder, segment.number)
    const { fd, index } = this.folder.open(segment)
    const begin = from - (segment.next[shard] as number)
    const count = index.count(shard)
    if (begin >= count) throw new LogDamaged(file, segment.bytes, `record ${from} of shard ${shard} is missing`)
    let end = begin
    let need = 0
    for (let behind = 0; end < count; end++) {
      const offset = index.offset(shard, end)
      const bytes = index.bytes(shard, end)
      const gap = end > begin && offset - behind <= gapBytesMax ? offset - behind : 0
      if (end > begin && need + gap + bytes > bytesMax) break
      need += gap + bytes
      behind = offset + bytes
    }
    this.reserve(need, bytesMax)
    const records: Array<LogRecord> = []
    let at = 0
    for (let run = begin; run < end;) {
      const start = index.offset(shard, run)
      let behind = start + index.bytes(shard, run)
      let stop = run + 1
      for (; stop < end && index.offset(shard, stop) - behind <= gapBytesMax; stop++) {
        behind = index.offset(shard, stop) + index.bytes(shard, stop)
      }
      this.readBytes(fd, at, behind - start, start, file)
      for (let nth = run; nth < stop; nth++) {
        const offset = index.offset(shard, nth)
        const sequence = (segment.next[shard] as number) + nth
        records.push({
          sequence,
          payload: this.check(at + offset - start, index.bytes(shard, nth), sequence, file, offset)
        })
      }
      at += behind - start
      run = stop
    }
    return records
  }

  private readBytes(fd: number, at: number, length: number, position: number, file: string): void {
    let got = 0
    while (got < length) {
      const read = fs.readSync(fd, this.buffer, at + got, length - got, position + got)
      if (read === 0) throw new LogDamaged(file, position + got, "the file ends before its acknowledged bytes do")
      got += read
    }
  }

  private check(at: number, bytes: number, sequence: number, file: string, offset: number): Uint8Array {
    const { buffer } = this
    if (
      !frameHolds(buffer, at, bytes) || frameSequence(buffer, at) !== sequence || frameShard(buffer, at) !== this.shard
    ) {
      throw new LogDamaged(file, offset, "frame checksum mismatch")
    }
    return buffer.subarray(at + frameHeaderBytes, at + frameHeaderBytes + framePayloadBytes(buffer, at))
  }

  /** A large record makes the buffer grow; it shrinks again. */
  private reserve(need: number, bytesMax: number): void {
    const { length } = this.buffer
    if (need > length || length > 2 * Math.max(need, bytesMax)) {
      this.buffer = Buffer.allocUnsafeSlow(Math.max(need, Math.min(bytesMax, 2 * length)))
    }
  }
}
