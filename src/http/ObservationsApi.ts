/** The contract of sending observations. The handler reads the body itself (`ObservationsHandlers`): this is its description. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ndjsonTypes } from "../ingest/ObservationItems.ts"
import { Accepted, ObservationInput } from "../schemas/Observation.ts"
import { problems } from "./Problems.ts"

const one: ObservationInput = {
  sensorId: "lam-23128",
  property: "vehicle_speed",
  phenomenonTime: "2024-05-06T08:00:00Z",
  result: 62.5,
  unit: "km/h"
}
const another: ObservationInput = { ...one, phenomenonTime: "2024-05-06T08:01:00Z", result: 60 }

/** Examples in the document: each body is one that this endpoint accepts, whatever the date. */
export const observationExamples = {
  "application/json": {
    one: { summary: "One observation", value: one },
    many: { summary: "Several observations", value: [one, another] }
  },
  "application/x-ndjson": {
    lines: { summary: "One observation per line", value: `${JSON.stringify(one)}\n${JSON.stringify(another)}\n` }
  }
} as const

const examplesOf = (type: string) => Object.entries(observationExamples).find(([key]) => key === type)?.[1]

const withExamples = (operation: Record<string, any>): Record<string, any> => ({
  ...operation,
  requestBody: {
    ...operation["requestBody"],
    content: Object.fromEntries(
      Object.entries(operation["requestBody"].content).map(([type, media]) => {
        const examples = examplesOf(type)
        return [type, examples === undefined ? media : { ...Object(media), examples }]
      })
    )
  }
})

const add = HttpApiEndpoint.post("add", "/v1/observations", {
  payload: [
    Schema.Union([ObservationInput, Schema.Array(ObservationInput)]),
    HttpApiSchema.StreamNdjson({ schema: ObservationInput, contentType: [...ndjsonTypes] })
  ],
  success: Accepted.annotate({
    description: "The accepted ones are on disk",
    examples: [{
      accepted: 1,
      rejected: [{ index: 1, reason: "unknown-property", detail: 'there is no observed property "speed"' }]
    }]
  }).pipe(HttpApiSchema.status(202)),
  error: problems(400, 408, 413, 415, 422, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Send observations",
  description:
    "One observation, an array of them, or one per line. Answered when the accepted ones are on disk. A bad one is rejected "
    + "with its index and reason and costs no good one beside it; it is kept and listed at /v1/rejected. "
    + "`Content-Encoding: gzip` is understood.",
  transform: withExamples
}))

export class ObservationsApi extends HttpApiGroup.make("observations").add(add).annotateMerge(
  OpenApi.annotations({ title: "Observations", description: "The way in" })
) {}
