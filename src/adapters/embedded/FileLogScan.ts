/**
 * Reads a segment file from its header to its end, frame by frame, and says where and how it ends. Promise: a *torn tail*
 * (what a crash leaves of the one group that was being written) is told from *damage* of what had been acknowledged:
 *
 *     group 7 (synced)      group 8 (synced)      group 9 (being written when the machine died)
 *     |frame|frame|frame|   |frame|frame|         |frame|?????|frame|??
 *                 ^ a bad frame here is damage:           ^ here it is a torn tail: no later frame
 *                   frames of group 8 follow                belongs to a later group
 *
 * Every frame carries the distance to the start of its group; everything before that start was on disk before it.
 */
import * as fs from "node:fs"
import {
  frameBytes,
  frameGroupDistance,
  frameHeaderBytes,
  frameHolds,
  framePayloadBytes,
  frameSequence,
  frameShard
} from "./FileLogFormat.ts"

export interface ScanEnd {
  /** Bytes up to which the segment is whole. */
  readonly wholeBytes: number
  /** Size of the file. */
  readonly fileBytes: number
  /** What is wrong at `wholeBytes`; `undefined` where the file ends there. */
  readonly problem: string | undefined
  /** A crash cannot leave this behind: the frame is whole but not the next one of its shard. */
  readonly foreign: boolean
}

export type OnFrame = (shard: number, sequence: number, offset: number, bytes: number) => void

const windowBytes = 4 * 1024 * 1024

/**
 * Calls `onFrame` for each whole frame. `next` (next sequence of each shard) is advanced. Stops at the first frame that
 * does not hold, or that is not the next of its shard.
 */
export const scanFrames = (fd: number, from: number, next: Float64Array, onFrame: OnFrame): ScanEnd => {
  const fileBytes = fs.fstatSync(fd).size
  let window: Buffer = Buffer.alloc(0)
  let windowAt = from
  let at = from
  const have = (bytes: number): boolean => {
    if (at + bytes > fileBytes) return false
    if (at + bytes > windowAt + window.length) {
      window = readAt(fd, at, Math.min(fileBytes - at, Math.max(bytes, windowBytes)))
      windowAt = at
    }
    return at + bytes <= windowAt + window.length
  }
  const stop = (problem: string | undefined, foreign = false): ScanEnd => ({
    wholeBytes: at,
    fileBytes,
    problem,
    foreign
  })
  while (at < fileBytes) {
    if (!have(frameHeaderBytes)) return stop("frame cut short")
    const bytes = frameBytes(framePayloadBytes(window, at - windowAt))
    if (bytes < frameHeaderBytes || !have(bytes)) return stop("frame cut short")
    if (!frameHolds(window, at - windowAt, bytes)) return stop("frame checksum mismatch")
    const shard = frameShard(window, at - windowAt)
    const sequence = frameSequence(window, at - windowAt)
    if (shard < 1 || shard >= next.length || sequence !== next[shard]) {
      return stop(`a frame of shard ${shard} with sequence ${sequence} where ${next[shard]} was expected`, true)
    }
    onFrame(shard, sequence, at, bytes)
    next[shard] = sequence + 1
    at += bytes
  }
  return stop(undefined)
}

/**
 * Whether bytes at `badAt` had been made durable before something that comes later in the file was written; `next` as
 * `scanFrames` left it. Frames start at multiples of 8.
 */
export const wasDurable = (fd: number, badAt: number, next: Float64Array): boolean => {
  const fileBytes = fs.fstatSync(fd).size
  for (let base = badAt + 8; base < fileBytes;) {
    const window = readAt(fd, base, Math.min(fileBytes - base, windowBytes))
    let at = 0
    for (; at + frameHeaderBytes <= window.length; at += 8) {
      const shard = frameShard(window, at)
      if (shard < 1 || shard >= next.length || frameSequence(window, at) < (next[shard] as number)) continue
      const bytes = frameBytes(framePayloadBytes(window, at))
      if (bytes < frameHeaderBytes || base + at + bytes > fileBytes) continue
      if (base + at - frameGroupDistance(window, at) <= badAt) continue
      const frame = at + bytes <= window.length ? window.subarray(at, at + bytes) : readAt(fd, base + at, bytes)
      if (frameHolds(frame, 0, bytes)) return true
    }
    if (at === 0) return false
    base += at
  }
  return false
}

/** Exactly these bytes, or fewer where the file ends. */
const readAt = (fd: number, position: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let got = 0
  while (got < length) {
    const read = fs.readSync(fd, bytes, got, length - got, position + got)
    if (read === 0) break
    got += read
  }
  return bytes.subarray(0, got)
}
