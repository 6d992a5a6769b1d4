/**
 * What the simulated Helsinki of a seed is: its sensors, and what drives them. Promise: one seed is one city, bit for bit;
 * roads, lines and districts (`DistrictShapes.ts`) are those of the map for every seed, while capacities, faults, weather and
 * incidents are of the seed.
 */
import { CityAir } from "./AirQuality.ts"
import { CityHeadways } from "./Headways.ts"
import { roads } from "./HelsinkiMap.ts"
import { CityIncidents, type Incident } from "./Incidents.ts"
import { CityTransport } from "./PublicTransport.ts"
import { CityNoise } from "./RoadNoise.ts"
import { placeRoadSensors, roadLines } from "./RoadSensors.ts"
import { type FaultEpisode, SensorFaults } from "./SensorFaults.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"
import { placeStations } from "./Stations.ts"
import { placeStops } from "./Stops.ts"
import { CityTraffic } from "./Traffic.ts"
import { placeVehicles } from "./Vehicles.ts"
import { CityWeather, type WeatherShock } from "./Weather.ts"

/** Raised with any change of what a seed gives: recordings of different models are different recordings. */
export const modelVersion = 2

export interface SimulatedCity {
  readonly seed: number
  /** Detectors first, then air stations, noise meters, weather stations, vehicles, stops. */
  readonly sensors: ReadonlyArray<SimulatedSensor>
  /** Number of the first sensor of each kind. */
  readonly first: Readonly<Record<"air" | "noise" | "weather" | "vehicle" | "stop", number>>
  readonly weather: CityWeather
  readonly incidents: CityIncidents
  readonly traffic: CityTraffic
  readonly air: CityAir
  readonly noise: CityNoise
  readonly transport: CityTransport
  readonly headways: CityHeadways
  readonly faults: SensorFaults
}

/** What really happened, for those who judge detectors and forecasts by it. */
export interface Truth {
  readonly incidents: ReadonlyArray<Incident & { readonly roadName: string }>
  readonly shocks: ReadonlyArray<WeatherShock>
  readonly faults: ReadonlyArray<FaultEpisode & { readonly sensorId: string }>
}

export const makeCity = (seed: number): SimulatedCity => {
  const lines = roadLines()
  const road = placeRoadSensors(seed, lines)
  const stations = placeStations(seed, road.detectors)
  const vehicles = placeVehicles(seed, road.detectors)
  const stops = placeStops(seed, vehicles.lines)
  const weather = new CityWeather(seed)
  const incidents = new CityIncidents(seed, lines, weather)
  const traffic = new CityTraffic(seed, road.detectors, weather, incidents)
  const transport = new CityTransport(seed, vehicles.models, traffic, weather)
  const fixed = [...road.sensors, ...stations.air, ...stations.noise, ...stations.weather]
  const air = road.sensors.length
  const noise = air + stations.air.length
  const weatherAt = noise + stations.noise.length
  const stop = fixed.length + vehicles.sensors.length
  return {
    seed,
    sensors: [...fixed, ...vehicles.sensors, ...stops.sensors],
    first: { air, noise, weather: weatherAt, vehicle: fixed.length, stop },
    weather,
    incidents,
    traffic,
    air: new CityAir(seed, stations.airModels, traffic, weather),
    noise: new CityNoise(seed, stations.noiseModels, traffic, weather),
    transport,
    headways: new CityHeadways(transport, stops.models),
    faults: new SensorFaults(seed)
  }
}

const day = 86_400_000

/** What happens in `[from, to)`. */
export const truthBetween = (city: SimulatedCity, from: number, to: number): Truth => {
  const shocks: Array<WeatherShock> = []
  for (let d = Math.floor(from / day) - 1; d * day < to; d++) {
    const shock = city.weather.shockOf(d)
    if (shock !== undefined && shock.from < to && shock.to > from) shocks.push(shock)
  }
  return {
    incidents: city.incidents.between(from, to).map((incident) => ({
      ...incident,
      roadName: roads[incident.road]?.name ?? ""
    })),
    shocks,
    faults: city.sensors.flatMap(({ fault, id }, n) =>
      fault === undefined ? [] : city.faults.between(n, fault, from, to).map((e) => ({ ...e, sensorId: id }))
    )
  }
}
