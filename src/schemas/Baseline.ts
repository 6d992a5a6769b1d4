/** What is normal for a datastream at an hour of the week, in the city's time zone. */
import { Schema } from "effect"

/** Hours of a week; 0 is Monday 00:00–01:00 local time. */
export const hoursOfWeek = 168

export const BaselineHour = Schema.Struct({
  hourOfWeek: Schema.Int.annotate({ description: "0 = Monday 00:00–01:00 in the city's time zone" }),
  location: Schema.Finite.annotate({ description: "Robust centre, in the property's unit" }),
  scale: Schema.NullOr(Schema.Finite).annotate({
    description: "Robust spread (as a standard deviation); null until known"
  }),
  weeks: Schema.Int.annotate({ description: "Hours of this kind learned from, at most 255" })
}).annotate({ identifier: "BaselineHour" })
export type BaselineHour = typeof BaselineHour.Type

export const Baseline = Schema.Struct({
  property: Schema.String,
  unit: Schema.String,
  timeZone: Schema.String,
  hours: Schema.Array(BaselineHour)
}).annotate({ identifier: "Baseline" })
export type Baseline = typeof Baseline.Type
