/** Records of the logs as plain JSON values, for people: what `vicinity decode` prints. Not a format that is read back. */
import { decodeAnomalies } from "./AnomaliesCodec.ts"
import { shownAnomaly } from "./Anomaly.ts"
import { noString } from "./BatchLayout.ts"
import { BatchReader } from "./BatchReader.ts"
import { decodeCommand } from "./Commands.ts"
import { observedProperties } from "./ObservedProperties.ts"
import { decodePartials, partialWords } from "./PartialsCodec.ts"
import { toRfc3339 } from "./Quantities.ts"
import { decodeTick, recordKind } from "./Records.ts"
import { decodeWindows } from "./WindowsCodec.ts"

const propertyName = (number: number): string => observedProperties[number]?.name ?? `property ${number}`

const batchJson = (payload: Uint8Array): object => {
  const reader = new BatchReader()
  reader.read(payload)
  const { f64, i32, u16 } = reader
  const locations = new Map(Array.from({ length: reader.l }, (_, i) => [
    u16[reader.locatedAt + i] as number,
    [(i32[reader.lonAt + i] as number) / 1e7, (i32[reader.latAt + i] as number) / 1e7]
  ]))
  const observations = Array.from({ length: reader.n }, (_, i) => {
    const key = u16[reader.keyAt + i] as number
    const resultTime = reader.resultTimeAt < 0 ? NaN : f64[reader.resultTimeAt + i] as number
    const district = u16[reader.districtAt + key] as number
    return {
      sensorId: reader.string(u16[reader.sensorAt + key] as number),
      property: propertyName(u16[reader.propertyAt + key] as number),
      phenomenonTime: toRfc3339(reader.base + (i32[reader.timeAt + i] as number)),
      resultTime: Number.isNaN(resultTime) ? null : toRfc3339(resultTime),
      result: f64[reader.resultAt + i] as number,
      district: district === noString ? null : reader.string(district),
      location: locations.get(i) ?? null
    }
  })
  return {
    receivedAt: toRfc3339(reader.receivedAt),
    source: reader.source,
    producer: reader.producer,
    producerSequence: reader.producerSequence,
    districtSetVersion: reader.districtSetVersion,
    traceparent: reader.traceparent ?? null,
    observations
  }
}

const windowsJson = (payload: Uint8Array): object => {
  const { sourceSequence, sourceShard, windows } = decodeWindows(payload)
  return {
    sourceShard,
    sourceSequence,
    windows: windows.map(({ property, start, ...window }) => ({
      ...window,
      property: propertyName(property),
      start: toRfc3339(start)
    }))
  }
}

const partialsJson = (payload: Uint8Array): object => {
  const { at, district, phase, property, rounds, sourceShard, words } = decodePartials(payload)
  const partialJson = (i: number) => ({
    district: district(i),
    property: propertyName(property(i)),
    phase: phase(i),
    start: toRfc3339(words[at(i)] as number),
    words: Array.from(words.subarray(at(i) + 1, at(i) + partialWords))
  })
  return {
    sourceShard,
    rounds: rounds.map(({ from, sourceSequence, time, to }) => ({
      time: toRfc3339(time),
      sourceSequence,
      partials: Array.from({ length: to - from }, (_, i) => partialJson(from + i))
    }))
  }
}

const anomaliesJson = (payload: Uint8Array): object => {
  const { found, sourceShard } = decodeAnomalies(payload)
  return {
    sourceShard,
    found: found.map((one) => ({
      sourceSequence: one.sourceSequence,
      ordinal: one.ordinal,
      foundAt: toRfc3339(one.foundAt),
      ...shownAnomaly(one)
    }))
  }
}

/** Throws `RecordCorrupt` or `RecordVersionUnknown`. */
export const recordJson = (payload: Uint8Array): object => {
  const kind = recordKind(payload)
  switch (kind) {
    case "batch":
      return { kind, ...batchJson(payload) }
    case "tick":
      return { kind, now: toRfc3339(decodeTick(payload)) }
    case "command": {
      const { issuedAt, ...rest } = decodeCommand(payload)
      return { kind, issuedAt: toRfc3339(issuedAt), ...rest }
    }
    case "windows":
      return { kind, ...windowsJson(payload) }
    case "partials":
      return { kind, ...partialsJson(payload) }
    case "anomalies":
      return { kind, ...anomaliesJson(payload) }
  }
}
