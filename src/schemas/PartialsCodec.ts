/**
 * What the sensor stage of one shard publishes to the district stage of another: partials of the districts that live there, in the order
 * in which they were given out. Byte for byte: docs/log-format.md. Promise: a self-contained, versioned record like any other of
 * the logs; a record without partials still tells that the shard has come so far.
 *
 * Words of 64 bits unless said otherwise:
 * header (see `Records.ts`) · u32 source shard, rounds r, partials n, districts d, string bytes, words of a partial ·
 * f64 per round: time, source sequence, partials of it · f64[n × words] · u32[n] district (index), phase × 256 + property ·
 * u32 length[d] · UTF-8 district ids.
 */
import { alignedRecord, RecordCorrupt, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

const fixedBytes = 32
const roundWords = 3

export interface PartialEntry {
  readonly district: string
  /** Number in the catalogue. */
  readonly property: number
  readonly phase: number
  /** See `src/analytics/Partial.ts`. */
  readonly words: Float64Array
}

/** What was due at one time. */
export interface PartialRound {
  /** Whole minute up to which the shard has come, epoch milliseconds. */
  readonly time: number
  /** The record of the observation log that made it due. */
  readonly sourceSequence: number
  readonly entries: ReadonlyArray<PartialEntry>
}

export interface PartialsRecord {
  readonly sourceShard: number
  readonly rounds: ReadonlyArray<PartialRound>
}

/** Words of a partial; a change of what they mean is a new version of records. */
export const partialWords = 23

export const encodePartials = ({ rounds, sourceShard }: PartialsRecord): Uint8Array => {
  const wordsEach = partialWords
  const index = new Map<string, number>()
  const ids: Array<Uint8Array> = []
  const n = rounds.reduce((sum, { entries }) => sum + entries.length, 0)
  for (const { entries } of rounds) {
    for (const { district } of entries) {
      if (!index.has(district)) index.set(district, ids.push(new TextEncoder().encode(district)) - 1)
    }
  }
  const stringBytes = ids.reduce((sum, id) => sum + id.length, 0)
  const u32At = (fixedBytes >>> 2) + 2 * (roundWords * rounds.length + n * wordsEach)
  const stringAt = 4 * (u32At + 2 * n + ids.length)
  const bytes = new Uint8Array((stringAt + stringBytes + 7) & ~7)
  const f64 = new Float64Array(bytes.buffer)
  const u32 = new Uint32Array(bytes.buffer)
  u32.set([sourceShard, rounds.length, n, ids.length, stringBytes, wordsEach], 2)
  let roundAt = fixedBytes >>> 3
  let wordsAt = roundAt + roundWords * rounds.length
  let at = u32At
  for (const { entries, sourceSequence, time } of rounds) {
    f64[roundAt++] = time
    f64[roundAt++] = sourceSequence
    f64[roundAt++] = entries.length
    for (const { district, phase, property, words } of entries) {
      f64.set(words, wordsAt)
      wordsAt += wordsEach
      u32[at] = index.get(district) as number
      u32[at + n] = phase * 256 + property
      at++
    }
  }
  u32.set(ids.map((id) => id.length), u32At + 2 * n)
  let stringsAt = stringAt
  for (const id of ids) {
    bytes.set(id, stringsAt)
    stringsAt += id.length
  }
  return sealRecord(bytes, "partials", 0)
}

/** Throws `RecordCorrupt`, and `RecordVersionUnknown` where partials have other words than `partialWords`. */
export const decodePartials = (record: Uint8Array): PartialsRecord => {
  const bytes = alignedRecord(record, "partials")
  if (bytes.length < fixedBytes) throw new RecordCorrupt({ detail: `partials of ${bytes.length} bytes` })
  const f64 = new Float64Array(bytes.buffer, 0, bytes.length >>> 3)
  const u32 = new Uint32Array(bytes.buffer)
  const [sourceShard, r, n, d, stringBytes, each] = u32.subarray(2, 8) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  if (each !== partialWords) throw new RecordVersionUnknown({ version: recordVersion })
  const u32At = (fixedBytes >>> 2) + 2 * (roundWords * r + n * each)
  const stringAt = 4 * (u32At + 2 * n + d)
  if (bytes.length !== 8 * Math.ceil((stringAt + stringBytes) / 8)) {
    throw new RecordCorrupt({ detail: "columns do not add up" })
  }
  const ids = readStrings(bytes, u32.subarray(u32At + 2 * n, u32At + 2 * n + d), stringAt, stringBytes)
  const rounds: Array<PartialRound> = []
  let wordsAt = (fixedBytes >>> 3) + roundWords * r
  let at = u32At
  for (let round = 0; round < r; round++) {
    const roundAt = (fixedBytes >>> 3) + roundWords * round
    const count = f64[roundAt + 2] as number
    if (at + count > u32At + n) throw new RecordCorrupt({ detail: "rounds do not add up" })
    const entries = Array.from({ length: count }, (): PartialEntry => {
      const district = ids[u32[at] as number]
      if (district === undefined) throw new RecordCorrupt({ detail: "a partial names no district" })
      const kind = u32[at + n] as number
      const words = f64.subarray(wordsAt, wordsAt + each)
      at++
      wordsAt += each
      return { district, property: kind % 256, phase: kind >>> 8, words }
    })
    rounds.push({ time: f64[roundAt] as number, sourceSequence: f64[roundAt + 1] as number, entries })
  }
  return { sourceShard, rounds }
}

const readStrings = (
  bytes: Uint8Array,
  lengths: Uint32Array,
  from: number,
  stringBytes: number
): ReadonlyArray<string> => {
  // Ids keep what looks like a byte order mark.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let at = from
  const strings = Array.from(lengths, (length) => {
    at += length
    return decoder.decode(bytes.subarray(at - length, at))
  })
  if (at !== from + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
  return strings
}
