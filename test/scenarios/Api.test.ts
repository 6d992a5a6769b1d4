/** The whole product over real HTTP: every bad input of the documentation, and what an analyst asks. */
import { afterAll, beforeAll, describe } from "@effect/vitest"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { anomaliesSuite } from "../http/AnomaliesSuite.ts"
import { badInputSuite } from "../http/BadInput.ts"
import { citySuite } from "../http/CitySuite.ts"
import { oddDistrictsSuite, oddMap } from "../http/OddDistrictsSuite.ts"
import { type CityProcess, dataFolder, startCity } from "./CityProcess.ts"

let city: CityProcess
let folder: Awaited<ReturnType<typeof dataFolder>>

beforeAll(async () => {
  folder = await dataFolder()
  const map = join(folder.path, "districts.geojson")
  await writeFile(map, oddMap)
  city = await startCity({ data: folder.data, args: ["--commit-interval", "200 millis", "--districts", map] })
})

afterAll(async () => {
  await city.stop()
  await folder[Symbol.asyncDispose]()
})

describe("bad input", () => badInputSuite(() => city.url))
describe("a city", () => citySuite(() => city.url))
describe("anomalies", () => anomaliesSuite(() => city.url))
describe("odd districts", () => oddDistrictsSuite(() => city))
