/**
 * The columns of a batch of observations, version 1 (docs/log-format.md has every byte). Widest column first, so all are
 * aligned without padding. Hot path: `BatchReader` copies a payload into one permanent scratch and exposes offsets into
 * permanent typed views; nothing is allocated per batch or per observation.
 */
import { datastreamHashOf, idHash } from "./DatastreamHash.ts"
import { checksumWords, RecordCorrupt, recordKind, sealRecord } from "./Records.ts"

export { datastreamHash } from "./DatastreamHash.ts"

const headerBytes = 64
const flagResultTime = 1
const none = 0xffff

/** Most observations of one batch. */
export const batchObservationsMax = 16_384
/** Longest span of phenomenon times in one batch: offsets are 32-bit milliseconds. */
export const batchSpanMillisMax = 2_000_000_000

export interface BatchHeader {
  /** Epoch milliseconds at which the door had the batch; event time in a replay. */
  readonly receivedAt: number
  /** Name of the source, e.g. `http` or `replay:los-loop`. */
  readonly source: string
  /** Who wrote it, and its how-manieth batch to this shard (from 1): a repeated pair is applied once. */
  readonly producer: string
  readonly producerSequence: number
  readonly districtSetVersion: number
  readonly traceparent?: string | undefined
}

const encoder = new TextEncoder()
// Ids keep what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

interface CachedId {
  readonly bytes: Uint8Array
  readonly hash: number
}

const grown = <A extends Float64Array | Uint16Array>(old: A, fresh: A): A => {
  fresh.set(old)
  return fresh
}

/** Collects observations of one shard and writes them as one batch. Reused from batch to batch. */
export class BatchWriter {
  /** Observations collected. */
  count = 0
  private results = new Float64Array(128)
  private times = new Float64Array(128)
  private resultTimes = new Float64Array(128)
  private keys = new Uint16Array(128)
  private hasResultTime = false
  private timeMin = Infinity
  private timeMax = -Infinity
  private readonly keySensor: Array<number> = []
  private readonly keyProperty: Array<number> = []
  private readonly keyDistrict: Array<number> = []
  private readonly keyNext: Array<number> = []
  private readonly strings: Array<CachedId> = []
  private stringBytes = 0
  private readonly stringOf = new Map<string, number>()
  private readonly firstKeyOf = new Map<number, number>()
  private readonly located: Array<number> = []
  private readonly lonLat: Array<number> = []
  private readonly idCache: Map<string, CachedId>

  /** `idCache` may be shared by all writers of a door; it is bounded by `cachedIdsMax`. */
  constructor(idCache: Map<string, CachedId> = new Map()) {
    this.idCache = idCache
  }

  /** Whether an observation of this time still fits; if not, take the batch first. */
  fits(phenomenonTime: number): boolean {
    return this.count < batchObservationsMax
      && Math.max(this.timeMax, phenomenonTime) - Math.min(this.timeMin, phenomenonTime) <= batchSpanMillisMax
      && this.strings.length < none - 8
  }

  /** `resultTime` is NaN where there is none; `location` is [longitude, latitude] in degrees. */
  add(
    sensorId: string,
    property: number,
    phenomenonTime: number,
    resultTime: number,
    result: number,
    district: string | undefined,
    location: readonly [number, number] | undefined
  ): void {
    const index = this.count++
    if (index === this.results.length) this.grow()
    this.results[index] = result
    this.times[index] = phenomenonTime
    this.resultTimes[index] = resultTime
    if (resultTime === resultTime) this.hasResultTime = true
    if (phenomenonTime < this.timeMin) this.timeMin = phenomenonTime
    if (phenomenonTime > this.timeMax) this.timeMax = phenomenonTime
    this.keys[index] = this.keyIndex(sensorId, property, district)
    if (location !== undefined) {
      this.located.push(index)
      this.lonLat.push(Math.round(location[0] * 1e7), Math.round(location[1] * 1e7))
    }
  }

  /** The batch as a record, and the writer empty again. */
  take(header: BatchHeader): Uint8Array {
    const n = this.count
    const k = this.keySensor.length
    const l = this.located.length
    const source = this.stringIndex(header.source)
    const producer = this.stringIndex(header.producer)
    const trace = header.traceparent === undefined ? none : this.stringIndex(header.traceparent)
    const s = this.strings.length
    const resultTimeBytes = this.hasResultTime ? 8 * n : 0
    const size = headerBytes + 8 * n + resultTimeBytes + 4 * n + 4 * k + 8 * l + 2 * n + 2 * l + 6 * k + 2 * s
      + this.stringBytes
    const bytes = new Uint8Array((size + 7) & ~7)
    const f64 = new Float64Array(bytes.buffer)
    const u32 = new Uint32Array(bytes.buffer)
    const i32 = new Int32Array(bytes.buffer)
    const u16 = new Uint16Array(bytes.buffer)
    const base = n === 0 ? 0 : this.timeMin
    f64[1] = header.receivedAt
    f64[2] = base
    f64[3] = header.producerSequence
    u32[8] = n
    u32[9] = k
    u32[10] = l
    u32[11] = s
    u32[12] = this.stringBytes
    u16[26] = source
    u16[27] = producer
    u32[14] = header.districtSetVersion
    u16[30] = trace
    u16[31] = none // tenant: reserved
    let at = headerBytes
    f64.set(this.results.subarray(0, n), at >>> 3)
    at += 8 * n
    if (this.hasResultTime) {
      f64.set(this.resultTimes.subarray(0, n), at >>> 3)
      at += 8 * n
    }
    for (let i = 0, o = at >>> 2; i < n; i++) i32[o + i] = (this.times[i] as number) - base
    at += 4 * n
    for (let i = 0, o = at >>> 2; i < k; i++) {
      const id = this.strings[this.keySensor[i] as number] as CachedId
      u32[o + i] = datastreamHashOf(id.hash, this.keyProperty[i] as number)
    }
    at += 4 * k
    for (let i = 0, o = at >>> 2; i < l; i++) {
      i32[o + i] = this.lonLat[2 * i] as number
      i32[o + l + i] = this.lonLat[2 * i + 1] as number
    }
    at += 8 * l
    u16.set(this.keys.subarray(0, n), at >>> 1)
    at += 2 * n
    for (const column of [this.located, this.keySensor, this.keyProperty, this.keyDistrict]) {
      u16.set(column, at >>> 1)
      at += 2 * column.length
    }
    for (let i = 0, o = at >>> 1; i < s; i++) u16[o + i] = (this.strings[i] as CachedId).bytes.length
    at += 2 * s
    for (const { bytes: text } of this.strings) {
      bytes.set(text, at)
      at += text.length
    }
    const flags = this.hasResultTime ? flagResultTime : 0
    this.clear()
    return sealRecord(bytes, "batch", flags)
  }

  private clear(): void {
    this.count = 0
    this.hasResultTime = false
    this.timeMin = Infinity
    this.timeMax = -Infinity
    this.keySensor.length = 0
    this.keyProperty.length = 0
    this.keyDistrict.length = 0
    this.keyNext.length = 0
    this.strings.length = 0
    this.stringBytes = 0
    this.stringOf.clear()
    this.firstKeyOf.clear()
    this.located.length = 0
    this.lonLat.length = 0
  }

  private keyIndex(sensorId: string, property: number, districtId: string | undefined): number {
    const sensor = this.stringIndex(sensorId)
    const district = districtId === undefined ? none : this.stringIndex(districtId)
    const first = this.firstKeyOf.get(sensor)
    for (let key = first ?? -1; key >= 0; key = this.keyNext[key] as number) {
      if (this.keyProperty[key] === property && this.keyDistrict[key] === district) return key
    }
    const key = this.keySensor.length
    this.keySensor.push(sensor)
    this.keyProperty.push(property)
    this.keyDistrict.push(district)
    this.keyNext.push(first ?? -1)
    this.firstKeyOf.set(sensor, key)
    return key
  }

  private stringIndex(text: string): number {
    const known = this.stringOf.get(text)
    if (known !== undefined) return known
    let id = this.idCache.get(text)
    if (id === undefined) {
      const bytes = encoder.encode(text)
      id = { bytes, hash: idHash(bytes) }
      if (this.idCache.size >= cachedIdsMax) this.idCache.clear()
      this.idCache.set(text, id)
    }
    const index = this.strings.length
    this.strings.push(id)
    this.stringBytes += id.bytes.length
    this.stringOf.set(text, index)
    return index
  }

  private grow(): void {
    const size = this.results.length * 2
    this.results = grown(this.results, new Float64Array(size))
    this.times = grown(this.times, new Float64Array(size))
    this.resultTimes = grown(this.resultTimes, new Float64Array(size))
    this.keys = grown(this.keys, new Uint16Array(size))
  }
}

/** Ids whose bytes a door keeps; beyond it starts anew. */
export const cachedIdsMax = 262_144

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
    return this.string(this.source_)
  }
  get producer(): string {
    return this.string(this.producer_)
  }
  get traceparent(): string | undefined {
    return this.trace_ === none ? undefined : this.string(this.trace_)
  }

  /** The string of an index of this batch. */
  string(index: number): string {
    return decoder.decode(this.u8.subarray(this.stringFrom[index], this.stringFrom[index + 1]))
  }

  /** Throws `RecordCorrupt` or `RecordVersionUnknown`; then the offsets are void. */
  read(payload: Uint8Array): void {
    const kind = recordKind(payload)
    if (kind !== "batch") throw new RecordCorrupt({ detail: `a ${kind} record where a batch was expected` })
    if (payload.length < headerBytes) throw new RecordCorrupt({ detail: `batch of ${payload.length} bytes` })
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
    let at = headerBytes
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
    if (at !== from + stringBytes || this.source_ >= s || this.producer_ >= s || (trace !== none && trace >= s)) {
      throw new RecordCorrupt({ detail: "strings do not add up" })
    }
    for (let i = 0; i < this.k; i++) {
      const district = u16[this.districtAt + i] as number
      if ((u16[this.sensorAt + i] as number) >= s || (district !== none && district >= s)) {
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

/** Absent district in `districtAt`. */
export const noString = none
