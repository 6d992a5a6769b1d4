/** Small recordings for tests, written into a folder: made from numbers, so that a test knows every value. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { ReplayMapping } from "../../src/ingest/ReplayMapping.ts"

export const start = Date.UTC(2012, 2, 1, 8)
export const stepMillis = 300_000

const mapping = {
  name: "tiny",
  shape: "matrix",
  file: "speed.csv",
  timeZone: "America/Los_Angeles",
  start: "2012-03-01T00:00",
  stepSeconds: 300,
  property: "vehicle_speed",
  unit: "[mi_i]/h",
  locations: { file: "locations.csv", sensor: "id", latitude: "lat", longitude: "lon", name: "name" }
}

export const speed = (sensor: number, step: number): number => (sensor * 7 + step * 3) % 80 + 0.25

/** A matrix of speeds of `sensors` sensors, all located; `edit` may spoil a row (its number from 0) or the whole text. */
export const writeMatrix = (
  folder: string,
  sensors: number,
  steps: number,
  edit: (row: string, step: number) => string = (row) => row
): ReplayMapping => {
  const ids = Array.from({ length: sensors }, (_, i) => `s-${i}`)
  const rows = Array.from({ length: steps }, (_, step) => edit(ids.map((_, i) => speed(i, step)).join(","), step))
  fs.writeFileSync(path.join(folder, "speed.csv"), [ids.join(","), ...rows].join("\n"))
  const places = ids.map((id, i) => `${id},"Street ${i}, east",${34 + i / 100},${-118 - i / 100}`)
  fs.writeFileSync(path.join(folder, "locations.csv"), ["id,name,lat,lon", ...places].join("\r\n"))
  return mapping as unknown as ReplayMapping
}

/** A long table with moving sensors, in no order of time. */
export const writeLong = (folder: string, sensors: number, rows: number): ReplayMapping => {
  const lines = Array.from({ length: rows }, (_, i) => {
    const n = (i * 7919) % rows
    const time = new Date(start + n * 17_000).toISOString()
    return `${n % sensors},${time},${(n % 30) + 0.5},${60 + (n % 100) / 1000},${
      24 + (n % 50) / 1000
    },"Line ${n}, ""North"""`
  })
  fs.writeFileSync(path.join(folder, "buses.csv"), ["bus,time,speed,lat,lon,headsign", ...lines].join("\n") + "\n")
  return {
    name: "buses",
    shape: "long",
    files: ["buses.csv"],
    timeZone: "Europe/Helsinki",
    sensor: { column: "bus", prefix: "bus/" },
    time: { columns: ["time"], format: "rfc3339" },
    values: [{ column: "speed", property: "vehicle_speed", unit: "m/s" }],
    position: { latitude: "lat", longitude: "lon" }
  } as unknown as ReplayMapping
}
