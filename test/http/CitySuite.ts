/**
 * What a whole city answers over real HTTP, beside bad input: `citySuite(() => "http://127.0.0.1:8080")` inside a
 * `describe`, on any city whose shards are ready or will be.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { request } from "node:http"
import { toToken } from "../../src/schemas/Identifiers.ts"
import { ask, assertProblem, good, mark, post } from "./Requests.ts"

const edges = (base: () => string): void => {
  it.live("an unknown path is a 404 problem", () =>
    Effect.gen(function*() {
      assertProblem(yield* ask(`${base()}/v1/nothing?x=1`), 404, "unknown-path")
    }))

  it.live("a wrong method is a 405 that lists the right ones; OPTIONS lists them too; HEAD has no body", () =>
    Effect.gen(function*() {
      const wrong = yield* ask(`${base()}/v1/observations`, { method: "GET" })
      const put = yield* ask(`${base()}/v1/sensors/x`, { method: "PUT", body: "x" })
      const options = yield* ask(`${base()}/v1/sensors`, { method: "OPTIONS" })
      const head = yield* ask(`${base()}/v1/properties`, { method: "HEAD" })
      const get = yield* ask(`${base()}/v1/properties`, { headers: { "accept-encoding": "identity" } })

      assertProblem(wrong, 405, "method-not-allowed")
      assert.strictEqual(wrong.headers.get("allow"), "POST, OPTIONS")
      assertProblem(put, 405, "method-not-allowed")
      assert.strictEqual(put.headers.get("allow"), "GET, HEAD, OPTIONS")
      assert.strictEqual(options.status, 204)
      assert.strictEqual(options.headers.get("allow"), "GET, HEAD, OPTIONS")
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.body, "")
      assert.strictEqual(get.status, 200)
    }))

  it.live("a request keeps a sane id of its caller and gets one otherwise", () =>
    Effect.gen(function*() {
      const given = yield* ask(`${base()}/health/live`, { headers: { "x-request-id": "abc-123" } })
      const insane = yield* ask(`${base()}/health/live`, { headers: { "x-request-id": 'a b\t"c"' } })
      const first = yield* ask(`${base()}/health/live`)
      const refused = yield* ask(`${base()}/nothing`, { headers: { "x-request-id": "abc-124" } })

      assert.strictEqual(given.headers.get("x-request-id"), "abc-123")
      assert.match(insane.headers.get("x-request-id") ?? "", /^[\w-]{6,}$/)
      assert.notStrictEqual(insane.headers.get("x-request-id"), first.headers.get("x-request-id"))
      assert.strictEqual(refused.headers.get("x-request-id"), "abc-124")
    }))

  it.live("every answer forbids sniffing; live data is not stored; no other origin is let in", () =>
    Effect.gen(function*() {
      for (const path of ["/v1/sensors", "/health/live", "/nothing", "/docs", "/"]) {
        const { headers } = yield* ask(`${base()}${path}`, { headers: { origin: "https://elsewhere.example" } })
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
        assert.isNull(headers.get("access-control-allow-origin"))
        assert.match(headers.get("cache-control") ?? "", path === "/docs" || path === "/" ? /no-cache/ : /no-store/)
      }
    }))

  it.live("long answers are compressed for those who accept it, and only for them", () =>
    Effect.gen(function*() {
      const gzip = yield* ask(`${base()}/v1/properties`, { headers: { "accept-encoding": "gzip" } })
      const plain = yield* ask(`${base()}/v1/properties`, { headers: { "accept-encoding": "identity" } })
      const short = yield* ask(`${base()}/health/live`, { headers: { "accept-encoding": "gzip" } })

      assert.strictEqual(gzip.headers.get("content-encoding"), "gzip")
      assert.isNull(plain.headers.get("content-encoding"))
      assert.isNull(short.headers.get("content-encoding"))
      assert.deepStrictEqual(gzip.body, plain.body)
    }))
}

const pages = (base: () => string): void => {
  it.live("people find a first page, documentation and an explanation of each problem, all without another origin", () =>
    Effect.gen(function*() {
      for (const path of ["/", "/docs", "/problems", "/problems/bad-parameter"]) {
        const page = yield* ask(`${base()}${path}`)
        assert.strictEqual(page.status, 200)
        assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
        assert.notMatch(page.body, /<(script|link|img)[^>]+(src|href)="https?:/)
        assert.include(page.headers.get("content-security-policy"), "default-src 'none'")
      }
    }))

  it.live("the OpenAPI and AsyncAPI documents, metrics and the catalogue of properties are there", () =>
    Effect.gen(function*() {
      const document = yield* ask(`${base()}/openapi.json`)
      const messages = yield* ask(`${base()}/asyncapi.json`)
      const metrics = yield* ask(`${base()}/metrics`)
      const properties = yield* ask(`${base()}/v1/properties`)

      assert.match(document.body.openapi, /^3\.1\./)
      assert.match(messages.body.asyncapi, /^3\./)
      assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain/)
      assert.match(metrics.body, /vicinity_http_requests_total\{.*status="200".*\} [1-9]/)
      const speed = properties.body.items.find(({ name }: { readonly name: string }) => name === "vehicle_speed")
      assert.strictEqual(speed.unit, "km/h")
      assert.include(speed.acceptedUnits, "[mi_i]/h")
    }))

  it.live("health says what is going on, and accounts for everything", () =>
    Effect.gen(function*() {
      const live = yield* ask(`${base()}/health/live`)
      const diagnostics = yield* ask(`${base()}/health/diagnostics`)

      assert.deepStrictEqual(live.body, { status: "live" })
      assert.strictEqual(diagnostics.status, 200, JSON.stringify(diagnostics.body))
      const { counted, duplicate, late, overflow, rejected, sent, superseded } = diagnostics.body.accounting
      assert.strictEqual(sent, counted + duplicate + late + overflow + rejected + superseded)
    }))

  it.live("health and metrics know both stages, the events and who follows them", () =>
    Effect.gen(function*() {
      const stream = yield* Effect.promise(() => fetch(`${base()}/v1/events`))
      const { body } = yield* until(ask(`${base()}/health/diagnostics`), ({ body }) => body.shardsReady === 122)
      const metrics = yield* until(
        ask(`${base()}/metrics`),
        ({ body }) => /^vicinity_actors_shards_ready\{stage="district"\} 61$/m.test(body)
      )
      yield* Effect.promise(() => stream.body?.cancel() ?? Promise.resolve())

      const stages = body.shards.map(({ stage }: { readonly stage: string }) => stage)
      assert.deepStrictEqual([...new Set(stages)].sort(), ["district", "sensor"])
      assert.deepInclude(body.districts, { afterHorizon: 0, corruptRecords: 0 })
      assert.isAtLeast(body.events.clients, 1)
      assert.isAbove(body.events.log.limitBytes, 1e6)
      assert.isAbove(body.partialsLog.bytes, 0)
      for (
        const name of [
          "actors_districts",
          "actors_after_horizon",
          "actors_corrupt_records",
          "events_log_bytes",
          "events_last_position"
        ]
      ) {
        assert.match(metrics.body, new RegExp(`^vicinity_${name} \\d`, "m"))
      }
      assert.match(metrics.body, /^vicinity_actors_lag_records\{stage="sensor"\} \d/m)
      assert.match(metrics.body, /^vicinity_http_event_clients [1-9]/m)
    }))
}

const parameters = (base: () => string): void => {
  for (
    const [query, parameter] of [
      ["/v1/sensors?limit=0", "limit"],
      ["/v1/sensors?limit=1001", "limit"],
      ["/v1/sensors?limit=1.5", "limit"],
      ["/v1/sensors?limit=many", "limit"],
      ["/v1/sensors?limit=1&limit=2", "limit"],
      ["/v1/sensors?cursor=abc", "cursor"],
      ["/v1/sensors?property=speed", "property"],
      ["/v1/sensors?health=excellent", "health"],
      ["/v1/sensors?bbox=1,2,3", "bbox"],
      ["/v1/sensors?bbox=24,61,25,60", "bbox"],
      ["/v1/sensors?propery=vehicle_speed", "propery"],
      ["/v1/sensors/x/windows?size=2m", "size"],
      ["/v1/sensors/x/windows?from=yesterday", "from"],
      ["/v1/sensors/x/windows?to=2024-02-30T00:00:00Z", "to"],
      ["/v1/sensors/x/windows?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z", "to"],
      ["/v1/sensors/x/windows?property=vehicle_speed&at=now", "at"],
      ["/v1/sensors/x/windows?cursor=abc", "cursor"],
      ["/v1/sensors/x/baseline?property=speed", "property"],
      ["/v1/sensors/x/late?property=speed", "property"],
      ["/v1/sensors/x/late?limit=1001", "limit"],
      ["/v1/sensors/x/late?cursor=abc", "cursor"],
      ["/v1/sensors/x/late?from=2024-01-01T00:00:00Z", "from"],
      ["/v1/events?type=weather", "type"],
      ["/v1/events?after=yesterday", "after"],
      ["/v1/events?districts=kallio", "districts"],
      ["/v1/rejected?limit=101", "limit"],
      ["/v1/rejected?reason=ugly", "reason"],
      ["/v1/rejected?cursor=!", "cursor"]
    ] as const
  ) {
    it.live(`${query} is a 400 that names ${parameter}`, () =>
      Effect.gen(function*() {
        const answer = yield* ask(`${base()}${query}`)

        assertProblem(answer, 400, "bad-parameter")
        assert.strictEqual(answer.body.parameter, parameter)
        assert.include(answer.body.detail, parameter)
      }))
  }
}

/** Asks until the answer is as wanted: what was accepted is shown when its shard has applied it, in a moment. */
const until = <A>(effect: Effect.Effect<A>, wanted: (a: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(effect, { schedule: Schedule.spaced("50 millis"), times: 200, until: wanted })

/** The status of a request whose path is sent exactly as it is written. */
const rawStatus = (base: string, path: string, headers: Record<string, string> = {}): Effect.Effect<number> =>
  Effect.promise(() =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(base)
      request({ hostname, port, path, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on("error", reject).end()
    })
  )

const sensors = (base: () => string): void => {
  it.live("a sensor that was never heard of is a 404 with a sentence, for its windows, baseline and late observations too", () =>
    Effect.gen(function*() {
      const property = "property=vehicle_speed"
      for (
        const path of ["", `/windows?${property}`, "/windows", `/baseline?${property}`, `/late?${property}`, "/late"]
      ) {
        const answer = yield* ask(`${base()}/v1/sensors/never%2Fheard${path}`)
        assertProblem(answer, 404, "unknown-sensor")
        assert.include(answer.body.detail, "never/heard")
      }
      assert.include([400, 404], yield* rawStatus(base(), "/v1/sensors/%zz"))
      assert.strictEqual(yield* rawStatus(base(), `/v1/sensors/${"%C3%A4".repeat(500)}`), 404)
    }))

  for (
    const id of [
      "plain",
      "/hfp/v2/journey/ongoing/vp/bus/22/1234",
      "a b?c#d%e&f=g;h+i@j:k,l$m",
      "Kehä I – länteen ✓",
      "%2F"
    ]
  ) {
    it.live(`the sensor ${JSON.stringify(id)} is found by its escaped id`, () =>
      Effect.gen(function*() {
        const sensorId = `${mark()}${id}`
        const path = `${base()}/v1/sensors/${toToken(sensorId)}`
        const posted = yield* post(base(), JSON.stringify(good(sensorId, { result: 41.5 })))
        assert.strictEqual(posted.status, 202)

        const found = yield* until(ask(path), ({ status }) => status === 200)
        const windows = yield* until(ask(`${path}/windows`), ({ body }) => body.items?.length > 0)
        const other = yield* ask(`${path}/windows?property=pm10`)
        const baseline = yield* ask(`${path}/baseline`)

        assert.strictEqual(found.body.id, sensorId)
        assert.strictEqual(found.body.latest[0].property, "vehicle_speed")
        assert.strictEqual(found.body.latest[0].result, 41.5)
        assert.strictEqual(windows.body.items.at(-1).last, 41.5)
        assertProblem(other, 404, "unknown-datastream")
        assert.strictEqual(baseline.body.property, "vehicle_speed")
      }))
  }

  it.live("what comes for a window that is closed is kept, newest received first, page by page", () =>
    Effect.gen(function*() {
      const sensorId = `${mark()}/late`
      const path = `${base()}/v1/sensors/${toToken(sensorId)}`
      const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
      const first = { phenomenonTime: ago(20), resultTime: ago(19), result: 48.25 }
      const second = { phenomenonTime: ago(30), result: 10, unit: "m/s" }
      yield* post(base(), JSON.stringify(good(sensorId)))
      yield* until(ask(path), ({ status }) => status === 200)
      const none = yield* ask(`${path}/late`)
      yield* post(base(), JSON.stringify(good(sensorId, first)))
      yield* post(base(), JSON.stringify(good(sensorId, second)))

      const late = yield* until(ask(`${path}/late`), ({ body }) => body.items?.length === 2)
      const newest = yield* ask(`${path}/late?property=vehicle_speed&limit=1`)
      const oldest = yield* ask(`${path}/late?property=vehicle_speed&limit=1&cursor=${newest.body.nextCursor}`)
      const other = yield* ask(`${path}/late?property=pm10`)
      const sensor = yield* ask(path)
      const windows = yield* ask(`${path}/windows?size=1h`)
      const metrics = yield* ask(`${base()}/metrics`)

      assert.deepStrictEqual(none.body, { items: [], nextCursor: null })
      const common = { property: "vehicle_speed", unit: "km/h" }
      assert.deepStrictEqual(
        late.body.items.map(({ receivedAt, ...item }: { readonly receivedAt: string }) => {
          assert.match(receivedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
          return item
        }),
        [{ ...common, ...second, resultTime: null, result: 36, unit: "km/h" }, { ...common, ...first }]
      )
      assert.isNull(late.body.nextCursor)
      assert.deepStrictEqual(newest.body.items, late.body.items.slice(0, 1))
      assert.deepStrictEqual(oldest.body, { items: late.body.items.slice(1), nextCursor: null })
      assertProblem(other, 404, "unknown-datastream")
      const [{ counted, late: lateCount }] = sensor.body.datastreams
      assert.deepStrictEqual([counted, lateCount], [1, 2])
      assert.deepStrictEqual(windows.body.items.map(({ count }: { readonly count: number }) => count), [1])
      assert.match(metrics.body, /^vicinity_actors_late_total\S* [1-9]/m)
    }))

  it.live("a sensor that reports several properties is asked for one of them", () =>
    Effect.gen(function*() {
      const sensorId = mark()
      const both = [good(sensorId), good(sensorId, { property: "noise", result: 60 })]
      yield* post(base(), JSON.stringify(both))
      const path = `${base()}/v1/sensors/${sensorId}`
      yield* until(ask(path), ({ body }) => body.datastreams?.length === 2)

      const answer = yield* ask(`${path}/windows`)

      assertProblem(answer, 400, "bad-parameter")
      assert.include(answer.body.detail, "noise")
    }))

  it.live("pages of the list hold every sensor once, whatever their size", () =>
    Effect.gen(function*() {
      const ids = Array.from({ length: 25 }, () => mark())
      const place = { location: { type: "Point", coordinates: [-170.5, -60.25] } }
      yield* post(base(), JSON.stringify(ids.map((id) => good(id, place))))
      const here = `${base()}/v1/sensors?bbox=-170.6,-60.3,-170.4,-60.2&property=vehicle_speed`
      yield* until(ask(`${here}&limit=1000`), ({ body }) => ids.every((id) => hasId(body.items, id)))

      for (const limit of [1, 7, 1000]) {
        const listed: Array<string> = []
        let cursor: string | null = ""
        while (cursor !== null) {
          const page: any = yield* ask(`${here}&limit=${limit}${cursor === "" ? "" : `&cursor=${cursor}`}`)
          assert.strictEqual(page.status, 200)
          assert.isAtMost(page.body.items.length, limit)
          listed.push(...page.body.items.map((sensor: { readonly id: string }) => sensor.id))
          cursor = page.body.nextCursor
        }
        assert.strictEqual(new Set(listed).size, listed.length)
        assert.isTrue(ids.every((id) => listed.includes(id)))
      }
    }))
}

const events = (base: () => string): void => {
  it.live("live events begin with a position to come back to", () =>
    Effect.gen(function*() {
      const [head, begin] = yield* Effect.promise(async (signal) => {
        const response = await fetch(`${base()}/v1/events`, { signal, headers: { "accept-encoding": "gzip" } })
        const reader = response.body?.getReader()
        const { value } = await reader?.read() ?? {}
        await reader?.cancel()
        return [response.headers, new TextDecoder().decode(value)] as const
      })

      assert.strictEqual(head.get("content-type"), "text/event-stream; charset=utf-8")
      assert.isNull(head.get("content-encoding"))
      assert.match(begin, /^retry: 3000\nid: \d+\n\n$/)
    }))
}

const hasId = (items: ReadonlyArray<{ readonly id: string }>, id: string): boolean =>
  items.some((item) => item.id === id)

export const citySuite = (base: () => string): void => {
  edges(base)
  pages(base)
  parameters(base)
  events(base)
  sensors(base)
}
