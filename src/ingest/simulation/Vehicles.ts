/** The trams and buses of the lines: how many, on which line, from when, and how they say who they are. */
import { type Line, lines } from "./HelsinkiLines.ts"
import { Polyline, toLonLat, toMetres } from "./Plane.ts"
import type { VehicleModel } from "./PublicTransport.ts"
import { beside, phaseOf, propertiesOf } from "./RoadSensors.ts"
import { seedOf, uniform } from "./SeededNoise.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"
import { byDistance } from "./Stations.ts"
import type { DetectorModel } from "./Traffic.ts"

const minute = 60_000

/** By timetable: km/h with stops, minutes between vehicles, metres between stops (assumption). */
const timetable: Readonly<
  Record<Line["kind"], { readonly speed: number; readonly headway: number; readonly stopSpacing: number }>
> = {
  tram: { speed: 16, headway: 10, stopSpacing: 420 },
  bus: { speed: 22, headway: 12, stopSpacing: 520 }
}
const turnMinutes = 5

/** A line with all that drives on it. */
export interface LineModel {
  readonly kind: Line["kind"]
  /** As people say it: Tram 4. */
  readonly label: string
  readonly id: string
  readonly way: Polyline
  /** Evenly from end to end, both ends among them. */
  readonly stops: number
  /** Numbers of its vehicles. */
  readonly vehicles: ReadonlyArray<number>
}

export interface Vehicles {
  readonly sensors: ReadonlyArray<SimulatedSensor>
  readonly models: ReadonlyArray<VehicleModel>
  readonly lines: ReadonlyArray<LineModel>
}

export const placeVehicles = (seed: number, detectors: ReadonlyArray<DetectorModel>): Vehicles => {
  const sensors: Array<SimulatedSensor> = []
  const models: Array<VehicleModel> = []
  const lineModels: Array<LineModel> = []
  const properties = propertiesOf("vehicle_speed", "schedule_delay", "passenger_count")
  for (const { kind, name, points } of lines) {
    const line = new Polyline(points.map(toMetres))
    const { headway, speed, stopSpacing } = timetable[kind]
    const tripMillis = Math.round((line.length / 1000 / speed) * 60) * minute
    const slotMillis = tripMillis + turnMinutes * minute
    // Even, so that vehicles come evenly too where every second one has gone home.
    const count = 2 * Math.max(1, Math.round(slotMillis / (headway * minute)))
    const label = `${kind === "tram" ? "Tram" : "Bus"} ${name}`
    const stops = Math.max(3, Math.round(line.length / stopSpacing) + 1)
    lineModels.push({
      kind,
      label,
      id: `${kind}-${name}`,
      way: line,
      stops,
      vehicles: Array.from({ length: count }, (_, i) => models.length + i)
    })
    const passed = [passedBy(line, detectors, true), passedBy(line, detectors, false)] as const
    for (let i = 0; i < count; i++) {
      const id = `${kind}-${name}-${String(i + 1).padStart(2, "0")}`
      const isFaulty = uniform(seedOf(seed, id), 1, 0) < 0.03
      sensors.push({
        id,
        name: `${label}, vehicle ${i + 1}`,
        kind,
        location: toLonLat(line.points[0] ?? [0, 0]),
        properties,
        intervalMillis: 10_000,
        phaseMillis: phaseOf(id, 10_000),
        ...(isFaulty ? { fault: "silent" as const } : {}),
        isLate: false
      })
      models.push({
        kind,
        line,
        stops,
        tripMillis,
        slotMillis,
        offsetMillis: Math.round((i * 2 * slotMillis) / count / 1000) * 1000,
        isExtra: i % 2 === 1,
        detectors: passed
      })
    }
  }
  return { sensors, models, lines: lineModels }
}

/** The nearest detectors on the right of five places on the way: where the line runs on a road, those of its own direction. */
const passedBy = (line: Polyline, detectors: ReadonlyArray<DetectorModel>, isOut: boolean): ReadonlyArray<number> =>
  [0.1, 0.3, 0.5, 0.7, 0.9].map((f) =>
    byDistance(detectors, beside(line, (isOut ? f : 1 - f) * line.length, isOut ? 12 : -12))[0] ?? 0
  )
