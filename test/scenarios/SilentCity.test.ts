/** What is shown when the sensors of the simulated Helsinki stop to report, as docs/bad-input.md says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { ask } from "../http/Requests.ts"
import { newData } from "./CityInProcess.ts"
import { type HelsinkiOverHttp, helsinkiOverHttp } from "./HelsinkiOverHttp.ts"

const minute = 60_000
/** Tuesday noon in Helsinki: at night so little drives that nobody is sure of much, silent or not. */
const noon = Date.UTC(2025, 10, 18, 10)

interface Shown {
  readonly end: string
  readonly quality: { readonly index: number; readonly confidence: number; readonly sentence: string } | null
  readonly properties: ReadonlyArray<object>
}

/** Kallio when its newest step ends at or after an instant. */
const kallioAt = ({ url }: HelsinkiOverHttp, instant: number): Effect.Effect<Shown> =>
  Effect.map(
    Effect.repeat(ask(`${url}/v1/districts/kallio`), {
      schedule: Schedule.spaced("50 millis"),
      times: 200,
      until: ({ body }) => Date.parse(body.end) >= instant
    }),
    ({ body }) => body
  )
const silentSensors = ({ url }: HelsinkiOverHttp) => ask(`${url}/v1/sensors?health=silent&limit=1000`)

describe("a city of which nobody hears", () => {
  it.live("its confidence falls, then there is no index; the history and the last hour's values stay", () =>
    Effect.gen(function*() {
      const city = yield* helsinkiOverHttp(yield* newData, noon)
      const { to } = city.past
      const before = yield* kallioAt(city, 0)
      const fewBefore = (yield* silentSensors(city)).body.items.length
      yield* city.pass(to + 30 * minute)
      const soon = yield* kallioAt(city, to + 20 * minute)
      yield* city.pass(to + 120 * minute)
      const after = yield* kallioAt(city, to + 110 * minute)

      assert.isAbove(before.quality?.confidence ?? 0, 0.5)
      assert.isNull(soon.quality)
      assert.isAbove(soon.properties.length, 5)
      assert.isNull(after.quality)
      assert.deepStrictEqual(after.properties, [])

      const { body } = yield* ask(`${city.url}/v1/districts/kallio/quality?limit=100`)
      const judged: ReadonlyArray<Shown> = body.items.filter(({ quality }: Shown) => quality !== null)
      assert.isBelow(judged.at(-1)?.quality?.confidence ?? NaN, (before.quality?.confidence ?? 0) / 2)
      assert.match(judged.at(-1)?.quality?.sentence ?? "", /silent/)
      assert.isTrue(judged.every(({ end }) => Date.parse(end) < to + 25 * minute))

      const silent = (yield* silentSensors(city)).body.items
      const ids: ReadonlyArray<string> = silent.map(({ id }: { readonly id: string }) => id)
      assert.isAbove(ids.length, fewBefore + 100)
      assert.include(ids, "noise-kallio-1")
      assert.deepStrictEqual(ids.filter((id) => /^(tram|bus)-/.test(id)), [])
    }))
})
