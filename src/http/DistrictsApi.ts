/** The contract of districts: lists, one district, its windows, the history of its quality, its anomalies, what was known of it at an instant. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { DistrictState, DistrictView } from "../schemas/DistrictState.ts"
import { anomaliesQuery, AnomalyPage } from "./AnomalyPages.ts"
import { districtExample, outlineExample, stateExample } from "./DistrictExamples.ts"
import { Bbox, Cursor, describePageLimit, Instant, limit, NextCursor, Property } from "./Paging.ts"
import { problems } from "./Problems.ts"
import { WindowPage } from "./SensorsApi.ts"
import { describeValidators } from "./Validators.ts"

const Id = Schema.String.annotate({
  description: "Id of the district, percent-encoded as one segment: `/` is `%2F`",
  examples: ["kallio"]
})
/** As in docs/api.md: which clock it is compared with. */
const KnownAt = Instant(
  "As was known at this instant. The clock is that of the log: when the sensors' data had arrived, also where it was sent long after"
)
const Flag = Schema.Literals(["true", "false"])

/** GeoJSON (RFC 7946 §3.1.7); null where the map in force does not have the district. */
const Outline = Schema.NullOr(Schema.Struct({
  type: Schema.Literal("MultiPolygon"),
  coordinates: Schema.Array(Schema.Array(Schema.Array(Schema.Tuple([Schema.Finite, Schema.Finite]))))
}))

export const ListedDistrict = Schema.Struct({
  ...DistrictView.fields,
  outline: Schema.optionalKey(Outline.annotate({ description: "Where `outline=true` asks for it" }))
}).annotate({
  identifier: "ListedDistrict",
  examples: [districtExample, { ...districtExample, outline: outlineExample }]
})
export type ListedDistrict = typeof ListedDistrict.Type

export const DistrictPage = Schema.Struct({ items: Schema.Array(ListedDistrict), nextCursor: NextCursor }).annotate({
  identifier: "DistrictPage",
  examples: [{ items: [districtExample], nextCursor: null }]
})

export const DistrictStatePage = Schema.Struct({ items: Schema.Array(DistrictState), nextCursor: NextCursor }).annotate(
  {
    identifier: "DistrictStatePage",
    examples: [{ items: [stateExample], nextCursor: null }]
  }
)

/** As it is, with examples of one whole answer. */
const StateAt = DistrictState.annotate({ identifier: "DistrictState", examples: [stateExample] })

const list = HttpApiEndpoint.get("list", "/v1/districts", {
  query: {
    bbox: Schema.optionalKey(Bbox(": districts whose bounds meet it")),
    outline: Schema.optionalKey(
      Flag.annotate({ description: "With the shape of each, for a map", examples: ["true"] })
    ),
    limit,
    cursor: Schema.optionalKey(Cursor)
  },
  success: DistrictPage,
  error: problems(400, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Districts with their quality of life, in the order of their ids",
  description:
    "The state is that of the newest step of five minutes: `start`, `end` and `knownAt` say which and since when it was known. "
    + "`quality` is null where there was nothing to judge by in the last hour, as in a district without sensors. Without a map, every "
    + "observed H3 cell is a district. It changes when a step becomes known or is revised, so poll it with `If-None-Match`.",
  transform: (operation) => describeValidators(describePageLimit(operation))
}))

const detail = HttpApiEndpoint.get("detail", "/v1/districts/:id", {
  params: { id: Id },
  query: { outline: Schema.optionalKey(Flag.annotate({ description: "With its shape" })) },
  success: ListedDistrict,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({ summary: "One district, as in the list", transform: describeValidators }))

const windows = HttpApiEndpoint.get("windows", "/v1/districts/:id/windows", {
  params: { id: Id },
  query: {
    property: Property("pm2_5"),
    size: Schema.optionalKey(Schema.Literals(["5m", "1h"]).annotate({ description: "Default 5m", examples: ["1h"] })),
    from: Schema.optionalKey(Instant("Windows that start at or after it")),
    to: Schema.optionalKey(Instant("Windows that start before it")),
    limit,
    cursor: Schema.optionalKey(Cursor),
    at: Schema.optionalKey(KnownAt)
  },
  success: WindowPage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Windows of a district, ascending by start",
  description:
    "`count`, `variance`, `min` and `max` are of the observations; `mean` and `last` of the sensors, each by its health, however "
    + "often it reports. `final` is false while windows of its sensors may still be open; a later `revision` replaces an "
    + "earlier one. Without `from` and `cursor`: the newest ones up to `limit`. A district without sensors has none.",
  transform: describePageLimit
}))

const quality = HttpApiEndpoint.get("quality", "/v1/districts/:id/quality", {
  params: { id: Id },
  query: {
    from: Schema.optionalKey(Instant("Steps that start at or after it")),
    to: Schema.optionalKey(Instant("Steps that start before it")),
    limit,
    cursor: Schema.optionalKey(Cursor),
    at: Schema.optionalKey(KnownAt)
  },
  success: DistrictStatePage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "The quality of life of a district over time, ascending by start",
  description:
    "One item for each step of five minutes, in its newest revision. Without `from` and `cursor`: the newest ones.",
  transform: describePageLimit
}))

const snapshots = HttpApiEndpoint.get("snapshots", "/v1/districts/:id/snapshots", {
  params: { id: Id },
  query: { at: Schema.optionalKey(Instant("Default now; the clock is that of the log, as in the history")) },
  success: StateAt,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "What was known of a district at an instant",
  description:
    "The newest step that was known then, in the revision that was known then; 404 `nothing-known` where there was none yet."
}))

const anomalies = HttpApiEndpoint.get("anomalies", "/v1/districts/:id/anomalies", {
  params: { id: Id },
  query: anomaliesQuery,
  success: AnomalyPage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Anomalies of the sensors of a district, newest opened first",
  description:
    "Those of sensors that were in the district when they opened; `state=open` are the `incidents` of the district.",
  transform: describePageLimit
}))

export class DistrictsApi extends HttpApiGroup.make("districts")
  .add(list).add(detail).add(windows).add(quality).add(snapshots).add(anomalies)
  .annotateMerge(OpenApi.annotations({ title: "Districts", description: "Places, and how life is in them" }))
{}
