/** What an analyst may ask of a whole city with districts, sensors and a past: the simulated Helsinki, over real HTTP; then, stopped, of its data. */
import { afterAll, beforeAll, describe } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { cachingSuite } from "../http/CachingSuite.ts"
import { districtsSuite } from "../http/DistrictsSuite.ts"
import { examplesSuite } from "../http/ExamplesSuite.ts"
import { dataFolder } from "./CityProcess.ts"
import { type HelsinkiOverHttp, helsinkiOverHttp } from "./HelsinkiOverHttp.ts"
import { stoppedCitySuite } from "./StoppedCitySuite.ts"

const scope = Scope.makeUnsafe()
let folder: Awaited<ReturnType<typeof dataFolder>>
let city: HelsinkiOverHttp

const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))

beforeAll(async () => {
  folder = await dataFolder()
  city = await Effect.runPromise(Scope.provide(helsinkiOverHttp(folder.data), scope))
})

afterAll(async () => {
  await stop()
  await folder[Symbol.asyncDispose]()
})

describe("districts", () => districtsSuite(() => city))
describe("what may be kept, and how it travels", () => cachingSuite(() => city.url))
describe("examples", () => examplesSuite(() => city.url))
describe("a stopped city", () => {
  beforeAll(stop)
  stoppedCitySuite(() => folder.data)
})
