/** A small city for a browser: three districts in a row, each with sensors that report for the last hour, and a tram. */
import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { caughtUp, type CityOptions } from "../scenarios/CityProcess.ts"

const build = fileURLToPath(new URL("../../dashboard/build.mjs", import.meta.url))

/** Builds the page where it is not up to date, and fails where it cannot be built. */
export const buildPage = () => promisify(execFile)(process.execPath, [build, "--strict"])

const names = ["Harbour", "Market", "Hill"]
const west = (district: number): number => 24.9 + district * 0.02

/** Writes the map of the districts, and gives the options of a city that has it. */
export const cityOptions = async (folder: string, data: string): Promise<CityOptions> => {
  const file = join(folder, "districts.geojson")
  const features = names.map((name, district) => {
    const [left, right] = [west(district), west(district + 1)]
    return {
      type: "Feature",
      id: name.toLowerCase(),
      properties: { name },
      geometry: {
        type: "Polygon",
        coordinates: [[[left, 60.16], [right, 60.16], [right, 60.18], [left, 60.18], [left, 60.16]]]
      }
    }
  })
  await writeFile(file, JSON.stringify({ type: "FeatureCollection", features }))
  return {
    data,
    args: [
      "--districts",
      file,
      "--time-zone",
      "Europe/Helsinki",
      "--commit-interval",
      "200 millis",
      "--idle-timeout",
      "5 seconds"
    ]
  }
}

interface Kind {
  readonly id: string
  readonly property: string
  readonly result: (step: number) => number
}

const kinds: ReadonlyArray<Kind> = [
  { id: "noise", property: "noise", result: (step) => 55 + step % 5 },
  { id: "air", property: "pm2_5", result: (step) => 9 + step % 3 },
  { id: "tram", property: "schedule_delay", result: (step) => 20 * (step % 4) }
]

const minutes = 60

/** Sends an hour of observations up to now and waits until the shards have applied it. */
export const sendObservations = async (url: string): Promise<void> => {
  const now = Date.now()
  const items = names.flatMap((name, district) =>
    kinds.flatMap(({ id, property, result }) =>
      Array.from({ length: minutes }, (_, step) => ({
        sensorId: `${id}-${name.toLowerCase()}`,
        property,
        phenomenonTime: new Date(now - (minutes - step) * 60_000).toISOString(),
        result: result(step),
        location: { type: "Point", coordinates: [west(district) + 0.01, 60.17] }
      }))
    )
  )
  const response = await fetch(`${url}/v1/observations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(items)
  })
  if (response.status !== 202) throw new Error(`the city answered ${response.status}: ${await response.text()}`)
  await caughtUp(url)
}
