/** The sensors of a page, which travels as text; fails where it says another number of them. */
import type { Sensor } from "../../src/schemas/Sensor.ts"
import type { ShardSensorPage } from "../../src/schemas/SensorFilter.ts"

export const itemsOf = ({ json, sensors }: ShardSensorPage): ReadonlyArray<Sensor> => {
  const items: ReadonlyArray<Sensor> = JSON.parse(`[${json}]`)
  if (items.length !== sensors) throw new Error(`${items.length} sensors in a page that says ${sensors}`)
  return items
}
