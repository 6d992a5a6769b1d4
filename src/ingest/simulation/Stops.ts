/**
 * Stops that report headways: of each line and direction the first stop, and one in about seven of those after it, so that every
 * district has some. A stop is that of one line and direction, as a datastream of headways must be.
 */
import { nearestDistrict } from "./DistrictShapes.ts"
import type { StopModel } from "./Headways.ts"
import { districtCentres } from "./HelsinkiMap.ts"
import type { Metres } from "./Plane.ts"
import { beside, fixedSensor, propertiesOf } from "./RoadSensors.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"
import type { LineModel } from "./Vehicles.ts"

/** Of so many stops, about one reports. */
const reportsEvery = 7
/** Beside the line, on the right. */
const metresAside = 6

export const placeStops = (
  seed: number,
  lines: ReadonlyArray<LineModel>
): { readonly sensors: ReadonlyArray<SimulatedSensor>; readonly models: ReadonlyArray<StopModel> } => {
  const sensors: Array<SimulatedSensor> = []
  const models: Array<StopModel> = []
  const properties = propertiesOf("headway")
  for (const { id, label, stops, vehicles, way } of lines) {
    const legs = stops - 1
    const count = Math.max(2, Math.round(legs / reportsEvery))
    for (const isOut of [true, false]) {
      const end = nameAt(way.at(isOut ? way.length : 0))
      for (let i = 0; i < count; i++) {
        const number = Math.round((i * legs) / count)
        const share = number / legs
        const at = (isOut ? share : 1 - share) * way.length
        const place = beside(way, at, isOut ? metresAside : -metresAside)
        sensors.push(fixedSensor(seed, {
          id: `stop-${id}-${isOut ? "out" : "back"}-${String(number + 1).padStart(2, "0")}`,
          name: `${label} to ${end}, stop ${number + 1} in ${nameAt(place)}`,
          kind: "stop",
          properties,
          intervalMillis: 0
        }, place))
        models.push({ vehicles, isOut, share })
      }
    }
  }
  return { sensors, models }
}

const nameAt = (place: Metres): string => districtCentres[nearestDistrict(place)]?.[1] ?? ""
