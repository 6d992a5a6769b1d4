/**
 * Every way in which a request can be refused: RFC 9457 problem details, one stable `type` each (a path on this server that
 * explains it). Promise: a refusal has a status, a sentence that says what to do, and never shows internals.
 */
import { Schema } from "effect"
import { HttpServerResponse, ProblemDetails } from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { ItemRejection } from "../schemas/Observation.ts"

interface ProblemType {
  readonly status: number
  readonly title: string
  /** For `GET /problems/{name}`: what it means and what to do. */
  readonly explanation: string
}

export const problemTypes = {
  "bad-request": {
    status: 400,
    title: "The request cannot be read",
    explanation: "The path or the body is broken on the level of HTTP. Send it again as the documentation shows it."
  },
  "bad-parameter": {
    status: 400,
    title: "A parameter cannot be used",
    explanation: "The member `parameter` names it and `detail` says what is expected. Nothing was done."
  },
  "forbidden": {
    status: 403,
    title: "Not allowed",
    explanation: "The caller lacks the scope named in `detail`. Ask an operator for it."
  },
  "other-role": {
    status: 404,
    title: "Another process of this city serves this",
    explanation: "A city of several processes divides the work by roles; `detail` says which role to ask."
  },
  "unknown-path": { status: 404, title: "Nothing is here", explanation: "See /docs for all paths." },
  "unknown-sensor": {
    status: 404,
    title: "No such sensor",
    explanation: "No observation of this sensor was ever accepted. Ids are percent-encoded in a path: `/` is `%2F`."
  },
  "unknown-district": {
    status: 404,
    title: "No such district",
    explanation: "`GET /v1/districts` lists the districts. Ids are percent-encoded in a path: `/` is `%2F`."
  },
  "nothing-known": {
    status: 404,
    title: "Nothing was known of it then",
    explanation: "The district has no state that was known at the instant in `at`. Ask for a later one."
  },
  "unknown-datastream": {
    status: 404,
    title: "The sensor does not report this property",
    explanation: "`GET /v1/sensors/{id}` lists the properties a sensor reports."
  },
  "method-not-allowed": {
    status: 405,
    title: "The path does not take this method",
    explanation: "The header `Allow` lists the methods it takes."
  },
  "too-slow": {
    status: 408,
    title: "The body came too slowly",
    explanation: "Nothing was accepted. Send the observations in smaller bodies, or over a better line."
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    explanation: "Nothing was accepted. Send the observations in smaller bodies."
  },
  "too-many-items": {
    status: 413,
    title: "Too many observations in one request",
    explanation: "Nothing was accepted. Send them in several requests."
  },
  "unsupported-media-type": {
    status: 415,
    title: "The content type is not taken",
    explanation: "Send `application/json` or `application/x-ndjson`, as it is or with `Content-Encoding: gzip`."
  },
  "misdirected": {
    status: 421,
    title: "This server does not answer for that host",
    explanation: "An open server on loopback answers only for its own names, so that a web page cannot reach it by DNS."
  },
  "empty-body": { status: 422, title: "No observations in the body", explanation: "Send at least one observation." },
  "malformed-json": {
    status: 422,
    title: "The body is not JSON",
    explanation: "Nothing was accepted; the body is kept and listed at /v1/rejected. `detail` has the position."
  },
  "nothing-accepted": {
    status: 422,
    title: "No observation was accepted",
    explanation: "The member `rejected` has index and reason of each; they are kept and listed at /v1/rejected."
  },
  "busy": {
    status: 429,
    title: "Too much unacknowledged data",
    explanation: "Send it again after the seconds in `Retry-After`. Nothing of this request was accepted."
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests of one client",
    explanation:
      "Nothing was done. Ask again after the seconds in `Retry-After`; send more observations in each request."
  },
  "log-full": {
    status: 503,
    title: "The log is full",
    explanation:
      "It refuses new data and never discards old. Send it again later; an operator sees /health/diagnostics."
  },
  "unavailable": {
    status: 503,
    title: "A part of the city is not available now",
    explanation: "Ask again after the seconds in `Retry-After`."
  },
  "too-many-clients": {
    status: 503,
    title: "Too many clients follow the live events",
    explanation: "Connect again after the seconds in `Retry-After`; a browser's `EventSource` does not do so by itself."
  },
  "not-ready": {
    status: 503,
    title: "Not ready",
    explanation:
      "The member `notReady` lists the shards that are not, `parts` what else this process needs, each with why."
  },
  "internal": {
    status: 500,
    title: "Something is wrong here",
    explanation: "The cause is in the log of the server under the id in `requestId`."
  }
} as const satisfies Record<string, ProblemType>
export type ProblemName = keyof typeof problemTypes

/** Path under which a problem type is explained. */
export const problemPath = (name: ProblemName): string => `/problems/${name}`

/** Members beside the standard ones (RFC 9457 §3.2). */
export interface ProblemMembers {
  readonly parameter?: string
  readonly hint?: string
  readonly rejected?: ReadonlyArray<ItemRejection>
  readonly notReady?: ReadonlyArray<unknown>
  readonly parts?: ReadonlyArray<unknown>
  readonly requestId?: string
}

export const problem = (
  name: ProblemName,
  detail: string,
  members: ProblemMembers = {},
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse => {
  const { status, title } = problemTypes[name]
  return HttpServerResponse.jsonUnsafe(
    { type: problemPath(name), title, status, detail, ...members },
    { status, headers, contentType: ProblemDetails.contentType }
  )
}

/** As `problem`, with the seconds after which trying again makes sense (RFC 9110 §10.2.3; at least one). */
export const problemRetry = (
  name: ProblemName,
  detail: string,
  retryAfterMillis: number
): HttpServerResponse.HttpServerResponse =>
  problem(name, detail, {}, { "retry-after": String(Math.max(1, Math.ceil(retryAfterMillis / 1000))) })

/** The shape of a problem in the OpenAPI document. */
export const Problem = Schema.Struct({
  type: Schema.String.annotate({ description: "Path that explains this kind of problem" }),
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String.annotate({ description: "What is wrong in this request, and what to do" }),
  parameter: Schema.optionalKey(Schema.String.annotate({ description: "Name of the parameter at fault" })),
  hint: Schema.optionalKey(Schema.String),
  rejected: Schema.optionalKey(Schema.Array(ItemRejection)),
  requestId: Schema.optionalKey(Schema.String)
}).annotate({
  identifier: "Problem",
  description: "Problem details, RFC 9457",
  examples: [{
    type: "/problems/bad-parameter",
    title: problemTypes["bad-parameter"].title,
    status: 400,
    detail: 'limit must be a whole number from 1 to 1000, not "many"',
    parameter: "limit"
  }]
})

const descriptions: Readonly<Record<number, string>> = {
  400: "Something in the request is wrong",
  404: "Not known here",
  408: "The body came too slowly",
  413: "Too large",
  415: "Wrong content type or encoding",
  422: "Nothing in the body could be accepted",
  429: "Busy, or one client asks too often: see Retry-After",
  503: "Not available now: see Retry-After"
}

/** Error schemas of an endpoint, by status, for its contract. */
export const problems = (...statuses: ReadonlyArray<keyof typeof descriptions>) =>
  statuses.map((status) =>
    Problem.annotate({ description: descriptions[status] ?? "Problem" }).pipe(
      HttpApiSchema.asJson({ contentType: ProblemDetails.contentType }),
      HttpApiSchema.status(status)
    )
  )
