/**
 * Taking observations in. Promises: 202 only when every accepted item is on disk; the whole body is read and parsed before
 * the first item is offered, so a request is answered as one; what cannot be read at all is kept in REJECTED too.
 */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Door, type Item } from "../ingest/Door.ts"
import { ndjsonTypes, type ParsedBody, parserOf } from "../ingest/ObservationItems.ts"
import type { Accepted } from "../schemas/Observation.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { withRequestLogs } from "./CurrentRequest.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { problem, problemRetry } from "./Problems.ts"
import { answering } from "./Refusals.ts"
import { type BodyError, RequestBody } from "./RequestBody.ts"

/** Name of this way in, for the log and REJECTED. */
const source = "http"

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "observations",
  Effect.fnUntraced(function*(handlers) {
    const door = yield* Door
    const body = yield* RequestBody
    const { itemsMax } = yield* HttpSettings

    const offer = (items: ReadonlyArray<Item>) => Effect.map(door.offer(source, items), answer)

    const take = (parsed: ParsedBody, bytes: Uint8Array) => {
      switch (parsed._tag) {
        case "Items":
          return offer(parsed.items)
        case "Empty":
          return Effect.succeed(emptyBody)
        case "TooMany": {
          const detail = `the body has more than the ${itemsMax} observations that one request may have; send several`
          return Effect.as(
            door.refuse(source, "too-many-items", detail, bytes),
            problem("too-many-items", detail)
          )
        }
        case "Malformed":
          return Effect.as(
            door.refuse(source, "malformed-json", parsed.detail, bytes),
            problem("malformed-json", parsed.detail, { hint: jsonHint })
          )
      }
    }

    const refuseBody = (error: BodyError) =>
      error._tag === "BodyTooLarge"
        ? Effect.as(door.refuse(source, "too-large", error.detail, error.prefix), unreadable(error))
        : Effect.succeed(unreadable(error))

    return handlers.handleRaw("add", ({ request }) => {
      const parser = parserOf(request.headers["content-type"] ?? "")
      if (parser === undefined) return Effect.succeed(wrongType(request.headers["content-type"]))
      return requireScope("observations:write").pipe(
        Effect.andThen(body.withBytes(request, (bytes) => take(parser(bytes, itemsMax), bytes))),
        Effect.catchTag(
          ["BodyTooLarge", "BodyTooSlow", "EncodingUnsupported", "BodyCorrupt", "BodiesBusy", "BodyBroken"],
          refuseBody
        ),
        answering,
        withRequestLogs
      )
    })
  })
)

const jsonHint = "Send one JSON object, an array of them, or (as application/x-ndjson) one object per line. "
  + "NaN and Infinity are no JSON."

const emptyBody = problem("empty-body", "the body holds no observation", { hint: jsonHint })

const answer = (accepted: Accepted): HttpServerResponse.HttpServerResponse =>
  accepted.accepted > 0
    ? HttpServerResponse.jsonUnsafe(accepted, { status: 202 })
    : problem(
      "nothing-accepted",
      `none of the ${accepted.rejected.length} observations was accepted; \`rejected\` says why of each`,
      { rejected: accepted.rejected }
    )

const wrongType = (type: string | undefined) =>
  problem(
    "unsupported-media-type",
    `${type === undefined ? "there is no content type" : `the content type ${JSON.stringify(type)} is not taken`}; `
      + "send application/json or application/x-ndjson",
    {},
    { "accept-post": ["application/json", ...ndjsonTypes].join(", ") }
  )

const unreadable = (error: BodyError): HttpServerResponse.HttpServerResponse => {
  switch (error._tag) {
    case "BodyTooLarge":
      return problem("body-too-large", error.detail)
    case "BodyTooSlow":
      return problem("too-slow", error.detail, {}, { connection: "close" })
    case "EncodingUnsupported":
      return problem(
        "unsupported-media-type",
        `the content encoding ${JSON.stringify(error.encoding)} is not taken; send it as it is, or gzip`,
        {},
        { "accept-encoding": "gzip" }
      )
    case "BodyCorrupt":
    case "BodyBroken":
      return problem("bad-request", error.detail)
    case "BodiesBusy":
      return problemRetry("busy", "too many large bodies are being read at once", error.retryAfterMillis)
  }
}
