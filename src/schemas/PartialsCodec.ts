/**
 * What the sensor stage of one shard publishes to the district stage of another: partials of the districts that live there, in
 * rounds, as they were given out. Byte for byte: docs/log-format.md. Promise: a self-contained, versioned record like any other
 * of the logs; a record without partials still tells that the shard has come so far.
 *
 * header (see `Records.ts`) · u32 source shard, rounds r, partials n, districts d, string bytes, words of a partial ·
 * f64 time[r], source sequence[r], partials of it[r] · f64[n × words] · u32 district (index)[n], phase × 256 + property[n] ·
 * u32 length[d] · UTF-8 district ids.
 */
import { InternedStrings } from "./InternedStrings.ts"
import { observedProperties } from "./ObservedProperties.ts"
import { alignedRecord, RecordCorrupt, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

/** Words of a partial (`src/analytics/Partial.ts`); a change of what they mean is a new version of records. */
export const partialWords = 23
const fixedBytes = 32
/** Phases there are: 0 provisional, 1 final, 2 addition (`src/analytics/ShardPartials.ts`). */
const phaseMax = 2

/** A district a writer has met: its bytes, and its index in the record with this number. */
interface Met {
  readonly bytes: Uint8Array
  index: number
  record: number
}

/** Districts whose bytes a writer keeps; beyond it starts anew. */
const metMax = 65_536
const encoder = new TextEncoder()
const interned = new InternedStrings()

/** Gathers the partials of one record. */
export class PartialsWriter {
  private times: Array<number> = []
  private sequences: Array<number> = []
  private counts: Array<number> = []
  private words = new Float64Array(64 * partialWords)
  private districts: Array<number> = []
  private kinds: Array<number> = []
  private ids: Array<Uint8Array> = []
  private readonly met = new Map<string, Met>()
  private record = 0

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
    const index = this.indexOf(district)
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

  private indexOf(district: string): number {
    let met = this.met.get(district)
    if (met === undefined) {
      if (this.met.size === metMax) this.met.clear()
      met = { bytes: encoder.encode(district), index: 0, record: -1 }
      this.met.set(district, met)
    }
    if (met.record !== this.record) {
      met.record = this.record
      met.index = this.ids.push(met.bytes) - 1
    }
    return met.index
  }

  /** The record; the writer is empty again. */
  take(sourceShard: number): Uint8Array {
    const [r, n] = [this.times.length, this.districts.length]
    const { ids } = this
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
    this.ids = []
    this.record++
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
  /** The districts that are met here. */
  readonly districts: ReadonlyArray<string>
  /** Of partial `i`. */
  readonly districtIndex: (i: number) => number
  readonly district: (i: number) => string
  readonly property: (i: number) => number
  readonly phase: (i: number) => number
  /** Partial `i` begins at `at(i)`. */
  readonly words: Float64Array
  readonly at: (i: number) => number
}

const isCount = (count: number): boolean => Number.isInteger(count) && count >= 0

/**
 * Throws `RecordCorrupt`, and `RecordVersionUnknown` where partials have other words than `partialWords`, or a property or phase that is
 * not known.
 */
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
    const time = f64[roundsAt + i] as number
    const sourceSequence = f64[roundsAt + r + i] as number
    const count = f64[roundsAt + 2 * r + i] as number
    if (!Number.isFinite(time) || !Number.isFinite(sourceSequence) || !isCount(count)) {
      throw new RecordCorrupt({ detail: "a round that cannot be" })
    }
    next += count
    return { time, sourceSequence, from, to: next }
  })
  if (next !== n) throw new RecordCorrupt({ detail: "rounds do not add up" })
  for (let i = 0; i < n; i++) {
    if ((u32[u32At + i] as number) >= d) throw new RecordCorrupt({ detail: "a partial names no district" })
    const kind = u32[u32At + n + i] as number
    if (kind % 256 >= observedProperties.length || kind >>> 8 > phaseMax) {
      throw new RecordVersionUnknown({ version: recordVersion })
    }
  }
  return {
    sourceShard,
    rounds,
    districts: ids,
    districtIndex: (i) => u32[u32At + i] as number,
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
  let at = from
  const strings = Array.from(lengths, (length) => {
    at += length
    // Before it is read: a damaged length is up to 4 GB.
    if (at > from + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
    return interned.of(bytes, at - length, at)
  })
  if (at !== from + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
  return strings
}
