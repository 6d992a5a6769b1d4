/**
 * Vehicles on the map, gliding between reports. Promises: drawn at most ten times a second, and only while something moves and
 * somebody looks; for people who ask for less motion a vehicle is put where it was reported.
 */
import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl"
import type { Sensor } from "../api/Shapes.ts"
import { type Glide, glideTo, type LonLat, placeAt } from "../city/VehicleMotion.ts"
import { vehicleFeatures } from "./Features.ts"

const frameMillis = 100

const reportOf = ({ latest, location }: Sensor): { readonly place: LonLat; readonly at: number } | undefined => {
  if (location === null) return undefined
  const [longitude, latitude] = location.coordinates
  return { place: [longitude, latitude], at: Math.max(0, ...latest.map((value) => Date.parse(value.phenomenonTime))) }
}

export const makeVehicleLayer = (map: MapLibreMap) => {
  let vehicles: ReadonlyArray<Sensor> = []
  let glides: ReadonlyMap<string, Glide> = new Map()
  let frame = 0
  let drawnAt = 0
  const calm = matchMedia("(prefers-reduced-motion: reduce)")

  const placeOf = (id: string): LonLat | undefined => {
    const glide = glides.get(id)
    return glide === undefined ? undefined : calm.matches ? glide.to : placeAt(glide, performance.now())
  }

  const draw = (): void => {
    map.getSource<GeoJSONSource>("vehicles")?.setData(vehicleFeatures(vehicles, placeOf))
  }

  const isMoving = (now: number): boolean =>
    !calm.matches && [...glides.values()].some(({ millis, startedAt }) => now < startedAt + millis)

  const step = (now: number): void => {
    frame = 0
    if (now - drawnAt >= frameMillis) {
      drawnAt = now
      draw()
    }
    if (isMoving(now)) frame = requestAnimationFrame(step)
    else draw()
  }

  return {
    placeOf,
    show: (next: ReadonlyArray<Sensor>): void => {
      const now = performance.now()
      vehicles = next
      glides = new Map(next.flatMap((vehicle) => {
        const report = reportOf(vehicle)
        return report === undefined
          ? []
          : [[vehicle.id, glideTo(glides.get(vehicle.id), report.place, report.at, now)] as const]
      }))
      if (frame === 0) frame = requestAnimationFrame(step)
    },
    stop: (): void => cancelAnimationFrame(frame)
  }
}
