/** An observation that came for a sealed pane: in no window, but kept, with when it came. */
import { Schema } from "effect"

export const LateObservation = Schema.Struct({
  property: Schema.String,
  phenomenonTime: Schema.String.annotate({ description: "When it was measured; RFC 3339 UTC" }),
  resultTime: Schema.NullOr(Schema.String).annotate({
    description: "When the result became available, where the source said so; RFC 3339 UTC"
  }),
  result: Schema.Finite,
  unit: Schema.String.annotate({ description: "UCUM code" }),
  receivedAt: Schema.String.annotate({ description: "When it came; RFC 3339 UTC" })
}).annotate({ identifier: "LateObservation" })
export type LateObservation = typeof LateObservation.Type
