/** The contract of the catalogue of observed properties. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { problems } from "./Problems.ts"
import { describeValidators } from "./Validators.ts"

export const Property = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  unit: Schema.String.annotate({ description: "UCUM code of the unit in which results are kept and answered" }),
  acceptedUnits: Schema.Array(Schema.String).annotate({ description: "UCUM codes that are converted on the way in" }),
  plausible: Schema.Struct({ min: Schema.Finite, max: Schema.Finite }).annotate({
    description: "A result outside this closed range is rejected as `implausible`"
  }),
  aggregation: Schema.Literals(["arithmetic", "count", "energy", "circular"]),
  thresholds: Schema.Array(Schema.Finite).annotate({ description: "Limits whose exceedance a district counts" }),
  latenessSeconds: Schema.Finite.annotate({ description: "How long a window waits for stragglers" })
}).annotate({ identifier: "Property" })

export const PropertyList = Schema.Struct({ items: Schema.Array(Property), nextCursor: Schema.Null }).annotate({
  identifier: "PropertyList"
})

const list = HttpApiEndpoint.get("list", "/v1/properties", { success: PropertyList, error: problems(429) })
  .annotateMerge(
    OpenApi.annotations({
      summary: "What can be observed: names, units, plausible ranges",
      transform: describeValidators
    })
  )

export class PropertiesApi extends HttpApiGroup.make("properties").add(list).annotateMerge(
  OpenApi.annotations({ title: "Properties", description: "The catalogue of observed properties" })
) {}
