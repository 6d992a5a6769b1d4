/** A batch of the observation log as plain values: for those who judge it, not for those who are quick. */
import { BatchReader } from "../src/schemas/BatchReader.ts"
import { observedProperties } from "../src/schemas/ObservedProperties.ts"

export interface BatchHeader {
  readonly producer: string
  readonly producerSequence: number
  readonly source: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
}

export interface LoggedObservation {
  /** Of the datastream: sensor and property. */
  readonly name: string
  readonly property: string
  /** Epoch milliseconds; the second is NaN where there is none. */
  readonly phenomenonTime: number
  readonly resultTime: number
  readonly result: number
}

const reader = new BatchReader()

export const loggedBatch = (
  payload: Uint8Array
): { header: BatchHeader; observations: ReadonlyArray<LoggedObservation> } => {
  reader.read(payload)
  const { base, f64, i32, k, keyAt, n, producer, producerSequence, propertyAt, receivedAt, resultAt, resultTimeAt } =
    reader
  const { sensorAt, source, timeAt, u16 } = reader
  const keys = Array.from({ length: k }, (_, key) => {
    const property = observedProperties[u16[propertyAt + key] as number]?.name ?? ""
    return { name: `${reader.string(u16[sensorAt + key] as number)} ${property}`, property }
  })
  const observations: Array<LoggedObservation> = []
  for (let i = 0; i < n; i++) {
    const { name, property } = keys[u16[keyAt + i] as number] as { readonly name: string; readonly property: string }
    observations.push({
      name,
      property,
      phenomenonTime: base + (i32[timeAt + i] as number),
      resultTime: resultTimeAt < 0 ? NaN : f64[resultTimeAt + i] as number,
      result: f64[resultAt + i] as number
    })
  }
  return { header: { producer, producerSequence, source, receivedAt }, observations }
}
