/**
 * Vicinity over HTTP: everything of `CityApi`, its documentation, metrics and the edge around them, as one layer.
 * Which server, host and port is for `src/apps` to choose: it provides `HttpServer`.
 */
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { RoutedApi } from "./CityApi.ts"
import * as DistrictsHandlers from "./DistrictsHandlers.ts"
import * as HealthHandlers from "./HealthHandlers.ts"
import { type HttpOptions, HttpSettings, httpSettings } from "./HttpSettings.ts"
import * as LiveEvents from "./LiveEvents.ts"
import * as LiveEventsHandlers from "./LiveEventsHandlers.ts"
import * as ObservationsHandlers from "./ObservationsHandlers.ts"
import * as PageRoutes from "./PageRoutes.ts"
import * as Pages from "./Pages.ts"
import * as PropertiesHandlers from "./PropertiesHandlers.ts"
import * as RejectedHandlers from "./RejectedHandlers.ts"
import * as RequestBody from "./RequestBody.ts"
import * as RequestEdge from "./RequestEdge.ts"
import { routerConfig } from "./RouteTable.ts"
import * as SensorRoute from "./SensorRoute.ts"
import * as SensorsHandlers from "./SensorsHandlers.ts"

const handlers = Layer.mergeAll(
  ObservationsHandlers.layer,
  SensorsHandlers.layer,
  DistrictsHandlers.layer,
  PropertiesHandlers.layer,
  LiveEventsHandlers.layer,
  RejectedHandlers.layer,
  HealthHandlers.layer
).pipe(Layer.provide(RequestBody.layer))

/** All routes. */
const routes = (settings: Layer.Layer<HttpSettings>) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(RoutedApi).pipe(Layer.provide(handlers)),
    SensorRoute.layer,
    Pages.layer,
    PageRoutes.layer
  ).pipe(Layer.provide(RequestEdge.layer), Layer.provide(settings))

/** How routes are served: no log line per request (`RequestEdge` logs what fails), none of its own at start. */
export const serveOptions = { routerConfig, disableLogger: true, disableListenLog: true } as const

/** Serves everything while its scope is open; on the way down streams end, and a request that has begun is finished. */
export const layer = (options: HttpOptions) => {
  const settings = Layer.succeed(HttpSettings, httpSettings(options))
  return LiveEvents.endBeforeServer.pipe(
    Layer.provideMerge(HttpRouter.serve(routes(settings), serveOptions)),
    Layer.provide(LiveEvents.layer.pipe(Layer.provide(settings)))
  )
}
