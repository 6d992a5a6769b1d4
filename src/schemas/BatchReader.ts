/**
 * Reads batches of observations. Hot path: copies a payload into one permanent scratch and exposes offsets into permanent typed
 * views; nothing is allocated per batch or per observation.
 */
import { batchHeaderBytes, flagResultTime, noString } from "./BatchLayout.ts"
import { InternedStrings } from "./InternedStrings.ts"
import { checksumWords, RecordCorrupt, recordKind } from "./Records.ts"

// Ids keep what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const frequent = new InternedStrings()

/**
 * Reads batches. After `read`, the public offsets point into the permanent views: observation `i` has
 * `f64[resultAt + i]`, `base + i32[timeAt + i]`, key `u16[keyAt + i]`, and key `k` has hash `u32[hashAt + k]`, sensor string
 * `u16[sensorAt + k]`, property number `u16[propertyAt + k]`, district string `u16[districtAt + k]` (0xffff: none).
 */
export class BatchReader {
  u8 = new Uint8Array(0)
  f64 = new Float64Array(0)
  u32 = new Uint32Array(0)
  i32 = new Int32Array(0)
  u16 = new Uint16Array(0)
  /** Observations, keys, located observations. */
  n = 0
  k = 0
  l = 0
  receivedAt = 0
  base = 0
  producerSequence = 0
  districtSetVersion = 0
  resultAt = 0
  /** −1 where the batch has no result times. */
  resultTimeAt = -1
  timeAt = 0
  hashAt = 0
  lonAt = 0
  latAt = 0
  keyAt = 0
  locatedAt = 0
  sensorAt = 0
  propertyAt = 0
  districtAt = 0
  private lengthAt = 0
  private s = 0
  private source_ = 0
  private producer_ = 0
  private trace_ = 0
  /** Byte offset of each string, and one behind the last. */
  stringFrom = new Uint32Array(256)

  constructor(bytes = 65_536) {
    this.reserve(bytes)
  }

  get source(): string {
    return this.frequentString(this.source_)
  }
  get producer(): string {
    return this.frequentString(this.producer_)
  }
  get traceparent(): string | undefined {
    return this.trace_ === noString ? undefined : this.string(this.trace_)
  }

  /** The string of an index of this batch. */
  string(index: number): string {
    return decoder.decode(this.u8.subarray(this.stringFrom[index], this.stringFrom[index + 1]))
  }

  /** As `string`, for one that other batches have as well: a district. */
  frequentString(index: number): string {
    return frequent.of(this.u8, this.stringFrom[index] as number, this.stringFrom[index + 1] as number)
  }

  /** Throws `RecordCorrupt` or `RecordVersionUnknown`; then the offsets are void. */
  read(payload: Uint8Array): void {
    const kind = recordKind(payload)
    if (kind !== "batch") throw new RecordCorrupt({ detail: `a ${kind} record where a batch was expected` })
    if (payload.length < batchHeaderBytes) throw new RecordCorrupt({ detail: `batch of ${payload.length} bytes` })
    if (payload.length > this.u8.length) this.reserve(payload.length)
    this.u8.set(payload)
    const { f64, u16, u32 } = this
    const words = payload.length >>> 2
    if (u32[1] !== checksumWords(u32, words)) {
      throw new RecordCorrupt({ detail: "checksum mismatch" })
    }
    this.receivedAt = f64[1] as number
    this.base = f64[2] as number
    this.producerSequence = f64[3] as number
    const n = this.n = u32[8] as number
    const k = this.k = u32[9] as number
    const l = this.l = u32[10] as number
    const s = this.s = u32[11] as number
    const stringBytes = u32[12] as number
    this.source_ = u16[26] as number
    this.producer_ = u16[27] as number
    this.districtSetVersion = u32[14] as number
    this.trace_ = u16[30] as number
    let at = batchHeaderBytes
    this.resultAt = at >>> 3
    at += 8 * n
    this.resultTimeAt = -1
    if (((this.u8[3] as number) & flagResultTime) !== 0) {
      this.resultTimeAt = at >>> 3
      at += 8 * n
    }
    this.timeAt = at >>> 2
    at += 4 * n
    this.hashAt = at >>> 2
    at += 4 * k
    this.lonAt = at >>> 2
    this.latAt = this.lonAt + l
    at += 8 * l
    this.keyAt = at >>> 1
    at += 2 * n
    this.locatedAt = at >>> 1
    at += 2 * l
    this.sensorAt = at >>> 1
    at += 2 * k
    this.propertyAt = at >>> 1
    at += 2 * k
    this.districtAt = at >>> 1
    at += 2 * k
    this.lengthAt = at >>> 1
    at += 2 * s
    if (((at + stringBytes + 7) & ~7) !== payload.length) {
      throw new RecordCorrupt({ detail: `columns of ${at + stringBytes} bytes in a record of ${payload.length}` })
    }
    this.readStrings(at, stringBytes)
  }

  private readStrings(from: number, stringBytes: number): void {
    const { s, u16 } = this
    if (s + 1 > this.stringFrom.length) this.stringFrom = new Uint32Array(2 * s + 2)
    let at = from
    for (let i = 0; i < s; i++) {
      this.stringFrom[i] = at
      at += u16[this.lengthAt + i] as number
    }
    this.stringFrom[s] = at
    const trace = this.trace_
    if (at !== from + stringBytes || this.source_ >= s || this.producer_ >= s || (trace !== noString && trace >= s)) {
      throw new RecordCorrupt({ detail: "strings do not add up" })
    }
    for (let i = 0; i < this.k; i++) {
      const district = u16[this.districtAt + i] as number
      if ((u16[this.sensorAt + i] as number) >= s || (district !== noString && district >= s)) {
        throw new RecordCorrupt({ detail: "a key names no string" })
      }
    }
    for (let i = 0; i < this.n; i++) {
      if ((u16[this.keyAt + i] as number) >= this.k) throw new RecordCorrupt({ detail: "an observation names no key" })
    }
    for (let i = 0; i < this.l; i++) {
      if ((u16[this.locatedAt + i] as number) >= this.n) {
        throw new RecordCorrupt({ detail: "a location names no observation" })
      }
    }
  }

  private reserve(bytes: number): void {
    const buffer = new ArrayBuffer((Math.max(bytes, 65_536) * 2 + 7) & ~7)
    this.u8 = new Uint8Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.u16 = new Uint16Array(buffer)
  }
}
