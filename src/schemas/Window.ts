/** A summary of the observations of one datastream in a half-open span `[start, end)` of event time. */
import { Schema } from "effect"

/** Window sizes by their name in the API. */
export const windowSizes = { "1m": 60_000, "5m": 300_000, "1h": 3_600_000 } as const
export const WindowSize = Schema.Literals(["1m", "5m", "1h"])
export type WindowSize = typeof WindowSize.Type

export const Window = Schema.Struct({
  property: Schema.String,
  start: Schema.String.annotate({ description: "Inclusive, RFC 3339 UTC" }),
  end: Schema.String.annotate({ description: "Exclusive, RFC 3339 UTC" }),
  count: Schema.Int.annotate({ description: "Observations counted: duplicates and superseded ones are not" }),
  mean: Schema.Finite.annotate({ description: "By the aggregation of the property" }),
  variance: Schema.Finite.annotate({ description: "Population variance" }),
  min: Schema.Finite,
  max: Schema.Finite,
  last: Schema.Finite.annotate({ description: "Result at the newest phenomenonTime" }),
  revision: Schema.Int.annotate({ description: "0 for the first; a later one replaces it" }),
  final: Schema.Boolean.annotate({ description: "False while the window is still open" })
}).annotate({ identifier: "Window" })
export type Window = typeof Window.Type
