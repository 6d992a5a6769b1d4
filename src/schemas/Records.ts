/**
 * What the logs carry: *batches* of observations, *ticks* (now), *commands*, *windows*, *partials* and *anomalies*. This file has what is
 * common to them, and ticks whole; `Commands.ts` has commands, `BatchLayout.ts`, `BatchWriter.ts` and `BatchReader.ts` the columns
 * of a batch, `WindowsCodec.ts`, `PartialsCodec.ts` and `AnomaliesCodec.ts` the others. Byte for byte: docs/log-format.md.
 *
 * Promise: a record is self-contained and versioned; a reader knows every older version; a damaged record is told from
 * one of an unknown version, because the first is skipped and kept aside while the second stops the shard.
 * All numbers are little-endian.
 */
import { Schema } from "effect"

export const recordMagic = 0x56 // "V"
export const recordVersion = 1
export const recordKinds = { batch: 1, tick: 2, command: 3, windows: 4, partials: 5, anomalies: 6 } as const
export type RecordKind = keyof typeof recordKinds
const kindNames: ReadonlyArray<RecordKind | undefined> = [
  undefined,
  "batch",
  "tick",
  "command",
  "windows",
  "partials",
  "anomalies"
]

/** Bytes of the header every record starts with: magic, version, kind, flags, checksum. */
export const recordHeaderBytes = 8

/** The record is damaged: it is copied to REJECTED and skipped. */
export class RecordCorrupt extends Schema.TaggedError<RecordCorrupt>()("RecordCorrupt", { detail: Schema.String }) {
  override get message(): string {
    return `damaged record: ${this.detail}`
  }
}
/** The record was written by a newer Vicinity: the shard stops, nothing is skipped. */
export class RecordVersionUnknown extends Schema.TaggedError<RecordVersionUnknown>()("RecordVersionUnknown", {
  version: Schema.Int
}) {
  override get message(): string {
    return `a record of format version ${this.version}, or of a kind or property this program does not know: it was written `
      + "by a newer Vicinity; start that version again"
  }
}

/**
 * MurmurHash3_x86_32 (A. Appleby, public domain) over whole little-endian words `words[2, to)`, seeded with word 0, so that
 * the version, kind and flags are covered too (word 1 holds the result).
 * Found faster than a table-driven CRC in plain JavaScript; the file log and JetStream have checksums of their own.
 */
export const checksumWords = (words: Uint32Array, to: number): number => {
  let h = words[0] as number
  for (let i = 2; i < to; i++) {
    let k = Math.imul(words[i] as number, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  h ^= (to - 2) * 4
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Writes the 8-byte header into a finished record whose length is a multiple of 4. */
export const sealRecord = (bytes: Uint8Array, kind: RecordKind, flags: number): Uint8Array => {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2)
  bytes[0] = recordMagic
  bytes[1] = recordVersion
  bytes[2] = recordKinds[kind]
  bytes[3] = flags
  words[1] = checksumWords(words, words.length)
  return bytes
}

/**
 * What a record is, without decoding it. Throws `RecordCorrupt` on what is no record and `RecordVersionUnknown` on a newer
 * version or kind. Does not verify the checksum.
 */
export const recordKind = (bytes: Uint8Array): RecordKind => {
  if (bytes.length < recordHeaderBytes || bytes[0] !== recordMagic || bytes.length % 4 !== 0) {
    throw new RecordCorrupt({ detail: `${bytes.length} bytes that do not start as a record` })
  }
  const version = bytes[1] as number
  const kind = kindNames[bytes[2] as number]
  if (version === 0) throw new RecordCorrupt({ detail: "version 0" })
  if (version > recordVersion || kind === undefined) throw new RecordVersionUnknown({ version })
  return kind
}

/** Copies a record to an 8-byte aligned place and verifies its kind, version and checksum. */
export const alignedRecord = (bytes: Uint8Array, kind: RecordKind): Uint8Array => {
  const found = recordKind(bytes)
  if (found !== kind) throw new RecordCorrupt({ detail: `a ${found} record where a ${kind} was expected` })
  const aligned = new Uint8Array(bytes.length)
  aligned.set(bytes)
  const words = new Uint32Array(aligned.buffer)
  if (words[1] !== checksumWords(words, words.length)) throw new RecordCorrupt({ detail: "checksum mismatch" })
  return aligned
}

/** Flag of a tick: it tells of the past, and nobody waits for what is provisional. */
const flagHistory = 1

/** A tick: event time may advance to `now` for datastreams that are idle. A late or repeated one is harmless. */
export const encodeTick = (now: number, isHistory = false): Uint8Array => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setFloat64(8, now, true)
  return sealRecord(bytes, "tick", isHistory ? flagHistory : 0)
}

/** Whether a tick record tells of the past. */
export const isHistoryTick = (bytes: Uint8Array): boolean => ((bytes[3] as number) & flagHistory) !== 0

/** The `now` of a tick record, epoch milliseconds. */
export const decodeTick = (bytes: Uint8Array): number => {
  const aligned = alignedRecord(bytes, "tick")
  if (aligned.length !== 16) throw new RecordCorrupt({ detail: `tick of ${aligned.length} bytes` })
  const now = new DataView(aligned.buffer).getFloat64(8, true)
  if (!Number.isFinite(now)) throw new RecordCorrupt({ detail: `tick at ${now}` })
  return now
}
