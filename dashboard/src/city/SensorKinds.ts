/** What a sensor is, by what it reports: for the colour of its dot and the word beside it. */
import type { Sensor } from "../api/Shapes.ts"

export const sensorKinds = ["vehicle", "stop", "traffic", "air", "noise", "weather", "other"] as const
export type SensorKind = (typeof sensorKinds)[number]

const kindOfProperty: Readonly<Record<string, SensorKind>> = {
  schedule_delay: "vehicle",
  headway: "stop",
  vehicle_flow: "traffic",
  occupancy: "traffic",
  vehicle_speed: "traffic",
  pm2_5: "air",
  pm10: "air",
  no2: "air",
  o3: "air",
  so2: "air",
  co: "air",
  noise: "noise",
  temperature: "weather",
  relative_humidity: "weather",
  wind_speed: "weather",
  wind_direction: "weather",
  precipitation: "weather"
}

export const kindTitles: Readonly<Record<SensorKind, string>> = {
  vehicle: "Vehicles",
  stop: "Stops",
  traffic: "Traffic detectors",
  air: "Air-quality stations",
  noise: "Noise meters",
  weather: "Weather stations",
  other: "Other sensors"
}

export const kindNames: Readonly<Record<SensorKind, string>> = {
  vehicle: "Vehicle",
  stop: "Stop",
  traffic: "Traffic detector",
  air: "Air-quality station",
  noise: "Noise meter",
  weather: "Weather station",
  other: "Sensor"
}

/** The first kind, in the order of `sensorKinds`, that one of its properties belongs to. */
export const sensorKind = ({ latest }: Pick<Sensor, "latest">): SensorKind => {
  const kinds = new Set(latest.map(({ property }) => kindOfProperty[property] ?? "other"))
  return sensorKinds.find((kind) => kinds.has(kind)) ?? "other"
}
