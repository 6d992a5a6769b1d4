/**
 * A city whose map is odd, as docs/bad-input.md says: ids of any characters, districts that overlap, one in which there is nothing, and
 * sensors outside all of them. `oddDistrictsSuite(() => city)` inside a `describe`, on a city started with `oddMap`.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { toToken } from "../../src/schemas/Identifiers.ts"
import { box, feature, map } from "../ingest/DistrictMaps.ts"
import { ask, good, mark, post } from "./Requests.ts"

const odd = "a/b ö?#%&+;=,\u{1F3D9}"
const districts = [
  { id: odd, name: "Odd", corners: box(10, 50, 11, 51) },
  { id: "%2F", name: "Escaped", corners: box(12, 50, 13, 51) },
  { id: "large", name: "Large", corners: box(14, 50, 16, 52) },
  { id: "small", name: "Small", corners: box(15.5, 51.5, 16.5, 52.5) },
  { id: "empty", name: "Empty", corners: box(20, 50, 21, 51) }
]

/** GeoJSON for `--districts`. */
export const oddMap = map(districts.map(({ corners, id, name }) => feature({ id, name }, [corners])))

export interface OddCity {
  readonly url: string
  /** What it printed so far. */
  readonly output: () => string
}

const at = (longitude: number, latitude: number) => ({
  location: { type: "Point", coordinates: [longitude, latitude] }
})

export const oddDistrictsSuite = (city: () => OddCity): void => {
  const api = () => `${city().url}/v1`
  /** The sensor, once its shard has applied what was sent. */
  const sensor = (id: string) =>
    Effect.repeat(ask(`${api()}/sensors/${id}`), {
      schedule: Schedule.spaced("50 millis"),
      times: 200,
      until: ({ status }) => status === 200
    })

  it.live("are all listed, and each is found by its escaped id, page by page too", () =>
    Effect.gen(function*() {
      const listed: Array<string> = []
      let cursor: string | null = ""
      while (cursor !== null) {
        const page: any = yield* ask(`${api()}/districts?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`)
        assert.strictEqual(page.status, 200, JSON.stringify(page.body))
        listed.push(...page.body.items.map(({ id }: { readonly id: string }) => id))
        cursor = page.body.nextCursor
      }

      assert.deepStrictEqual(listed, districts.map(({ id }) => id).sort())
      for (const { id, name } of districts) {
        const one = yield* ask(`${api()}/districts/${toToken(id)}?outline=true`)
        assert.deepInclude(one.body, { id, name })
        assert.strictEqual(one.body.outline.type, "MultiPolygon")
        for (const path of ["windows?property=noise", "quality"]) {
          assert.deepStrictEqual((yield* ask(`${api()}/districts/${toToken(id)}/${path}`)).body.items, [])
        }
      }
    }))

  it.live("without sensors have no quality, and nothing was known of them", () =>
    Effect.gen(function*() {
      const { body } = yield* ask(`${api()}/districts/empty`)
      const snapshot = yield* ask(`${api()}/districts/empty/snapshots`)

      assert.deepInclude(body, { quality: null, properties: [], incidents: 0, start: null, end: null, knownAt: null })
      assert.deepStrictEqual(body.bounds, [20, 50, 21, 51])
      assert.strictEqual(snapshot.body.type, "/problems/nothing-known")
    }))

  it.live("that overlap are warned of at the start, and what lies in both is in the smaller one", () =>
    Effect.gen(function*() {
      const id = mark()
      yield* post(city().url, JSON.stringify(good(id, at(15.8, 51.8))))

      assert.match(city().output(), /[Oo]verlap/)
      assert.strictEqual((yield* sensor(id)).body.district, "small")
    }))

  it.live("do not have the sensors outside all of them, which count all the same", () =>
    Effect.gen(function*() {
      const [outside, inside] = [mark(), mark()]
      yield* post(city().url, JSON.stringify([good(outside, at(0, 0)), good(inside, at(10.5, 50.5))]))

      const alone = (yield* sensor(outside)).body
      assert.isNull(alone.district)
      assert.strictEqual(alone.datastreams[0].counted, 1)
      assert.strictEqual((yield* sensor(inside)).body.district, odd)
      const ids = (body: any) => body.items.map((item: { readonly id: string }) => item.id)
      const here = yield* ask(`${api()}/sensors?district=${toToken(odd)}&limit=1000`)
      const there = yield* ask(`${api()}/sensors?bbox=-1,-1,1,1&limit=1000`)
      assert.include(ids(here.body), inside)
      assert.notInclude(ids(here.body), outside)
      assert.include(ids(there.body), outside)
      const windows = yield* ask(`${api()}/sensors/${outside}/windows`)
      assert.strictEqual(windows.body.items.at(-1).count, 1)
    }))

  it.live("are known by their id in the live events", () =>
    Effect.gen(function*() {
      const response = yield* Effect.promise(() => fetch(`${api()}/events?district=${toToken(odd)}`))
      yield* Effect.promise(() => response.body?.cancel() ?? Promise.resolve())

      assert.strictEqual(response.status, 200)
    }))
}
