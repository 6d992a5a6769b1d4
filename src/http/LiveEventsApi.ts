/** The contract of live events: one stream, described as far as OpenAPI 3.1 can. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CloudEvent, EventType, eventTypes } from "../schemas/CityEvent.ts"
import { problems } from "./Problems.ts"

const Position = (description: string) =>
  Schema.optionalKey(Schema.String.annotate({ description, examples: ["4711"] }))

const Reset = Schema.Struct({
  first: Schema.Int.annotate({ description: "Position of the first event that is kept" }),
  last: Schema.Int.annotate({ description: "Position of the newest event" }),
  sentence: Schema.String
}).annotate({
  identifier: "EventReset",
  description: "What was asked for is not kept: load the state from the API again"
})

/** One event of the stream, as a browser's `EventSource` gives it out. */
const Sent = Schema.Union([
  Schema.Struct({
    id: Schema.String.annotate({ description: "Position of the event" }),
    event: EventType,
    data: Schema.fromJsonString(CloudEvent)
  }),
  Schema.Struct({ id: Schema.String, event: Schema.Literal("reset"), data: Schema.fromJsonString(Reset) })
])

/** Failures are no part of this stream, so what the generator says of them is left out. */
const withoutFailures = (operation: Record<string, any>): Record<string, any> => {
  const { "200": { content, ...success }, ...others } = operation["responses"]
  const { schema } = content["text/event-stream"]
  return { ...operation, responses: { "200": { ...success, content: { "text/event-stream": { schema } } }, ...others } }
}

const live = HttpApiEndpoint.get("live", "/v1/events", {
  query: {
    district: Schema.optionalKey(Schema.String.annotate({ description: "Id of a district", examples: ["kallio"] })),
    sensor: Schema.optionalKey(Schema.String.annotate({ description: "Id of a sensor", examples: ["noise-kallio-1"] })),
    type: Schema.optionalKey(
      Schema.String.annotate({
        description: `One or more of ${eventTypes.join(", ")}, separated by commas; today there are window and quality`,
        examples: ["quality,window"]
      })
    ),
    after: Position("Go on after this `id`, for clients that cannot send a header")
  },
  headers: {
    "last-event-id": Position("Go on after this `id`: a browser sends it by itself; goes before `after`")
  },
  success: HttpApiSchema.StreamSse({ events: Sent }),
  error: problems(400, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Events of the city as they happen, as server-sent events",
  description:
    "`id` is the position of an event, `event` its short type, `data` a CloudEvents 1.0 event in JSON on one line. All given "
    + "filters must hold. Without a position it starts with the next event. Where a position is no longer kept, or is of another "
    + 'data folder, an event `reset` with `{"first","last","sentence"}` comes first: load the state from the API again, then what '
    + "is kept follows. At least once: deduplicate by the `id` of the CloudEvent. A comment and an `id` without data come every 15 s. "
    + "A client that takes nothing for a minute is disconnected.",
  transform: withoutFailures
}))

export class LiveEventsApi extends HttpApiGroup.make("events").add(live).annotateMerge(
  OpenApi.annotations({ title: "Events", description: "What the city found out, as it happens" })
) {}
