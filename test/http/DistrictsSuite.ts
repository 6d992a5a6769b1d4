/** What the simulated Helsinki answers about its districts over real HTTP: `districtsSuite(() => city)` inside a `describe`. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { DistrictPage, DistrictStatePage, ListedDistrict } from "../../src/http/DistrictsApi.ts"
import { WindowPage } from "../../src/http/SensorsApi.ts"
import { DistrictState } from "../../src/schemas/DistrictState.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { ask, assertProblem } from "./Requests.ts"

export interface CityOfDistricts {
  readonly url: string
  readonly districts: LocalDistricts["Service"]
  /** Epoch milliseconds between which it was observed. */
  readonly past: { readonly from: number; readonly to: number }
}

const hour = 3_600_000
const strictly = { onExcessProperty: "error" } as const
const rfc3339 = (millis: number): string => new Date(millis).toISOString()

/** A good answer, checked against its schema to the last field. */
const good = <S extends Schema.Top & { readonly DecodingServices: never }>(url: string, schema: S) =>
  Effect.gen(function*() {
    const answer = yield* ask(url)
    assert.strictEqual(answer.status, 200, JSON.stringify(answer.body))
    return yield* Effect.orDie(Schema.decodeUnknownEffect(schema, strictly)(answer.body))
  })

/** All items of a list, page by page. */
const pagesOf = Effect.fnUntraced(function*(url: string) {
  const items: Array<any> = []
  const sizes: Array<number> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const page: any = yield* ask(`${url}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`)
    assert.strictEqual(page.status, 200, JSON.stringify(page.body))
    items.push(...page.body.items)
    sizes.push(page.body.items.length)
    cursor = page.body.nextCursor
  }
  return { items, sizes }
})

const lists = (city: () => CityOfDistricts): void => {
  const districts = () => `${city().url}/v1/districts`

  it.live("are listed in the order of their ids, each judged, and its quality says why", () =>
    Effect.gen(function*() {
      const { items, nextCursor } = yield* good(districts(), DistrictPage)

      assert.isAtLeast(items.length, 12)
      assert.isNull(nextCursor)
      assert.deepStrictEqual(items.map(({ id }) => id), items.map(({ id }) => id).sort())
      for (const { end, name, quality, start } of items) {
        if (quality === null || start === null || end === null) return assert.fail(`${name} is not judged`)
        assert.strictEqual(Date.parse(end) - Date.parse(start), 300_000)
        assert.isAbove(quality.parts.length, 1)
        assert.isAbove(quality.sentence.length, 20)
        const contributed = quality.parts.reduce((sum, { contribution }) => sum + contribution, 0)
        assert.closeTo(contributed, quality.index - 100, 1e-6)
      }
    }))

  it.live("come page by page, none twice and none left out", () =>
    Effect.gen(function*() {
      const ids = (yield* good(districts(), DistrictPage)).items.map(({ id }) => id as string)

      for (const limit of [1, 5, 1000]) {
        const { items, sizes } = yield* pagesOf(`${districts()}?limit=${limit}`)
        assert.deepStrictEqual(items.map(({ id }) => id), ids)
        assert.isAtMost(Math.max(...sizes), limit)
      }
    }))

  it.live("are found by a box that meets their bounds", () =>
    Effect.gen(function*() {
      const inside = yield* good(`${districts()}?bbox=24.95,60.17,24.99,60.19`, DistrictPage)
      const nowhere = yield* good(`${districts()}?bbox=-10,-10,-9,-9`, DistrictPage)
      const around = yield* pagesOf(`${districts()}?bbox=24,60,26,61&limit=4`)

      const ids = inside.items.map(({ id }) => id as string)
      assert.include(ids, "kallio")
      assert.notInclude(ids, "vuosaari")
      assert.deepStrictEqual(nowhere.items, [])
      assert.isAtLeast(around.items.length, 12)
    }))

  it.live("have their outlines where they are asked for, closed and within their bounds", () =>
    Effect.gen(function*() {
      const { items } = yield* good(`${districts()}?outline=true`, DistrictPage)
      const one = yield* good(`${districts()}/kallio?outline=true`, ListedDistrict)
      const without = yield* good(`${districts()}?outline=false`, DistrictPage)

      for (const { bounds, outline } of items) {
        const [west, south, east, north] = bounds ?? [NaN, NaN, NaN, NaN]
        for (const ring of outline?.coordinates.flat() ?? assert.fail("no outline")) {
          assert.isAtLeast(ring.length, 4)
          assert.deepStrictEqual(ring[0], ring.at(-1))
          for (const [x, y] of ring) assert.isTrue(x >= west && x <= east && y >= south && y <= north)
        }
      }
      assert.deepStrictEqual(one.outline, items.find(({ id }) => id === "kallio")?.outline)
      assert.isTrue(without.items.every((item) => !("outline" in item)))
    }))

  it.live("are each answered as they are listed", () =>
    Effect.gen(function*() {
      const [listed] = (yield* good(`${districts()}?bbox=24.96,60.175,24.97,60.18`, DistrictPage)).items
      const one = yield* good(`${districts()}/${listed?.id}`, ListedDistrict)

      assert.strictEqual(one.id, listed?.id)
      assert.deepStrictEqual({ ...one, ...listed }, { ...listed, ...one })
    }))
}

const history = (city: () => CityOfDistricts): void => {
  const kallio = () => `${city().url}/v1/districts/kallio`
  /** Two hours of the past in which nothing changes any more. */
  const span = () => {
    const from = Math.ceil((city().past.from + hour / 2) / 300_000) * 300_000
    return { from, to: from + 2 * hour, query: `from=${rfc3339(from)}&to=${rfc3339(from + 2 * hour)}` }
  }

  it.live("have windows of each property, ascending, page by page", () =>
    Effect.gen(function*() {
      const { from, query } = span()
      const url = `${kallio()}/windows?property=noise&${query}`
      const { items } = yield* good(`${url}&limit=1000`, WindowPage)
      const pages = yield* pagesOf(`${url}&limit=7`)
      const hours = yield* good(`${kallio()}/windows?property=noise&size=1h`, WindowPage)
      const newest = yield* good(`${kallio()}/windows?property=noise&limit=3`, WindowPage)

      assert.deepStrictEqual(
        items.map(({ start }) => Date.parse(start)),
        Array.from({ length: 24 }, (_, i) => from + i * 300_000)
      )
      assert.isTrue(items.every(({ count, final, property }) => final && count > 0 && property === "noise"))
      assert.deepStrictEqual(pages.items, [...items])
      assert.isAbove(hours.items.length, 0)
      assert.lengthOf(newest.items, 3)
    }))

  it.live("have a history of their quality, one item a step", () =>
    Effect.gen(function*() {
      const { from, query } = span()
      const url = `${kallio()}/quality?${query}`
      const { items } = yield* good(`${url}&limit=1000`, DistrictStatePage)
      const pages = yield* pagesOf(`${url}&limit=5`)
      const newest = yield* good(`${kallio()}/quality?limit=2`, DistrictStatePage)

      assert.deepStrictEqual(
        items.map(({ start }) => Date.parse(start)),
        Array.from({ length: 24 }, (_, i) => from + i * 300_000)
      )
      assert.deepStrictEqual(pages.items, JSON.parse(JSON.stringify(items)))
      assert.lengthOf(newest.items, 2)
    }))

  it.live("tell what was known of them at an instant, in the time of the log", () =>
    Effect.gen(function*() {
      const at = span().from + hour
      const then = yield* good(`${kallio()}/snapshots?at=${rfc3339(at)}`, DistrictState)
      const now = yield* good(`${kallio()}/snapshots`, DistrictState)
      const before = yield* ask(`${kallio()}/snapshots?at=1999-12-31T23:59:59Z`)
      const states = yield* good(`${kallio()}/quality?at=${rfc3339(at)}&limit=1000`, DistrictStatePage)
      const windows = yield* good(`${kallio()}/windows?property=noise&at=${rfc3339(at)}&limit=1000`, WindowPage)

      assert.isAtMost(Date.parse(then.knownAt), at)
      assert.isAtMost(Date.parse(then.end), at)
      assert.isAbove(Date.parse(then.end), at - hour / 2)
      assert.isAbove(Date.parse(now.start), Date.parse(then.start))
      assertProblem(before, 404, "nothing-known")
      assert.deepStrictEqual(states.items.at(-1), then)
      assert.isTrue(states.items.every(({ knownAt }) => Date.parse(knownAt) <= at))
      assert.isTrue(windows.items.every(({ end }) => Date.parse(end) <= at))
      assert.isAbove(windows.items.length, 0)
    }))
}

const refusals = (city: () => CityOfDistricts): void => {
  const districts = () => `${city().url}/v1/districts`

  it.live("that nobody knows are a 404 with a sentence, whatever is asked of them", () =>
    Effect.gen(function*() {
      for (const id of ["nowhere", "a%2Fb", "%F0%9F%8F%99", "kallio%20", "Kallio", "%25"]) {
        for (const path of ["", "?outline=true", "/windows?property=pm2_5", "/quality", "/snapshots"]) {
          const answer = yield* ask(`${districts()}/${id}${path}`)
          assertProblem(answer, 404, "unknown-district")
          assert.include(answer.body.detail, decodeURIComponent(id))
        }
      }
    }))

  for (
    const [query, parameter] of [
      ["?limit=0", "limit"],
      ["?limit=1001", "limit"],
      ["?bbox=1,2,3", "bbox"],
      ["?bbox=24,61,25,60", "bbox"],
      ["?outline=yes", "outline"],
      ["?cursor=abc", "cursor"],
      ["?sort=quality", "sort"],
      ["/kallio?outline=1", "outline"],
      ["/kallio?at=2024-01-01T00:00:00Z", "at"],
      ["/kallio/windows", "property"],
      ["/kallio/windows?property=smell", "property"],
      ["/kallio/windows?property=pm2_5&size=1m", "size"],
      ["/kallio/windows?property=pm2_5&from=yesterday", "from"],
      ["/kallio/windows?property=pm2_5&at=now", "at"],
      ["/kallio/windows?property=pm2_5&cursor=abc", "cursor"],
      ["/kallio/windows?property=pm2_5&limit=1.5", "limit"],
      ["/kallio/quality?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z", "to"],
      ["/kallio/quality?property=pm2_5", "property"],
      ["/kallio/quality?at=2024-02-30T00:00:00Z", "at"],
      ["/kallio/snapshots?at=", "at"],
      ["/kallio/snapshots?from=2024-01-01T00:00:00Z", "from"]
    ] as const
  ) {
    it.live(`${query} is a 400 that names ${parameter}`, () =>
      Effect.gen(function*() {
        const answer = yield* ask(`${districts()}${query}`)

        assertProblem(answer, 400, "bad-parameter")
        assert.strictEqual(answer.body.parameter, parameter)
        assert.include(answer.body.detail, parameter)
      }))
  }

  it.live("are asked for the windows of one property, and the refusal says so", () =>
    Effect.gen(function*() {
      const { body } = yield* ask(`${districts()}/kallio/windows`)

      assert.strictEqual(body.detail, "property: it must be given; see /docs")
    }))

  it.live("whose shard is not ready are a 503 that says when to ask again; others are answered", () =>
    Effect.gen(function*() {
      const entry = city().districts.entry(shardOf("kallio"))
      const { detail, state } = entry
      const [list, one, history, other] = yield* Effect.gen(function*() {
        entry.state = "failed"
        entry.detail = "loading from the store"
        return [
          yield* ask(districts()),
          yield* ask(`${districts()}/kallio`),
          yield* ask(`${districts()}/kallio/quality`),
          yield* ask(`${districts()}/${shardOf("pasila") === shardOf("kallio") ? "malmi" : "pasila"}`)
        ]
      }).pipe(Effect.ensuring(Effect.sync(() => {
        entry.state = state
        entry.detail = detail
      })))

      for (const answer of [list, one, history]) {
        assertProblem(answer, 503, "unavailable")
        assert.strictEqual(answer.headers.get("retry-after"), "1")
        assert.include(answer.body.detail, "loading from the store")
      }
      assert.strictEqual(other.status, 200)
      assert.strictEqual((yield* ask(`${districts()}/kallio`)).status, 200)
    }))
}

export const districtsSuite = (city: () => CityOfDistricts): void => {
  lists(city)
  history(city)
  refusals(city)
}
