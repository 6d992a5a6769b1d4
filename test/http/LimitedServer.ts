/** A route behind the real edge with limits, on a real server; counts alone, or with others where there is a store for it. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { serveOptions } from "../../src/http/CityHttp.ts"
import { HttpSettings, httpSettings } from "../../src/http/HttpSettings.ts"
import * as RequestEdge from "../../src/http/RequestEdge.ts"
import type { RequestLimits } from "../../src/http/RequestRates.ts"

const hello = HttpServerResponse.text("hello")
const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/v1/sensors", hello),
  HttpRouter.add("POST", "/v1/observations", hello),
  HttpRouter.add("GET", "/health/live", hello),
  HttpRouter.add("GET", "/metrics", hello)
)

/** The base URL. */
export const limitedServer = Effect.fnUntraced(function*(limits: RequestLimits) {
  const settings = Layer.succeed(HttpSettings, httpSettings({ version: "0", timeZone: "UTC", limits }))
  const context = yield* Layer.build(
    HttpRouter.serve(Layer.provide(routes, RequestEdge.layer.pipe(Layer.provide(settings))), serveOptions).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
    )
  )
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return HttpServer.formatAddress(address)
})
