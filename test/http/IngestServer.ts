/**
 * The way in over real HTTP, without a city behind it: observations, rejected input and properties, on the real door and
 * file logs in a folder of its own. Lives as long as its scope; gives the base URL.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { createServer } from "node:http"
import { serveOptions } from "../../src/http/CityHttp.ts"
import { type HttpOptions, HttpSettings, httpSettings } from "../../src/http/HttpSettings.ts"
import { ObservationsApi } from "../../src/http/ObservationsApi.ts"
import * as ObservationsHandlers from "../../src/http/ObservationsHandlers.ts"
import { PropertiesApi } from "../../src/http/PropertiesApi.ts"
import * as PropertiesHandlers from "../../src/http/PropertiesHandlers.ts"
import { RejectedApi } from "../../src/http/RejectedApi.ts"
import * as RejectedHandlers from "../../src/http/RejectedHandlers.ts"
import * as RequestBody from "../../src/http/RequestBody.ts"
import * as RequestEdge from "../../src/http/RequestEdge.ts"
import type { DoorSettings } from "../../src/ingest/BatchingDoor.ts"
import * as BatchingDoor from "../../src/ingest/BatchingDoor.ts"
import { logs, temporaryFolder } from "../ingest/Logs.ts"

const IngestApi = HttpApi.make("vicinity").add(ObservationsApi).add(RejectedApi).add(PropertiesApi)

const handlers = Layer.mergeAll(ObservationsHandlers.layer, RejectedHandlers.layer, PropertiesHandlers.layer).pipe(
  Layer.provide(RequestBody.layer)
)

export const ingestServer = Effect.fnUntraced(function*(
  options: Partial<HttpOptions> = {},
  log: Parameters<typeof logs>[1] = {},
  door: Partial<DoorSettings> = {}
) {
  const folder = yield* temporaryFolder
  const settings = Layer.succeed(
    HttpSettings,
    httpSettings({ version: "test", timeZone: "Europe/Helsinki", ...options })
  )
  const routes = HttpApiBuilder.layer(IngestApi).pipe(
    Layer.provide(handlers),
    Layer.provide(RequestEdge.layer),
    Layer.provide(settings)
  )
  const served = HttpRouter.serve(routes, serveOptions).pipe(
    Layer.provide(BatchingDoor.layer(door)),
    Layer.provide(logs(folder, log)),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )
  const context = yield* Layer.build(served)
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return HttpServer.formatAddress(address)
})
