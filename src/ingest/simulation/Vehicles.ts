/** The trams and buses of the lines: how many, on which line, from when, and how they say who they are. */
import { type Line, lines } from "./HelsinkiLines.ts"
import { Polyline, toLonLat, toMetres } from "./Plane.ts"
import type { VehicleModel } from "./PublicTransport.ts"
import { phaseOf, propertiesOf } from "./RoadSensors.ts"
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

export const placeVehicles = (
  seed: number,
  detectors: ReadonlyArray<DetectorModel>
): { readonly sensors: ReadonlyArray<SimulatedSensor>; readonly models: ReadonlyArray<VehicleModel> } => {
  const sensors: Array<SimulatedSensor> = []
  const models: Array<VehicleModel> = []
  const properties = propertiesOf("vehicle_speed", "schedule_delay", "passenger_count")
  for (const { kind, name, points } of lines) {
    const line = new Polyline(points.map(toMetres))
    const { headway, speed, stopSpacing } = timetable[kind]
    const tripMillis = Math.round((line.length / 1000 / speed) * 60) * minute
    const slotMillis = tripMillis + turnMinutes * minute
    const count = Math.max(2, Math.round((2 * slotMillis) / (headway * minute)))
    const near = [0.1, 0.3, 0.5, 0.7, 0.9].map((f) => byDistance(detectors, line.at(f * line.length))[0] ?? 0)
    for (let i = 0; i < count; i++) {
      const id = `${kind}-${name}-${String(i + 1).padStart(2, "0")}`
      const isFaulty = uniform(seedOf(seed, id), 1, 0) < 0.03
      sensors.push({
        id,
        name: `${kind === "tram" ? "Tram" : "Bus"} ${name}, vehicle ${i + 1}`,
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
        stops: Math.max(3, Math.round(line.length / stopSpacing) + 1),
        tripMillis,
        slotMillis,
        offsetMillis: Math.round((i * 2 * slotMillis) / count / 1000) * 1000,
        isExtra: i % 2 === 1,
        detectors: near
      })
    }
  }
  return { sensors, models }
}
