/**
 * Opens the folder of a log as a crash, a full disk or a clean stop left it. Promise: every acknowledged record is there
 * afterwards and durable; a torn tail is cut off and reported; damage, another shard count or a newer format is refused
 * with a sentence that names the file, and nothing is changed then.
 */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  createSegment,
  type FolderSettings,
  indexFile,
  LogDamaged,
  LogFolder,
  type Segment,
  segmentFile,
  syncFolder
} from "./FileLogFolder.ts"
import {
  decodeSegmentHeader,
  formatVersion,
  isUnreadable,
  type SegmentHeader,
  segmentHeaderBytesMax
} from "./FileLogFormat.ts"
import { readIndexHead, SegmentIndex, writeIndexFile } from "./FileLogIndex.ts"
import { scanFrames, wasDurable } from "./FileLogScan.ts"

/** What is in the folder is no log this version, or these settings, can open. */
export class LogRefused extends Error {}

export interface OpenedFolder {
  readonly folder: LogFolder
  /** Owner's notes in the header of the last segment; `undefined` in a new log. */
  readonly notes: Uint8Array | undefined
}

/** `name` goes into the identity of a new log. */
export const openFolder = async (settings: FolderSettings, name: string): Promise<OpenedFolder> => {
  const headers = readHeaders(settings, listSegments(settings.folder))
  const last = headers.at(-1)
  if (last === undefined) return { folder: await createLog(settings, name), notes: undefined }
  for (let i = 0; i + 1 < headers.length; i++) {
    const header = headers[i] as SegmentHeader
    const following = headers[i + 1] as SegmentHeader
    if (await endOf(settings, header, following.next) === "continued") continue
    const file = segmentFile(settings.folder, header.number)
    if (following === last && sizeOf(segmentFile(settings.folder, last.number)) === last.headerBytes) {
      return withoutUnfinished(settings, headers.slice(0, -1), last)
    }
    throw new LogDamaged(file, sizeOf(file), `segment ${following.number} does not continue it`)
  }
  return openLast(settings, headers)
}

/** A segment whose creation was reported as failed, so that the one before it was written on. */
const withoutUnfinished = async (
  settings: FolderSettings,
  headers: ReadonlyArray<SegmentHeader>,
  unfinished: SegmentHeader
): Promise<OpenedFolder> => {
  const file = segmentFile(settings.folder, unfinished.number)
  settings.report("warning", "log segment that was never begun removed", { file })
  await fs.promises.rm(file, { force: true })
  await syncFolder(settings.folder)
  return openLast(settings, headers)
}

const openLast = async (settings: FolderSettings, headers: ReadonlyArray<SegmentHeader>): Promise<OpenedFolder> => {
  const { folder, shards } = settings
  const last = headers.at(-1) as SegmentHeader
  const segments = headers.map((header): Segment => ({
    number: header.number,
    headerBytes: header.headerBytes,
    next: header.next,
    bytes: sizeOf(segmentFile(folder, header.number))
  }))
  const handle = await fs.promises.open(segmentFile(folder, last.number), "r+")
  try {
    const next = last.next.slice()
    const index = new SegmentIndex(shards)
    const active = segments.at(-1) as Segment
    active.bytes = await repairTail(settings, handle, last, next, index)
    return { folder: new LogFolder(settings, last.streamId, segments, next, handle, index), notes: last.notes }
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

/** Bytes the last segment is whole up to, after its torn tail (if any) is cut off and what is left is synced. */
const repairTail = async (
  settings: FolderSettings,
  handle: fs.promises.FileHandle,
  header: SegmentHeader,
  next: Float64Array,
  index: SegmentIndex
): Promise<number> => {
  const file = segmentFile(settings.folder, header.number)
  const end = scanFrames(handle.fd, header.headerBytes, next, (shard, _sequence, offset, bytes) => {
    index.add(shard, offset, bytes)
  })
  // Left by a clean stop: up to there everything had been durable.
  const closed = readIndexHead(indexFile(settings.folder, header.number), header.number, settings.shards)
  if (closed !== undefined && closed.segmentBytes > end.wholeBytes) {
    throw new LogDamaged(file, end.wholeBytes, end.problem ?? "bytes that were acknowledged are missing")
  }
  if (end.problem !== undefined) {
    if (end.foreign || wasDurable(handle.fd, end.wholeBytes, next)) {
      throw new LogDamaged(file, end.wholeBytes, end.problem)
    }
    settings.report(
      "warning",
      "torn tail of the log cut off: what was being written when the process or machine stopped",
      {
        file,
        offset: end.wholeBytes,
        bytes: end.fileBytes - end.wholeBytes,
        problem: end.problem
      }
    )
    await handle.truncate(end.wholeBytes)
  }
  // The bytes may be in the page cache only: they are about to be shown to readers.
  await handle.sync()
  return end.wholeBytes
}

const createLog = async (settings: FolderSettings, name: string): Promise<LogFolder> => {
  const streamId = `${name}-${randomUUID()}`
  const next = new Float64Array(settings.shards + 1).fill(1)
  const { segment, handle } = await createSegment(settings, streamId, 1, next)
  return new LogFolder(settings, streamId, [segment], next, handle, new SegmentIndex(settings.shards))
}

const sizeOf = (file: string): number => fs.statSync(file).size

/** Numbers of the segments in the folder, ascending. Leftovers of interrupted writes are removed. */
const listSegments = (folder: string): ReadonlyArray<number> => {
  const files = fs.readdirSync(folder)
  const numbers = files.flatMap((file) => /^\d{10}\.log$/.test(file) ? [Number.parseInt(file, 10)] : []).sort((a, b) =>
    a - b
  )
  for (const file of files) {
    const orphan = /^\d{10}\.index$/.test(file) && !numbers.includes(Number.parseInt(file, 10))
    if (orphan || /^\d{10}\.(log|index)\.tmp$/.test(file)) fs.rmSync(path.join(folder, file), { force: true })
  }
  return numbers
}

const readHeaders = (settings: FolderSettings, numbers: ReadonlyArray<number>): ReadonlyArray<SegmentHeader> => {
  const headers = numbers.map((number) => readHeader(settings, number))
  for (let i = 1; i < headers.length; i++) {
    const number = (headers[i] as SegmentHeader).number
    const before = (headers[i - 1] as SegmentHeader).number
    if (number !== before + 1) {
      throw new LogRefused(
        `${
          segmentFile(settings.folder, before + 1)
        } is missing between segments ${before} and ${number}: put it back, or `
          + "set the folder aside and start a new log"
      )
    }
    if ((headers[i] as SegmentHeader).streamId !== (headers[0] as SegmentHeader).streamId) {
      throw new LogRefused(`${segmentFile(settings.folder, number)} belongs to another log than the file before it`)
    }
  }
  return headers
}

const readHeader = (settings: FolderSettings, number: number): SegmentHeader => {
  const file = segmentFile(settings.folder, number)
  const fd = fs.openSync(file, "r")
  try {
    const bytes = Buffer.alloc(Math.min(fs.fstatSync(fd).size, segmentHeaderBytesMax(65_535)))
    fs.readSync(fd, bytes, 0, bytes.length, 0)
    const header = decodeSegmentHeader(bytes)
    if (isUnreadable(header)) {
      if (header.version !== undefined) {
        throw new LogRefused(
          `${file} has format version ${header.version}, this Vicinity knows up to ${formatVersion}: it was written by a `
            + "newer Vicinity; start that one, or choose another data folder"
        )
      }
      throw new LogDamaged(file, 0, header.problem)
    }
    if (header.number !== number) throw new LogDamaged(file, 24, `it says it is segment ${header.number}`)
    if (header.shards !== settings.shards) {
      throw new LogRefused(
        `${settings.folder} holds a log of ${header.shards} shards, ${settings.shards} are configured: the number of shards `
          + "of a log cannot be changed; choose another data folder"
      )
    }
    return header
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Whether a finished segment is whole and ends where the next one starts. Its index file answers without reading it; where
 * that is missing or does not fit, the segment is read and the index written anew. "written on": it holds all that and
 * something behind it.
 */
const endOf = async (
  settings: FolderSettings,
  header: SegmentHeader,
  nextAtEnd: Float64Array
): Promise<"continued" | "written on"> => {
  const { folder, shards } = settings
  const file = segmentFile(folder, header.number)
  const index = readIndexHead(indexFile(folder, header.number), header.number, shards)
  if (index !== undefined && index.segmentBytes === sizeOf(file)) {
    if (header.next.every((sequence, shard) => sequence + (index.counts[shard] as number) === nextAtEnd[shard])) {
      return "continued"
    }
  }
  const fd = fs.openSync(file, "r")
  try {
    const next = header.next.slice()
    const rebuilt = new SegmentIndex(shards)
    const end = scanFrames(fd, header.headerBytes, next, (shard, _sequence, offset, bytes) => {
      rebuilt.add(shard, offset, bytes)
    })
    if (next.some((sequence, shard) => sequence < (nextAtEnd[shard] as number))) {
      throw new LogDamaged(file, end.wholeBytes, end.problem ?? "records that were acknowledged are missing")
    }
    if (end.problem !== undefined || next.some((sequence, shard) => sequence !== nextAtEnd[shard])) return "written on"
    await writeIndexFile(indexFile(folder, header.number), rebuilt.encode(header.number, end.wholeBytes), false)
    return "continued"
  } finally {
    fs.closeSync(fd)
  }
}
