/** The catalogue of observed properties, made once. */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { convertibleUnits } from "../schemas/Units.ts"
import { RoutedApi } from "./CityApi.ts"
import { revalidated } from "./Validators.ts"

const items = observedProperties.map((property) => ({
  name: property.name,
  description: property.description,
  unit: property.unit,
  acceptedUnits: convertibleUnits(property.unit),
  plausible: property.plausible,
  aggregation: property.aggregation,
  thresholds: property.thresholds,
  latenessSeconds: property.latenessMillis / 1000
}))

/** The same for as long as the process lives. */
const catalogue = HttpServerResponse.jsonUnsafe({ items, nextCursor: null }, { headers: revalidated })

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "properties",
  (handlers) => handlers.handle("list", () => Effect.succeed(catalogue))
)
