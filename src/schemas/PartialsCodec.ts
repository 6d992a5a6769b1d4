/**
 * What the sensor stage of one shard publishes to the district stage of another: partials of the districts that live there, in
 * rounds, as they were given out. Byte for byte: docs/log-format.md. Promise: a self-contained, versioned record like any other
 * of the logs; a record without partials still tells that the shard has come so far.
 *
 * header (see `Records.ts`) · u32 source shard, rounds r, partials n, districts d, string bytes, words of a partial ·
 * f64 time[r], source sequence[r], partials of it[r] · f64[n × words] · u32 district (index)[n], phase × 256 + property[n] ·
 * u32 length[d] · UTF-8 district ids.
 */
import { alignedRecord, RecordCorrupt, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

/** Words of a partial (`src/analytics/Partial.ts`); a change of what they mean is a new version of records. */
export const partialWords = 23
const fixedBytes = 32

/** Gathers the partials of one record. */
export class PartialsWriter {
  private times: Array<number> = []
  private sequences: Array<number> = []
  private counts: Array<number> = []
  private words = new Float64Array(64 * partialWords)
  private districts: Array<number> = []
  private kinds: Array<number> = []
  private index = new Map<string, number>()

  /** Partials that follow belong to this time, which the source has reached with this record of its log. */
  round(time: number, sourceSequence: number): void {
    // What had nothing to say only told how far the source has come, and that is told by the next one too.
    if (this.counts.at(-1) === 0) {
      this.times.pop()
      this.sequences.pop()
      this.counts.pop()
    }
    this.times.push(time)
    this.sequences.push(sourceSequence)
    this.counts.push(0)
  }

  /** The partial at `from[at…]`. */
  add(district: string, property: number, phase: number, from: Float64Array, at: number): void {
    let index = this.index.get(district)
    if (index === undefined) {
      index = this.index.size
      this.index.set(district, index)
    }
    const into = this.districts.length * partialWords
    if (into === this.words.length) {
      const grown = new Float64Array(2 * into)
      grown.set(this.words)
      this.words = grown
    }
    for (let i = 0; i < partialWords; i++) this.words[into + i] = from[at + i] as number
    this.districts.push(index)
    this.kinds.push(phase * 256 + property)
    this.counts[this.counts.length - 1] = (this.counts.at(-1) as number) + 1
  }

  /** The record; the writer is empty again. */
  take(sourceShard: number): Uint8Array {
    const [r, n] = [this.times.length, this.districts.length]
    const ids = Array.from(this.index.keys(), (id) => new TextEncoder().encode(id))
    const stringBytes = ids.reduce((sum, id) => sum + id.length, 0)
    const roundsAt = fixedBytes >>> 3
    const wordsAt = roundsAt + 3 * r
    const u32At = 2 * (wordsAt + n * partialWords)
    const stringAt = 4 * (u32At + 2 * n + ids.length)
    const bytes = new Uint8Array((stringAt + stringBytes + 7) & ~7)
    const f64 = new Float64Array(bytes.buffer)
    const u32 = new Uint32Array(bytes.buffer)
    u32.set([sourceShard, r, n, ids.length, stringBytes, partialWords], 2)
    f64.set(this.times, roundsAt)
    f64.set(this.sequences, roundsAt + r)
    f64.set(this.counts, roundsAt + 2 * r)
    f64.set(this.words.subarray(0, n * partialWords), wordsAt)
    u32.set(this.districts, u32At)
    u32.set(this.kinds, u32At + n)
    u32.set(ids.map((id) => id.length), u32At + 2 * n)
    let at = stringAt
    for (const id of ids) {
      bytes.set(id, at)
      at += id.length
    }
    this.times = []
    this.sequences = []
    this.counts = []
    this.districts = []
    this.kinds = []
    this.index = new Map()
    return sealRecord(bytes, "partials", 0)
  }
}

/** A record as columns; the words are a copy that may be kept. */
export interface PartialsRecord {
  readonly sourceShard: number
  /** Of round `i`: the whole minute the shard had come to, the record of its log that made it so, and its first partial. */
  readonly rounds: ReadonlyArray<
    { readonly time: number; readonly sourceSequence: number; readonly from: number; readonly to: number }
  >
  /** Of partial `i`. */
  readonly district: (i: number) => string
  readonly property: (i: number) => number
  readonly phase: (i: number) => number
  /** Partial `i` begins at `at(i)`. */
  readonly words: Float64Array
  readonly at: (i: number) => number
}

/** Throws `RecordCorrupt`, and `RecordVersionUnknown` where partials have other words than `partialWords`. */
export const decodePartials = (record: Uint8Array): PartialsRecord => {
  const bytes = alignedRecord(record, "partials")
  if (bytes.length < fixedBytes || bytes.length % 8 !== 0) {
    throw new RecordCorrupt({ detail: `partials of ${bytes.length} bytes` })
  }
  const f64 = new Float64Array(bytes.buffer)
  const u32 = new Uint32Array(bytes.buffer)
  const [sourceShard, r, n, d, stringBytes, each] = Array.from(u32.subarray(2, 8)) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  if (each !== partialWords) throw new RecordVersionUnknown({ version: recordVersion })
  const roundsAt = fixedBytes >>> 3
  const wordsAt = roundsAt + 3 * r
  const u32At = 2 * (wordsAt + n * partialWords)
  const stringAt = 4 * (u32At + 2 * n + d)
  if (bytes.length !== 8 * Math.ceil((stringAt + stringBytes) / 8)) {
    throw new RecordCorrupt({ detail: "columns do not add up" })
  }
  const ids = readStrings(bytes, u32.subarray(u32At + 2 * n, u32At + 2 * n + d), stringAt, stringBytes)
  let next = 0
  const rounds = Array.from({ length: r }, (_, i) => {
    const from = next
    next += f64[roundsAt + 2 * r + i] as number
    return { time: f64[roundsAt + i] as number, sourceSequence: f64[roundsAt + r + i] as number, from, to: next }
  })
  if (next !== n) throw new RecordCorrupt({ detail: "rounds do not add up" })
  for (let i = 0; i < n; i++) {
    if ((u32[u32At + i] as number) >= d) throw new RecordCorrupt({ detail: "a partial names no district" })
  }
  return {
    sourceShard,
    rounds,
    district: (i) => ids[u32[u32At + i] as number] as string,
    property: (i) => (u32[u32At + n + i] as number) % 256,
    phase: (i) => (u32[u32At + n + i] as number) >>> 8,
    words: f64,
    at: (i) => wordsAt + i * partialWords
  }
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
