/** Districts, sensors and vehicles as GeoJSON. Pure. */
import type { FeatureCollection, Point, Polygon } from "geojson"
import type { Bounds, District, Sensor } from "../api/Shapes.ts"
import { punctualityOf } from "../city/Delay.ts"
import { sensorKind } from "../city/SensorKinds.ts"
import type { LonLat } from "../city/VehicleMotion.ts"

export const latestResult = (sensor: Sensor, property: string): number | undefined =>
  sensor.latest.find((value) => value.property === property)?.result

/** One polygon a feature: parts of a district share its id, hence its state. A district without an outline is its bounds. */
export const districtFeatures = (districts: Iterable<District>): FeatureCollection<Polygon> => ({
  type: "FeatureCollection",
  features: [...districts].flatMap(({ bounds, id, outline }) =>
    ringsOf(outline?.coordinates, bounds).map((coordinates) => ({
      type: "Feature" as const,
      properties: { id },
      geometry: { type: "Polygon" as const, coordinates }
    }))
  )
})

type Rings = Array<Array<Array<number>>>

const ringsOf = (
  polygons: ReadonlyArray<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>> | undefined,
  bounds: Bounds | null
): ReadonlyArray<Rings> => {
  if (polygons !== undefined) return polygons.map((rings) => rings.map((ring) => ring.map((place) => [...place])))
  if (bounds === null) return []
  const [west, south, east, north] = bounds
  return [[[[west, south], [east, south], [east, north], [west, north], [west, south]]]]
}

export const sensorFeatures = (sensors: Iterable<Sensor>): FeatureCollection<Point> => ({
  type: "FeatureCollection",
  features: [...sensors].flatMap((sensor) =>
    sensor.location === null ? [] : [{
      type: "Feature" as const,
      properties: { id: sensor.id, kind: sensorKind(sensor) },
      geometry: { type: "Point" as const, coordinates: [...sensor.location.coordinates] }
    }]
  )
})

export const vehicleFeatures = (
  vehicles: Iterable<Sensor>,
  placeOf: (id: string) => LonLat | undefined
): FeatureCollection<Point> => ({
  type: "FeatureCollection",
  features: [...vehicles].flatMap((vehicle) => {
    const place = placeOf(vehicle.id)
    return place === undefined ? [] : [{
      type: "Feature" as const,
      properties: { id: vehicle.id, punctuality: punctualityOf(latestResult(vehicle, "schedule_delay")) },
      geometry: { type: "Point" as const, coordinates: [...place] }
    }]
  })
})

/** Around all given bounds. */
export const unionOf = (all: Iterable<Bounds | null>): Bounds | undefined => {
  let union: Bounds | undefined
  for (const each of all) {
    if (each === null) continue
    union = union === undefined
      ? each
      : [
        Math.min(union[0], each[0]),
        Math.min(union[1], each[1]),
        Math.max(union[2], each[2]),
        Math.max(union[3], each[3])
      ]
  }
  return union
}

export const boundsOfPlaces = (places: Iterable<LonLat>): Bounds | undefined =>
  unionOf([...places].map(([longitude, latitude]) => [longitude, latitude, longitude, latitude] as const))
