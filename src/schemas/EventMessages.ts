/**
 * What the events of each type look like as a whole, for whoever describes or checks them: the CloudEvent with its `data`. Here
 * are the types that are published today; the others are reserved.
 */
import { Schema } from "effect"
import { Anomaly } from "./Anomaly.ts"
import { CloudEvent, type EventType } from "./CityEvent.ts"
import { DistrictState } from "./DistrictState.ts"
import { DistrictId } from "./Identifiers.ts"
import { Window } from "./Window.ts"

/** The windows of a district that were computed together: those of one step, each with its property. */
export const DistrictWindows = Schema.Struct({
  district: DistrictId,
  start: Schema.String.annotate({ description: "Start of the step, RFC 3339 UTC" }),
  end: Schema.String.annotate({ description: "End of the step, exclusive" }),
  knownAt: Schema.String.annotate({ description: "Since when this revision was known" }),
  revision: Schema.Int.annotate({ description: "0 for the first; a later one replaces it" }),
  final: Schema.Boolean.annotate({ description: "False while windows of its sensors are still open" }),
  windows: Schema.Array(Window)
}).annotate({ identifier: "DistrictWindows" })
export type DistrictWindows = typeof DistrictWindows.Type

const message = <Type extends EventType, Data extends Schema.Top>(type: Type, data: Data) =>
  Schema.Struct({ ...CloudEvent.fields, type: Schema.Literal(`vicinity.${type}`), data })

export const AnomalyEvent = message("anomaly", Anomaly).annotate({
  identifier: "AnomalyEvent",
  description:
    "An anomaly of a sensor opened, became more severe or closed: a CloudEvents 1.0 event with the extensions `district` and `sensor`"
})

export const QualityEvent = message("quality", DistrictState).annotate({
  identifier: "QualityEvent",
  description: "The state of a district with its quality of life: a CloudEvents 1.0 event with the extension `district`"
})

export const WindowEvent = message("window", DistrictWindows).annotate({
  identifier: "WindowEvent",
  description:
    "Windows of a district that were computed or revised: a CloudEvents 1.0 event with the extension `district`"
})
