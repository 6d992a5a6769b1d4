/** What an analyst may ask of a whole city with districts, sensors and a past: the simulated Helsinki, over real HTTP. */
import { afterAll, beforeAll, describe } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { cachingSuite } from "../http/CachingSuite.ts"
import { districtsSuite } from "../http/DistrictsSuite.ts"
import { examplesSuite } from "../http/ExamplesSuite.ts"
import { type HelsinkiOverHttp, helsinkiOverHttp } from "./HelsinkiOverHttp.ts"

const scope = Scope.makeUnsafe()
let city: HelsinkiOverHttp

beforeAll(async () => {
  city = await Effect.runPromise(Scope.provide(helsinkiOverHttp, scope))
})

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

describe("districts", () => districtsSuite(() => city))
describe("what may be kept, and how it travels", () => cachingSuite(() => city.url))
describe("examples", () => examplesSuite(() => city.url))
