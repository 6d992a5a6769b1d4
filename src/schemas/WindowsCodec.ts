/**
 * What the sensor stage publishes: the five-minute windows it closed, as a record of kind `windows` (docs/log-format.md).
 * Promise: self-contained; repeats of a window, after a crash, have the same content.
 *
 * Layout: header 8 B · f64 source sequence · u32 source shard, n, k, string bytes · f64 start[n], mean[n], min[n], max[n] ·
 * u32 count[n], key[n] · u32 property[k], length[k] · UTF-8 sensor ids.
 */
import { alignedRecord, RecordCorrupt, sealRecord } from "./Records.ts"

const fixedBytes = 32

export interface ClosedWindow {
  readonly sensorId: string
  /** Number in the catalogue. */
  readonly property: number
  /** Epoch milliseconds; the window is five minutes long. */
  readonly start: number
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
}

export interface WindowsRecord {
  readonly sourceShard: number
  /** Everything up to this sequence of the observation log is in what was published so far. */
  readonly sourceSequence: number
  readonly windows: ReadonlyArray<ClosedWindow>
}

export const encodeWindows = ({ sourceSequence, sourceShard, windows }: WindowsRecord): Uint8Array => {
  const encoder = new TextEncoder()
  const n = windows.length
  const keyOf = new Map<string, number>()
  const ids: Array<Uint8Array> = []
  const properties: Array<number> = []
  const keys = windows.map((window) => {
    const name = `${window.property} ${window.sensorId}`
    let key = keyOf.get(name)
    if (key === undefined) {
      key = ids.push(encoder.encode(window.sensorId)) - 1
      properties.push(window.property)
      keyOf.set(name, key)
    }
    return key
  })
  const k = ids.length
  const stringBytes = ids.reduce((sum, id) => sum + id.length, 0)
  const bytes = new Uint8Array((fixedBytes + 40 * n + 8 * k + stringBytes + 7) & ~7)
  const f64 = new Float64Array(bytes.buffer)
  const u32 = new Uint32Array(bytes.buffer)
  f64[1] = sourceSequence
  u32.set([sourceShard, n, k, stringBytes], 4)
  const f64At = fixedBytes >>> 3
  const u32At = (fixedBytes + 32 * n) >>> 2
  for (const [i, window] of windows.entries()) {
    f64[f64At + i] = window.start
    f64[f64At + n + i] = window.mean
    f64[f64At + 2 * n + i] = window.min
    f64[f64At + 3 * n + i] = window.max
    u32[u32At + i] = window.count
  }
  u32.set(keys, u32At + n)
  u32.set(properties, u32At + 2 * n)
  u32.set(ids.map((id) => id.length), u32At + 2 * n + k)
  let at = fixedBytes + 40 * n + 8 * k
  for (const id of ids) {
    bytes.set(id, at)
    at += id.length
  }
  return sealRecord(bytes, "windows", 0)
}

export const decodeWindows = (record: Uint8Array): WindowsRecord => {
  const bytes = alignedRecord(record, "windows")
  if (bytes.length < fixedBytes || bytes.length % 8 !== 0) throw new RecordCorrupt({ detail: `${bytes.length} bytes` })
  const f64 = new Float64Array(bytes.buffer)
  const u32 = new Uint32Array(bytes.buffer)
  const [sourceShard, n, k, stringBytes] = u32.subarray(4, 8) as unknown as [number, number, number, number]
  if (bytes.length !== 8 * Math.ceil((fixedBytes + 40 * n + 8 * k + stringBytes) / 8)) {
    throw new RecordCorrupt({ detail: "columns do not add up" })
  }
  const f64At = fixedBytes >>> 3
  const u32At = (fixedBytes + 32 * n) >>> 2
  // Ids keep what looks like a byte order mark.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let at = fixedBytes + 40 * n + 8 * k
  const ids = Array.from(u32.subarray(u32At + 2 * n + k, u32At + 2 * n + 2 * k), (length) => {
    at += length
    return decoder.decode(bytes.subarray(at - length, at))
  })
  if (at !== fixedBytes + 40 * n + 8 * k + stringBytes) throw new RecordCorrupt({ detail: "strings do not add up" })
  const windows = Array.from({ length: n }, (_, i): ClosedWindow => {
    const key = u32[u32At + n + i] as number
    if (key >= k) throw new RecordCorrupt({ detail: "a window names no key" })
    return {
      sensorId: ids[key] as string,
      property: u32[u32At + 2 * n + key] as number,
      start: f64[f64At + i] as number,
      count: u32[u32At + i] as number,
      mean: f64[f64At + n + i] as number,
      min: f64[f64At + 2 * n + i] as number,
      max: f64[f64At + 3 * n + i] as number
    }
  })
  return { sourceShard, sourceSequence: f64[1] as number, windows }
}
