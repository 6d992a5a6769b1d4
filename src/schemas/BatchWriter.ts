/**
 * Writes batches of observations: widest column first, so all are aligned without padding. Reused from batch to batch; ids are
 * encoded and hashed once.
 */
import { batchHeaderBytes, batchObservationsMax, batchSpanMillisMax, flagResultTime, noString } from "./BatchLayout.ts"
import { datastreamHashOf, idHash } from "./DatastreamHash.ts"
import { sealRecord } from "./Records.ts"

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

/** Ids whose bytes a door keeps; beyond it starts anew. */
const cachedIdsMax = 262_144

const encoder = new TextEncoder()

interface CachedId {
  readonly bytes: Uint8Array
  readonly hash: number
  /** As a sensor of a batch: which one was the last, its string and its newest key there. Of another batch they say nothing. */
  batch: object | undefined
  string: number
  key: number
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
  /** Of all strings but sensors. */
  private readonly stringOf = new Map<string, number>()
  /** Stands for the batch that is being collected. */
  private batch: object = {}
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
      && this.strings.length < noString - 8
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
    const trace = header.traceparent === undefined ? noString : this.stringIndex(header.traceparent)
    const s = this.strings.length
    const resultTimeBytes = this.hasResultTime ? 8 * n : 0
    const size = batchHeaderBytes + 8 * n + resultTimeBytes + 4 * n + 4 * k + 8 * l + 2 * n + 2 * l + 6 * k + 2 * s
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
    u16[31] = noString // tenant: reserved
    let at = batchHeaderBytes
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
    this.batch = {}
    this.located.length = 0
    this.lonLat.length = 0
  }

  /** Once per observation: the id is looked up, and what the batch knows of it stands beside it. */
  private keyIndex(sensorId: string, property: number, districtId: string | undefined): number {
    const sensor = this.idOf(sensorId)
    const district = districtId === undefined ? noString : this.stringIndex(districtId)
    if (sensor.batch !== this.batch) {
      sensor.batch = this.batch
      sensor.string = this.addString(sensor)
      sensor.key = -1
    }
    for (let key = sensor.key; key >= 0; key = this.keyNext[key] as number) {
      if (this.keyProperty[key] === property && this.keyDistrict[key] === district) return key
    }
    const key = this.keySensor.length
    this.keySensor.push(sensor.string)
    this.keyProperty.push(property)
    this.keyDistrict.push(district)
    this.keyNext.push(sensor.key)
    sensor.key = key
    return key
  }

  private stringIndex(text: string): number {
    const known = this.stringOf.get(text)
    if (known !== undefined) return known
    const index = this.addString(this.idOf(text))
    this.stringOf.set(text, index)
    return index
  }

  private idOf(text: string): CachedId {
    const known = this.idCache.get(text)
    if (known !== undefined) return known
    const bytes = encoder.encode(text)
    const id = { bytes, hash: idHash(bytes), batch: undefined, string: 0, key: -1 }
    if (this.idCache.size >= cachedIdsMax) this.idCache.clear()
    this.idCache.set(text, id)
    return id
  }

  private addString(id: CachedId): number {
    this.stringBytes += id.bytes.length
    return this.strings.push(id) - 1
  }

  private grow(): void {
    const size = this.results.length * 2
    this.results = grown(this.results, new Float64Array(size))
    this.times = grown(this.times, new Float64Array(size))
    this.resultTimes = grown(this.resultTimes, new Float64Array(size))
    this.keys = grown(this.keys, new Uint16Array(size))
  }
}
