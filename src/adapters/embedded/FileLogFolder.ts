/**
 * The segment files of one log while it is open: which there are, where a sequence is, the one being written, the few that
 * are open for reading. Promise: a segment file appears under its name only when its header is on disk; segments go away
 * oldest first and one by one, so that a crash leaves no hole; open files and indexes in memory are bounded.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeSegmentHeader } from "./FileLogFormat.ts"
import { readIndex, SegmentIndex, writeIndexFile } from "./FileLogIndex.ts"
import { scanFrames } from "./FileLogScan.ts"

export interface Segment {
  readonly number: number
  readonly headerBytes: number
  /** Next sequence of each shard where it starts; index = shard. */
  readonly next: Float64Array
  /** Durable bytes. */
  bytes: number
}

/** Something acknowledged is not readable any more. */
export class LogDamaged extends Error {
  readonly file: string
  readonly offset: number
  constructor(file: string, offset: number, problem: string) {
    super(
      `${file} is damaged at offset ${offset} (${problem}): restore that file from a copy, or set the log's folder aside `
        + "and start a new one"
    )
    this.file = file
    this.offset = offset
  }
}

export type Report = (level: "info" | "warning", message: string, fields: Record<string, unknown>) => void

export interface FolderSettings {
  readonly folder: string
  readonly shards: number
  /** Owner's notes for the header of the next segment. */
  readonly notes: () => Uint8Array
  readonly report: Report
}

export interface OpenSegment {
  readonly fd: number
  readonly index: SegmentIndex
}

const openSegmentsMax = 64
const indexBytesMax = 64 * 1024 * 1024

export const segmentFile = (folder: string, number: number): string =>
  path.join(folder, `${String(number).padStart(10, "0")}.log`)
export const indexFile = (folder: string, number: number): string =>
  path.join(folder, `${String(number).padStart(10, "0")}.index`)

export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await fs.promises.open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a segment with its header only: durable, then under its name. */
export const createSegment = async (
  settings: FolderSettings,
  streamId: string,
  number: number,
  next: Float64Array
): Promise<{ readonly segment: Segment; readonly handle: fs.promises.FileHandle }> => {
  const file = segmentFile(settings.folder, number)
  const header = encodeSegmentHeader(
    { number, streamId, shards: settings.shards, next, notes: settings.notes() },
    Date.now()
  )
  const handle = await fs.promises.open(`${file}.tmp`, "w+")
  try {
    await writeAll(handle, header, header.length, 0)
    await handle.sync()
    await fs.promises.rename(`${file}.tmp`, file)
    await syncFolder(settings.folder)
  } catch (cause) {
    await handle.close().catch(() => undefined)
    await fs.promises.rm(`${file}.tmp`, { force: true }).catch(() => undefined)
    // Under its name but perhaps not durable: without this a later attempt would find the name taken by an older header.
    await fs.promises.rm(file, { force: true }).catch(() => undefined)
    throw cause
  }
  return { segment: { number, headerBytes: header.length, next: next.slice(), bytes: header.length }, handle }
}

/** A short write is the first sign of a full disk: the next attempt says why. */
export const writeAll = async (
  handle: fs.promises.FileHandle,
  bytes: Uint8Array,
  length: number,
  position: number
): Promise<void> => {
  let done = 0
  while (done < length) {
    const { bytesWritten } = await handle.write(bytes, done, length - done, position + done)
    if (bytesWritten === 0) throw new Error("the file takes no more bytes")
    done += bytesWritten
  }
}

export class LogFolder {
  readonly settings: FolderSettings
  readonly streamId: string
  /** Oldest first; the last is the one being written. Never empty. */
  readonly segments: Array<Segment>
  /** Next sequence of each shard, counting durable records only; index = shard. */
  readonly durableNext: Float64Array
  totalBytes = 0
  private handle: fs.promises.FileHandle
  private activeIndex: SegmentIndex
  private readonly opened = new Map<number, OpenSegment>()
  private readonly doomed: Array<number> = []
  private removal: Promise<void> = Promise.resolve()

  constructor(
    settings: FolderSettings,
    streamId: string,
    segments: Array<Segment>,
    durableNext: Float64Array,
    handle: fs.promises.FileHandle,
    activeIndex: SegmentIndex
  ) {
    this.settings = settings
    this.streamId = streamId
    this.segments = segments
    this.durableNext = durableNext
    this.handle = handle
    this.activeIndex = activeIndex
    for (const segment of segments) this.totalBytes += segment.bytes
  }

  get oldest(): Segment {
    return this.segments[0] as Segment
  }

  get active(): Segment {
    return this.segments[this.segments.length - 1] as Segment
  }

  /** The segment that holds this durable sequence; `undefined` where it is gone. */
  locate(shard: number, sequence: number): Segment | undefined {
    let low = 0
    let high = this.segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (((this.segments[middle] as Segment).next[shard] as number) <= sequence) low = middle + 1
      else high = middle
    }
    return this.segments[low - 1]
  }

  /** A segment open for reading. Throws `LogDamaged`, or what the file system says. */
  open(segment: Segment): OpenSegment {
    if (segment === this.active) return { fd: this.handle.fd, index: this.activeIndex }
    const known = this.opened.get(segment.number)
    if (known !== undefined) {
      this.opened.delete(segment.number)
      this.opened.set(segment.number, known)
      return known
    }
    const { folder, shards } = this.settings
    const index = readIndex(indexFile(folder, segment.number), segment.number, segment.bytes, shards)
    const fd = fs.openSync(segmentFile(folder, segment.number), "r")
    return this.remember(segment.number, fd, index ?? this.rescan(segment, fd))
  }

  /** Bytes behind the durable ones. */
  write(bytes: Uint8Array, length: number): Promise<void> {
    return writeAll(this.handle, bytes, length, this.active.bytes)
  }

  sync(): Promise<void> {
    return this.handle.datasync()
  }

  /** A frame of the segment being written is durable from now on. */
  addDurable(shard: number, offset: number, bytes: number): void {
    this.activeIndex.add(shard, offset, bytes)
    this.durableNext[shard] = (this.durableNext[shard] as number) + 1
  }

  grew(bytes: number): void {
    this.active.bytes += bytes
    this.totalBytes += bytes
  }

  /** Takes back what was written behind the durable bytes. */
  async cutBack(): Promise<void> {
    await this.handle.truncate(this.active.bytes)
    await this.handle.sync()
  }

  /** Starts the next segment. Where that fails nothing has changed. */
  async roll(): Promise<void> {
    const old = this.active
    const fd = fs.openSync(segmentFile(this.settings.folder, old.number), "r")
    const { segment, handle } = await createSegment(this.settings, this.streamId, old.number + 1, this.durableNext)
      .catch((cause) => {
        fs.closeSync(fd)
        throw cause
      })
    const index = this.activeIndex
    const oldHandle = this.handle
    this.segments.push(segment)
    this.totalBytes += segment.bytes
    this.handle = handle
    this.activeIndex = new SegmentIndex(this.settings.shards)
    // Feeds are about to read it: without its index they would scan it, and write the same index file at the same time.
    this.remember(old.number, fd, index)
    await oldHandle.close().catch(() => undefined)
    await this.tidy(() => this.saveIndex(old, index, false))
  }

  /** One at a time: what removes and writes files beside the log. */
  private tidy(task: () => Promise<void>): Promise<void> {
    this.removal = this.removal.then(task)
    return this.removal
  }

  /** Takes the oldest out until there is room for so many bytes; the one being written stays. */
  dropUntilFits(bytes: number, limitBytes: number): void {
    while (this.segments.length > 1 && this.totalBytes + bytes > limitBytes) this.dropOldest()
  }

  /** Takes the oldest segment out; its files follow. */
  dropOldest(): void {
    const segment = this.segments.shift() as Segment
    this.totalBytes -= segment.bytes
    this.forget(segment.number)
    this.doomed.push(segment.number)
    void this.tidy(() => this.removeDoomed())
  }

  /** Ends cleanly: the index of the last segment tells the next opener that all of it was durable. */
  async close(): Promise<void> {
    await this.removal
    await this.saveIndex(this.active, this.activeIndex, true)
    for (const number of this.opened.keys()) this.forget(number)
    await this.handle.close().catch(() => undefined)
  }

  private async saveIndex(segment: Segment, index: SegmentIndex, durable: boolean): Promise<void> {
    const file = indexFile(this.settings.folder, segment.number)
    const failure = await writeIndexFile(file, index.encode(segment.number, segment.bytes), durable)
    if (failure !== undefined) {
      this.settings.report("warning", "index of a log segment not written, it will be rebuilt", {
        file,
        failure: String(failure)
      })
    }
  }

  private rescan(segment: Segment, fd: number): SegmentIndex {
    try {
      const file = segmentFile(this.settings.folder, segment.number)
      const index = new SegmentIndex(this.settings.shards)
      const end = scanFrames(fd, segment.headerBytes, segment.next.slice(), (shard, _sequence, offset, bytes) => {
        index.add(shard, offset, bytes)
      })
      if (end.problem !== undefined) throw new LogDamaged(file, end.wholeBytes, end.problem)
      void this.tidy(() => this.saveIndex(segment, index, false))
      return index
    } catch (cause) {
      fs.closeSync(fd)
      throw cause
    }
  }

  private remember(number: number, fd: number, index: SegmentIndex): OpenSegment {
    const entry: OpenSegment = { fd, index }
    let memoryBytes = index.memoryBytes
    for (const other of this.opened.values()) memoryBytes += other.index.memoryBytes
    for (const [other, { index: { memoryBytes: freed } }] of this.opened) {
      if (this.opened.size < openSegmentsMax && memoryBytes <= indexBytesMax) break
      memoryBytes -= freed
      this.forget(other)
    }
    this.opened.set(number, entry)
    return entry
  }

  private forget(number: number): void {
    const entry = this.opened.get(number)
    if (entry === undefined) return
    this.opened.delete(number)
    fs.closeSync(entry.fd)
  }

  private async removeDoomed(): Promise<void> {
    const { folder, report } = this.settings
    for (let number = this.doomed[0]; number !== undefined; number = this.doomed[0]) {
      try {
        await fs.promises.rm(indexFile(folder, number), { force: true })
        await fs.promises.rm(segmentFile(folder, number), { force: true })
        await syncFolder(folder)
      } catch (cause) {
        // Tried again with the next one; a later one must not go before it.
        report("warning", "released log segment not removed", {
          file: segmentFile(folder, number),
          failure: String(cause)
        })
        return
      }
      this.doomed.shift()
    }
  }
}
