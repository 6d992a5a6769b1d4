/** A sensor of the simulated city, as it is known beside its observations. */
import type { ObservedProperty } from "../../schemas/ObservedProperties.ts"
import type { LonLat } from "./Plane.ts"
import type { FaultKind } from "./SensorFaults.ts"

export type SensorKind = "detector" | "air" | "noise" | "weather" | "tram" | "bus" | "stop"

export interface SimulatedSensor {
  readonly id: string
  readonly name: string
  readonly kind: SensorKind
  /** Where it stands; of a vehicle, where its line starts. */
  readonly location: LonLat
  readonly properties: ReadonlyArray<ObservedProperty>
  /** Time between its observations, and the first one after a multiple of it; 0 of a stop, which reports when something leaves. */
  readonly intervalMillis: number
  readonly phaseMillis: number
  /** What is wrong with it at times. */
  readonly fault?: FaultKind
  /** Its observations arrive minutes late, many at once. */
  readonly isLate: boolean
}
