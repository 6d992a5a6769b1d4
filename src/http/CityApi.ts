/**
 * The contract of Vicinity over HTTP: the one source of routes, of the OpenAPI document and of typed clients.
 * Promise: fields are added, never changed.
 */
import { HttpApi, OpenApi } from "effect/http-api"
import { DistrictsApi } from "./DistrictsApi.ts"
import { firstFiveMinutes } from "./FirstFiveMinutes.ts"
import { HealthApi } from "./HealthApi.ts"
import { LiveEventsApi } from "./LiveEventsApi.ts"
import { ObservationsApi } from "./ObservationsApi.ts"
import { PropertiesApi } from "./PropertiesApi.ts"
import { RejectedApi } from "./RejectedApi.ts"
import { SensorApi, SensorsApi } from "./SensorsApi.ts"

/** What `HttpApiBuilder` serves: all but `SensorApi`, whose route is made by hand because it is hot. */
export const RoutedApi = HttpApi.make("vicinity")
  .add(ObservationsApi)
  .add(SensorsApi)
  .add(DistrictsApi)
  .add(PropertiesApi)
  .add(LiveEventsApi)
  .add(RejectedApi)
  .add(HealthApi)
  // A parameter that is spelled wrong is refused: ignored, it would give another answer than was asked for.
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error" })

export const CityApi = RoutedApi.add(SensorApi).annotateMerge(OpenApi.annotations({
  title: "Vicinity",
  description: "A live and explained picture of a city. Times are RFC 3339 UTC, units UCUM codes, errors problem "
    + "details (RFC 9457), ids opaque strings. Lists are `{items, nextCursor}`. "
    + "Events and observations over NATS: [asyncapi.json](/asyncapi.json).\n\n"
    + `## First five minutes\n\n${firstFiveMinutes}`,
  license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" }
}))
