import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer, request } from "node:http"
import { serveOptions } from "../../src/http/CityHttp.ts"
import { type HttpOptions, HttpSettings, httpSettings } from "../../src/http/HttpSettings.ts"
import * as PageRoutes from "../../src/http/PageRoutes.ts"
import * as Pages from "../../src/http/Pages.ts"
import * as RequestEdge from "../../src/http/RequestEdge.ts"
import { CurrentPrincipal } from "../../src/schemas/Principal.ts"
import { ask, assertProblem } from "./Requests.ts"

/** A route that takes, and some that go wrong in each way, behind the real edge on a real server. */
const routes = Layer.mergeAll(
  Pages.layer,
  PageRoutes.layer,
  HttpRouter.add("POST", "/v1/observations", HttpServerResponse.empty({ status: 202 })),
  HttpRouter.add("GET", "/defect", Effect.die(new Error("password=hunter2"))),
  HttpRouter.add("GET", "/principal", Effect.map(CurrentPrincipal, ({ id }) => HttpServerResponse.text(id))),
  HttpRouter.add("GET", "/slow", Effect.as(Effect.sleep("10 seconds"), HttpServerResponse.empty()))
)

interface Logged {
  readonly message: unknown
  readonly cause: unknown
}

const served = Effect.fnUntraced(function*(options: Partial<HttpOptions> = {}) {
  const logged: Array<Logged> = []
  const logger = Logger.make<unknown, void>(({ cause, message }) => void logged.push({ message, cause }))
  const settings = Layer.succeed(
    HttpSettings,
    httpSettings({ version: "9.8.7", timeZone: "Europe/Helsinki", ...options })
  )
  const context = yield* Layer.build(
    HttpRouter.serve(Layer.provide(routes, [RequestEdge.layer.pipe(Layer.provide(settings)), settings]), serveOptions)
      .pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
        Layer.provideMerge(Logger.layer([logger]))
      )
  )
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return { base: HttpServer.formatAddress(address), logged }
})

/** The status for a `Host` that `fetch` would not let us set. */
const statusFor = (base: string, host: string): Effect.Effect<number> =>
  Effect.promise(() =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(base)
      request({ hostname, port, path: "/problems", headers: { host } }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on("error", reject).end()
    })
  )

describe("the edge", () => {
  it.live("answers a defect with a 500 without internals, and logs it under the id it answers", () =>
    Effect.gen(function*() {
      const { base, logged } = yield* served()

      const answer = yield* ask(`${base}/defect`)

      assertProblem(answer, 500, "internal")
      assert.notInclude(JSON.stringify(answer.body), "hunter2")
      const id = answer.headers.get("x-request-id")
      assert.strictEqual(answer.body.requestId, id)
      assert.lengthOf(logged, 1)
      assert.include(JSON.stringify(logged[0]?.message), `${id}`)
      assert.include(String(logged[0]?.cause), "hunter2")
    }).pipe(Effect.scoped))

  it.live("logs nothing for what went well, what is not there and who went away", () =>
    Effect.gen(function*() {
      const { base, logged } = yield* served()

      yield* ask(`${base}/principal`)
      yield* ask(`${base}/nothing`)
      yield* Effect.promise(() => fetch(`${base}/slow`, { signal: AbortSignal.timeout(100) }).catch(() => undefined))
      yield* Effect.sleep("100 millis")

      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.scoped))

  it.live("gives every handler a principal", () =>
    Effect.gen(function*() {
      const { base } = yield* served()

      assert.strictEqual((yield* ask(`${base}/principal`)).body, "local")
    }).pipe(Effect.scoped))

  it.live("answers for its own names only where it has been told them", () =>
    Effect.gen(function*() {
      const own = yield* served({ hosts: ["localhost", "127.0.0.1", "[::1]"] })
      const any = yield* served()

      for (const host of ["localhost:8080", "LOCALHOST", "127.0.0.1:1", "[::1]:8080"]) {
        assert.strictEqual(yield* statusFor(own.base, host), 200, host)
      }
      for (const host of ["evil.example", "localhost.evil.example:8080", "10.0.0.1"]) {
        assert.strictEqual(yield* statusFor(own.base, host), 421, host)
        assert.strictEqual(yield* statusFor(any.base, host), 200, host)
      }
    }).pipe(Effect.scoped))

  it.live("shows pages that load nothing from elsewhere", () =>
    Effect.gen(function*() {
      const { base } = yield* served()

      for (const path of ["/", "/docs", "/problems", "/problems/log-full"]) {
        const page = yield* ask(`${base}${path}`)
        assert.strictEqual(page.status, 200)
        assert.notMatch(page.body, /<(script|link|img|iframe)[^>]+(src|href)=["']?https?:/)
        assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'none'/)
      }
      const docs = (yield* ask(`${base}/docs`)).body
      assert.include(docs, "First five minutes")
      // Styles and scripts are in the page, so the words of the browser for loading something are not.
      assert.notMatch(
        docs,
        /@import|url\(["']?(https?:)?\/\/|<(script|link|img|iframe|object|embed)[^>]+(src|href|data)=/
      )
      assert.include((yield* ask(`${base}/`)).body, "9.8.7")
      assert.strictEqual((yield* ask(`${base}/openapi.json`)).body.info.version, "9.8.7")
    }).pipe(Effect.scoped))

  it.live("of a role refuses what another one serves however it is spelled, and knows what is nowhere", () =>
    Effect.gen(function*() {
      const { base: answers } = yield* served({ serves: "questions" })
      const { base: holds } = yield* served({ serves: "operations" })
      const send = (path: string) => ask(`${answers}${path}`, { method: "POST", body: "{}" })

      for (const path of ["/v1/observations", "/v1/observations?a=1", "/v1/%6Fbservations"]) {
        assertProblem(yield* send(path), 404, "other-role")
      }
      assertProblem(yield* send("/v1/observationsx"), 404, "unknown-path")
      assertProblem(yield* ask(`${holds}/docs`), 404, "other-role")
      assertProblem(yield* ask(`${holds}/v1/nothing`), 404, "unknown-path")
      assertProblem(yield* ask(`${holds}/metricsx`), 404, "unknown-path")
      assert.strictEqual((yield* ask(`${holds}/problems`)).status, 200)
    }).pipe(Effect.scoped))
})
