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
import { checksumWords, RecordCorrupt, recordKind, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

/** Words of a partial (`src/analytics/Partial.ts`); a change of what they mean is a new version of records. */
export const partialWords = 23
const fixedBytes = 32
/** Phases there are: 0 provisional, 1 final, 2 addition (`src/analytics/ShardPartials.ts`). */
const phaseMax = 2

const isCount = (count: number): boolean => Number.isInteger(count) && count >= 0

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
  /** Partials that were added. */
  length = 0
  private times: Array<number> = []
  private sequences: Array<number> = []
  private counts: Array<number> = []
  private words = new Float64Array(64 * partialWords)
  private districts: Uint32Array = new Uint32Array(64)
  private kinds: Uint32Array = new Uint32Array(64)
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
    const i = this.length++
    if (i === this.kinds.length) this.grow()
    const { words } = this
    const into = i * partialWords
    for (let word = 0; word < partialWords; word++) words[into + word] = from[at + word] as number
    this.districts[i] = this.indexOf(district)
    this.kinds[i] = phase * 256 + property
    this.counts[this.counts.length - 1] = (this.counts.at(-1) as number) + 1
  }

  private grow(): void {
    const { districts, kinds, words } = this
    this.words = new Float64Array(2 * words.length)
    this.words.set(words)
    this.districts = new Uint32Array(2 * districts.length)
    this.districts.set(districts)
    this.kinds = new Uint32Array(2 * kinds.length)
    this.kinds.set(kinds)
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
    const { ids, length: n } = this
    const r = this.times.length
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
    u32.set(this.districts.subarray(0, n), u32At)
    u32.set(this.kinds.subarray(0, n), u32At + n)
    let at = stringAt
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as Uint8Array
      u32[u32At + 2 * n + i] = id.length
      bytes.set(id, at)
      at += id.length
    }
    this.clear()
    return sealRecord(bytes, "partials", 0)
  }

  clear(): void {
    this.length = 0
    this.times = []
    this.sequences = []
    this.counts = []
    this.ids = []
    this.record++
  }
}

/** Partials `from` to `to` of a record, given out at this whole minute, which the source reached with this record of its log. */
interface PartialsRound {
  readonly time: number
  readonly sourceSequence: number
  readonly from: number
  readonly to: number
}

/** Reads records into memory of its own, which the next one uses again: what is kept must be copied. */
export class PartialsReader {
  sourceShard = 0
  /** Partials. */
  n = 0
  rounds: ReadonlyArray<PartialsRound> = []
  /** The districts that are met here. */
  districts: ReadonlyArray<string> = []
  /** Partial `i` begins at `at(i)`. */
  words = new Float64Array(0)
  private u8 = new Uint8Array(0)
  private u32 = new Uint32Array(0)
  private wordsAt = 0
  private u32At = 0

  /**
   * Throws `RecordCorrupt`, and `RecordVersionUnknown` where partials have other words than `partialWords`, or a property or phase
   * that is not known.
   */
  read(record: Uint8Array): this {
    this.copy(record)
    const { u32, words } = this
    if (record.length < fixedBytes || record.length % 8 !== 0) {
      throw new RecordCorrupt({ detail: `partials of ${record.length} bytes` })
    }
    const rounds = u32[3] as number
    const districts = u32[5] as number
    const stringBytes = u32[6] as number
    this.sourceShard = u32[2] as number
    const n = this.n = u32[4] as number
    if (u32[7] !== partialWords) throw new RecordVersionUnknown({ version: recordVersion })
    const roundsAt = fixedBytes >>> 3
    this.wordsAt = roundsAt + 3 * rounds
    const u32At = this.u32At = 2 * (this.wordsAt + n * partialWords)
    const stringAt = 4 * (u32At + 2 * n + districts)
    if (record.length !== 8 * Math.ceil((stringAt + stringBytes) / 8)) {
      throw new RecordCorrupt({ detail: "columns do not add up" })
    }
    this.districts = districts === 0 && stringBytes === 0
      ? []
      : this.readStrings(u32At + 2 * n, districts, stringAt, stringBytes)
    let next = 0
    this.rounds = Array.from({ length: rounds }, (_, i) => {
      const from = next
      const time = words[roundsAt + i] as number
      const sourceSequence = words[roundsAt + rounds + i] as number
      const count = words[roundsAt + 2 * rounds + i] as number
      if (!Number.isFinite(time) || !Number.isFinite(sourceSequence) || !isCount(count)) {
        throw new RecordCorrupt({ detail: "a round that cannot be" })
      }
      next += count
      return { time, sourceSequence, from, to: next }
    })
    if (next !== n) throw new RecordCorrupt({ detail: "rounds do not add up" })
    for (let i = 0; i < n; i++) {
      if ((u32[u32At + i] as number) >= districts) throw new RecordCorrupt({ detail: "a partial names no district" })
      if (this.property(i) >= observedProperties.length || this.phase(i) > phaseMax) {
        throw new RecordVersionUnknown({ version: recordVersion })
      }
    }
    return this
  }

  private copy(record: Uint8Array): void {
    const kind = recordKind(record)
    if (kind !== "partials") throw new RecordCorrupt({ detail: `a ${kind} record where a partials was expected` })
    if (record.length > this.u8.length) {
      const buffer = new ArrayBuffer((2 * record.length + 7) & ~7)
      this.u8 = new Uint8Array(buffer)
      this.u32 = new Uint32Array(buffer)
      this.words = new Float64Array(buffer)
    }
    this.u8.set(record)
    if (this.u32[1] !== checksumWords(this.u32, record.length >>> 2)) {
      throw new RecordCorrupt({ detail: "checksum mismatch" })
    }
  }

  private readStrings(lengthAt: number, count: number, from: number, stringBytes: number): ReadonlyArray<string> {
    let at = from
    const strings: Array<string> = []
    for (let i = 0; i < count; i++) {
      const to = at + (this.u32[lengthAt + i] as number)
      // Lengths of a damaged record may lie beyond it.
      if (to > from + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
      strings.push(interned.of(this.u8, at, to))
      at = to
    }
    if (at !== from + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
    return strings
  }

  districtIndex(i: number): number {
    return this.u32[this.u32At + i] as number
  }
  district(i: number): string {
    return this.districts[this.districtIndex(i)] as string
  }
  property(i: number): number {
    return (this.u32[this.u32At + this.n + i] as number) % 256
  }
  phase(i: number): number {
    return (this.u32[this.u32At + this.n + i] as number) >>> 8
  }
  at(i: number): number {
    return this.wordsAt + i * partialWords
  }
}

/** A record as columns, in memory of its own. */
interface PartialsRecord extends Pick<PartialsReader, "sourceShard" | "rounds" | "words"> {
  /** Of partial `i`. */
  readonly district: (i: number) => string
  readonly property: (i: number) => number
  readonly phase: (i: number) => number
  /** Partial `i` begins at `at(i)`. */
  readonly at: (i: number) => number
}

/** Throws as `PartialsReader.read` does. */
export const decodePartials = (record: Uint8Array): PartialsRecord => {
  const reader = new PartialsReader().read(record)
  const { rounds, sourceShard, words } = reader
  return {
    sourceShard,
    rounds,
    words,
    district: (i) => reader.district(i),
    property: (i) => reader.property(i),
    phase: (i) => reader.phase(i),
    at: (i) => reader.at(i)
  }
}
