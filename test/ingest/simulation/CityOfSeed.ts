/** Observations of the simulated city for tests, as plain series. */
import type { RecordedObservation } from "../../../src/ingest/ReplayStep.ts"
import { CityObservations } from "../../../src/ingest/simulation/CityObservations.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
/** Monday, 16 November 2026, 00:00 in Helsinki (UTC+2). */
export const monday = Date.UTC(2026, 10, 15, 22)

/** Everything that arrives in `[from, to)`, in steps of `stepMillis`. */
export const observationsOf = (
  seed: number,
  from: number,
  to: number,
  stepMillis: number = 10 * minute
): ReadonlyArray<RecordedObservation> => {
  const generator = new CityObservations(makeCity(seed))
  const found: Array<RecordedObservation> = []
  for (let t = from; t < to; t += stepMillis) {
    for (const one of generator.arriving(t, Math.min(to, t + stepMillis)).observations) found.push(one)
  }
  return found
}

export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const correlation = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const [meanA, meanB] = [mean(a), mean(b)]
  const product = (x: ReadonlyArray<number>, mx: number, y: ReadonlyArray<number>, my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0)
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB))
}

/** FNV-1a over the texts. */
export const fingerprint = (texts: Iterable<string>): string => {
  let h = 0x811c9dc5
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  }
  return (h >>> 0).toString(16).padStart(8, "0")
}

export const asText = ({ location, phenomenonTime, property, result, sensorId }: RecordedObservation): string =>
  `${sensorId} ${property.name} ${phenomenonTime} ${result} ${location?.join(",") ?? ""}\n`
