/**
 * What Vicinity says and hears over NATS, as an AsyncAPI 3 document: EVENTS that others subscribe to and INBOX that anyone may send
 * observations to. Made from the schemas that the messages are encoded and checked with, so it cannot drift from them.
 */
import { JsonSchema, Schema } from "effect"
import { eventTypes } from "../schemas/CityEvent.ts"
import { AnomalyEvent, QualityEvent, WindowEvent } from "../schemas/EventMessages.ts"
import { ObservationInput } from "../schemas/Observation.ts"
import { inboxSubjects, noDistrictToken, streamOf } from "../schemas/Subjects.ts"
import { anomalyExample } from "./AnomalyPages.ts"
import { stateExample } from "./DistrictExamples.ts"
import { observationExamples } from "./ObservationsApi.ts"

const { district, end, final, knownAt, revision, start } = stateExample
const attributes = {
  specversion: "1.0",
  source: "/v1/districts/kallio",
  subject: "kallio",
  time: knownAt,
  datacontenttype: "application/json",
  district
} as const

const qualityExample: typeof QualityEvent.Type = {
  ...attributes,
  id: `quality:kallio:${start}:r0`,
  type: "vicinity.quality",
  data: stateExample
}

const anomalyEventExample: typeof AnomalyEvent.Type = {
  ...attributes,
  id: `${anomalyExample.id}:r${anomalyExample.revision}`,
  type: "vicinity.anomaly",
  source: `/v1/sensors/${anomalyExample.sensor}`,
  subject: anomalyExample.sensor,
  time: "2026-11-24T05:34:00.000Z",
  sensor: anomalyExample.sensor,
  data: anomalyExample
}

const windowExample: typeof WindowEvent.Type = {
  ...attributes,
  id: `window:kallio:${start}:r0`,
  type: "vicinity.window",
  data: {
    district,
    start,
    end,
    knownAt,
    revision,
    final,
    windows: [{
      property: "noise",
      start,
      end,
      count: 20,
      mean: 59.8,
      variance: 4.1,
      min: 55.2,
      max: 64,
      last: 58.9,
      revision,
      final
    }]
  }
}

const { lines } = observationExamples["application/x-ndjson"]
const { many, one } = observationExamples["application/json"]

interface Message {
  readonly title: string
  readonly summary: string
  readonly contentType: string
  readonly schema: Schema.Top
  readonly example: unknown
  readonly headers: Record<string, unknown>
}

const headers = (description: string, example: string, properties: Record<string, unknown> = {}) => ({
  type: "object",
  properties: { "Nats-Msg-Id": { type: "string", description, examples: [example] }, ...properties }
})
const eventHeaders = (example: string) => headers("The `id` of the event", example)
const inboxHeaders = headers("Yours to choose: sent again with the same one, it is stored once", "my-balcony-4711", {
  "Content-Type": {
    type: "string",
    description: "May be left out: it then shows from the body",
    examples: ["application/json", "application/x-ndjson"]
  }
})

const json = "application/json"
const cloudEvent = "application/cloudevents+json"
const eventMessages: Record<string, Message> = {
  anomaly: {
    title: "Anomaly",
    summary: "An anomaly of a sensor opened, became more severe or closed; the subject ends with the sensor",
    contentType: cloudEvent,
    schema: AnomalyEvent,
    example: anomalyEventExample,
    headers: eventHeaders(anomalyEventExample.id)
  },
  quality: {
    title: "Quality of life",
    summary: "A district was judged, or judged anew",
    contentType: cloudEvent,
    schema: QualityEvent,
    example: qualityExample,
    headers: eventHeaders(qualityExample.id)
  },
  window: {
    title: "Windows",
    summary: "Windows of a district were computed or revised",
    contentType: cloudEvent,
    schema: WindowEvent,
    example: windowExample,
    headers: eventHeaders(windowExample.id)
  }
}
const inboxMessages: Record<string, Message> = {
  observation: {
    title: "One observation",
    summary: one.summary,
    contentType: json,
    schema: ObservationInput,
    example: one.value,
    headers: inboxHeaders
  },
  observations: {
    title: "Several observations",
    summary: many.summary,
    contentType: json,
    schema: Schema.Array(ObservationInput),
    example: many.value,
    headers: inboxHeaders
  },
  observationLines: {
    title: "One observation per line",
    summary: lines.summary,
    contentType: "application/x-ndjson",
    schema: Schema.String.annotate({ description: "Newline-delimited JSON, each line an observation" }),
    example: lines.value,
    headers: inboxHeaders
  }
}

/** Every message with its schema; those checked by the test. */
export const describedMessages: Readonly<Record<string, Message>> = { ...eventMessages, ...inboxMessages }

type Json = Record<string, unknown>

const inComponents = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/'))

/** The payload as JSON Schema draft 7, which AsyncAPI takes without asking; named parts go to `schemas`. */
const payloadOf = (schema: Schema.Top, schemas: Json): Json => {
  const described = JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(schema))
  for (const [name, part] of Object.entries(described.definitions)) schemas[name] = inComponents(part)
  return inComponents(described.schema)
}

const described = ({ example, schema, ...message }: Message, name: string, schemas: Json): Json => ({
  name,
  ...message,
  payload: payloadOf(schema, schemas),
  examples: [{ name: "example", payload: example }],
  bindings: { nats: {} }
})

const referencesTo = (path: string, messages: Record<string, Message>): ReadonlyArray<Json> =>
  Object.keys(messages).map((name) => ({ $ref: `#/${path}/${name}` }))

const channelMessages = (messages: Record<string, Message>): Json =>
  Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]))

const tokenWords = "Ids are percent-escaped but for `A–Z a–z 0–9 - _ ~`, so that each is one token"

const eventsChannel = (prefix: string): Json => ({
  address: `${prefix}.events.{type}.{district}`,
  title: "EVENTS",
  description:
    `What the city found out, in the JetStream stream \`${
      streamOf(prefix, "EVENTS")
    }\`: in order, kept until its size limit is `
    + "reached, the oldest go first. At least once: deduplicate by `id`, and go on after the stream sequence you have seen. Subscribe with wildcards: "
    + `\`${prefix}.events.>\` is everything, \`${prefix}.events.quality.*\` every judgement. An event of one sensor has the `
    + "sensor as one more token at the end. Reserved are the types "
    + `${eventTypes.filter((type) => !(type in eventMessages)).join(", ")}.`,
  messages: channelMessages(eventMessages),
  parameters: {
    type: { description: "Short type of the event", enum: Object.keys(eventMessages) },
    district: { description: `Id of the district, \`${noDistrictToken}\` where there is none. ${tokenWords}` }
  },
  bindings: { nats: {} }
})

const inboxChannel = (prefix: string): Json => ({
  address: `${prefix}.in.{sender}`,
  title: "INBOX",
  description:
    `Observations from anyone: every subject below \`${prefix}.in.\` is taken into the JetStream stream \`${
      streamOf(prefix, "INBOX")
    }\` (\`${inboxSubjects(prefix)}\`). Publish over `
    + "JetStream and wait for its acknowledgement: then nothing is lost. A plain NATS publish is answered by nobody and lost where the "
    + "stream cannot take it. A bad observation costs no good one beside it; it is kept and listed at `/v1/rejected`.",
  messages: channelMessages(inboxMessages),
  parameters: { sender: { description: "One or more tokens, yours to choose" } },
  bindings: { nats: {} }
})

/** The document of this version of Vicinity, where subjects begin with `prefix`. */
export const asyncApiDocument = (version: string, prefix: string): Json => {
  const schemas: Json = {}
  const messages = Object.fromEntries(
    Object.entries(describedMessages).map(([name, message]) => [name, described(message, name, schemas)])
  )
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Vicinity over NATS",
      version,
      description:
        "A live and explained picture of a city, where it runs on NATS. Over HTTP the same events are server-sent events and "
        + "the same observations a POST: see `/openapi.json`. Times are RFC 3339 UTC, units UCUM codes, ids opaque strings.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" }
    },
    defaultContentType: json,
    servers: {
      nats: {
        host: "127.0.0.1:4222",
        protocol: "nats",
        description: "The NATS server with JetStream that the city runs on (setting VICINITY_NATS_URL)"
      }
    },
    channels: { events: eventsChannel(prefix), inbox: inboxChannel(prefix) },
    operations: {
      tellEvents: {
        action: "send",
        channel: { $ref: "#/channels/events" },
        summary: "Vicinity tells what it found out",
        messages: referencesTo("channels/events/messages", eventMessages),
        bindings: { nats: { bindingVersion: "0.1.0" } }
      },
      takeObservations: {
        action: "receive",
        channel: { $ref: "#/channels/inbox" },
        summary: "Vicinity takes observations in",
        messages: referencesTo("channels/inbox/messages", inboxMessages),
        bindings: { nats: { bindingVersion: "0.1.0" } }
      }
    },
    components: { messages, schemas }
  }
}
