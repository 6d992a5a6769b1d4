/** Air-quality stations, noise meters and weather stations: where they stand, and which roads they feel. */
import type { AirStationModel, NearRoad } from "./AirQuality.ts"
import { nearestDistrict } from "./DistrictShapes.ts"
import { districtCentres } from "./HelsinkiMap.ts"
import { distance, type Metres, toMetres } from "./Plane.ts"
import type { NoiseMeterModel } from "./RoadNoise.ts"
import { fixedSensor, propertiesOf } from "./RoadSensors.ts"
import { seedOf, uniform } from "./SeededNoise.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"
import type { DetectorModel } from "./Traffic.ts"

const minute = 60_000
const noiseMetersEach = 4

/** Districts of small houses, where people heat with wood too. */
const stoves: Readonly<Record<string, number>> = {
  pakila: 1,
  malmi: 0.8,
  oulunkyla: 0.6,
  kannelmaki: 0.5,
  laajasalo: 0.4,
  haaga: 0.3
}

export interface Stations {
  readonly air: ReadonlyArray<SimulatedSensor>
  readonly airModels: ReadonlyArray<AirStationModel>
  readonly noise: ReadonlyArray<SimulatedSensor>
  readonly noiseModels: ReadonlyArray<NoiseMeterModel>
  readonly weather: ReadonlyArray<SimulatedSensor>
}

export const placeStations = (seed: number, detectors: ReadonlyArray<DetectorModel>): Stations => {
  const air: Array<SimulatedSensor> = []
  const airModels: Array<AirStationModel> = []
  const noise: Array<SimulatedSensor> = []
  const noiseModels: Array<NoiseMeterModel> = []
  const weather: Array<SimulatedSensor> = []
  districtCentres.forEach(([id, name, centre], district) => {
    const place = toMetres(centre)
    const all = byDistance(detectors, place)
    const own = all.filter((n) => nearestDistrict((detectors[n] as DetectorModel).place) === district)
    const here = own.length > 0 ? own : all.slice(0, noiseMetersEach)
    const street = detectors[here[0] ?? 0] as DetectorModel
    for (
      const [at, kind, label] of [[moved(street.place, 24, 1.2), "street", "street"], [
        place,
        "yard",
        "background"
      ]] as const
    ) {
      air.push(fixedSensor(seed, {
        id: `air-${id}-${kind}`,
        name: `${name}, air, ${label}`,
        kind: "air",
        properties: propertiesOf("pm2_5", "pm10", "no2", "o3"),
        intervalMillis: 5 * minute
      }, at))
      airModels.push({ roads: roadsNear(detectors, at), stoves: stoves[id] ?? 0 })
    }
    for (let i = 0; i < noiseMetersEach; i++) {
      const beside = detectors[here[Math.floor((i * here.length) / noiseMetersEach)] ?? here[0] ?? 0] as DetectorModel
      const part = seedOf(7, `${id}-${i}`)
      const at = moved(beside.place, 18 + 90 * uniform(part, 1, i), 2 * Math.PI * uniform(part, 2, i))
      noise.push(fixedSensor(seed, {
        id: `noise-${id}-${i + 1}`,
        name: `${name}, noise meter ${i + 1}`,
        kind: "noise",
        properties: propertiesOf("noise"),
        intervalMillis: 2 * minute
      }, at))
      noiseModels.push({ roads: lanesNear(detectors, at) })
    }
    weather.push(fixedSensor(seed, {
      id: `weather-${id}`,
      name: `${name}, weather`,
      kind: "weather",
      properties: propertiesOf("temperature", "relative_humidity", "wind_speed", "wind_direction", "precipitation"),
      intervalMillis: 2 * minute
    }, moved(place, 60, 0.4)))
  })
  return { air, airModels, noise, noiseModels, weather }
}

/** Numbers of the detectors, nearest first. */
export const byDistance = (detectors: ReadonlyArray<DetectorModel>, place: Metres): ReadonlyArray<number> =>
  detectors
    .map((detector, n) => [distance(detector.place, place), n] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, n]) => n)

/** The five nearest: all of a street next door, a little of what is a kilometre away. */
const roadsNear = (detectors: ReadonlyArray<DetectorModel>, place: Metres): ReadonlyArray<NearRoad> =>
  byDistance(detectors, place).slice(0, 5).map((n) => {
    const { capacity, place: there } = detectors[n] as DetectorModel
    // Three lanes of a motorway emit more than a street.
    const size = Math.sqrt(capacity / 2000)
    return { detector: n, weight: size * (0.05 + 0.45 * Math.exp(-distance(there, place) / 350)), capacity }
  })

const lanesNear = (detectors: ReadonlyArray<DetectorModel>, place: Metres): NoiseMeterModel["roads"] =>
  byDistance(detectors, place).slice(0, 2).map((n) => ({
    detector: n,
    metres: Math.max(10, distance((detectors[n] as DetectorModel).place, place))
  }))

const moved = ([x, y]: Metres, metres: number, angle: number): Metres => [
  x + metres * Math.cos(angle),
  y + metres * Math.sin(angle)
]
