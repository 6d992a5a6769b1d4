/** Detectors on the roads: one for each direction about every half kilometre, with the capacity and load of the place. */
import { type ObservedProperty, observedProperty } from "../../schemas/ObservedProperties.ts"
import { lateDistrict, nearestDistrict } from "./DistrictShapes.ts"
import { type Road, roads } from "./HelsinkiMap.ts"
import { type Metres, Polyline, toLonLat, toMetres } from "./Plane.ts"
import { hash, seedOf, smooth, uniform } from "./SeededNoise.ts"
import { type FaultKind, faultKinds } from "./SensorFaults.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"
import type { DetectorModel } from "./Traffic.ts"

const spacingMetres = 520
/** Vehicles are counted over this long. */
export const detectorMillis = 120_000

/** Free speed in km/h and capacity in vehicles per hour of one direction, by kind of road (assumption). */
const standard: Readonly<Record<Road["kind"], { readonly freeSpeed: number; readonly capacity: number }>> = {
  street: { freeSpeed: 41, capacity: 1000 },
  main: { freeSpeed: 54, capacity: 2000 },
  motorway: { freeSpeed: 84, capacity: 4600 }
}

/** The roads of the map, by number. */
export const roadLines = (): ReadonlyArray<Polyline> => roads.map(({ points }) => new Polyline(points.map(toMetres)))

export const propertiesOf = (...names: ReadonlyArray<string>): ReadonlyArray<ObservedProperty> =>
  names.flatMap((name) => observedProperty(name) ?? [])

/** About one sensor of thirteen has something wrong with it at times. */
const faultOf = (seed: number, id: string): FaultKind | undefined => {
  const part = seedOf(seed, id)
  return uniform(part, 1, 0) < 0.075 ? faultKinds[hash(part, 2, 0) % faultKinds.length] : undefined
}

/** A whole second of the interval, so that not all send at once. */
export const phaseOf = (id: string, intervalMillis: number): number =>
  intervalMillis === 0 ? 0 : 1000 * (hash(seedOf(7, id), 3, 0) % (intervalMillis / 1000))

/** What all sensors that stand somewhere have in common. */
export const fixedSensor = (
  seed: number,
  sensor: Pick<SimulatedSensor, "id" | "name" | "kind" | "properties" | "intervalMillis">,
  place: Metres
): SimulatedSensor => {
  const fault = faultOf(seed, sensor.id)
  return {
    ...sensor,
    location: toLonLat(place),
    phaseMillis: phaseOf(sensor.id, sensor.intervalMillis),
    ...(fault === undefined ? {} : { fault }),
    isLate: nearestDistrict(place) === lateDistrict && sensor.kind !== "weather"
  }
}

const directions: ReadonlyArray<1 | -1> = [-1, 1]

export const placeRoadSensors = (
  seed: number,
  lines: ReadonlyArray<Polyline>
): { readonly sensors: ReadonlyArray<SimulatedSensor>; readonly detectors: ReadonlyArray<DetectorModel> } => {
  const sensors: Array<SimulatedSensor> = []
  const detectors: Array<DetectorModel> = []
  const properties = propertiesOf("vehicle_flow", "vehicle_speed")
  roads.forEach((road, number) => {
    const line = lines[number] as Polyline
    const count = Math.max(2, Math.round(line.length / spacingMetres))
    for (const direction of directions) {
      const before = detectors.length
      for (let i = 0; i < count; i++) {
        const at = ((i + 0.5) / count) * line.length
        const place = beside(line, at, 11 * direction)
        const way = wayOf(road, direction)
        const id = `${road.id}-${String(i + 1).padStart(2, "0")}-${way.id}`
        const name = `${road.name} ${i + 1}, ${way.name}`
        sensors.push(
          fixedSensor(seed, { id, name, kind: "detector", properties, intervalMillis: detectorMillis }, place)
        )
        const neighbours = [before + i - 1, before + i + 1].filter((n) => n >= before && n < before + count)
        detectors.push({ ...model(seed, road, number, direction, at, count), place, neighbours })
      }
    }
  })
  return { sensors, detectors }
}

const wayOf = ({ isRing }: Road, direction: 1 | -1): { readonly id: string; readonly name: string } =>
  isRing === true
    ? direction === 1 ? { id: "e", name: "eastbound" } : { id: "w", name: "westbound" }
    : direction === 1
    ? { id: "out", name: "outbound" }
    : { id: "in", name: "inbound" }

/** Load and capacity vary along a road, by seed: every city has bottlenecks of its own. */
const model = (
  seed: number,
  { isRing = false, kind }: Road,
  road: number,
  direction: 1 | -1,
  at: number,
  count: number
): Omit<DetectorModel, "place" | "neighbours"> => {
  const key = road * 2 + (direction === 1 ? 1 : 0)
  const part = seedOf(seed, "roads")
  const { capacity, freeSpeed } = standard[kind]
  const along = smooth(part, key, at, 1400)
  return {
    road,
    direction,
    at,
    isRing,
    freeSpeed: freeSpeed * (1 + 0.05 * smooth(part, key + 1000, at, 2000)),
    capacity: Math.round(capacity * (0.92 + 0.16 * uniform(part, key + 2000, count))),
    load: Math.max(0.5, 0.95 + 0.16 * (uniform(part, key + 3000, count) - 0.5) + 0.1 * along)
  }
}

/** A point `offset` metres to the right of a line. */
export const beside = (line: Polyline, at: number, offset: number): Metres => {
  const [a, b] = [line.at(Math.max(0, at - 5)), line.at(Math.min(line.length, at + 5))]
  const length = Math.hypot(b[0] - a[0], b[1] - a[1])
  const [x, y] = line.at(at)
  return [x + ((b[1] - a[1]) / length) * offset, y - ((b[0] - a[0]) / length) * offset]
}
