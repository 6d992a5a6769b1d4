/**
 * Answers `GET /v1/events` with the stream of its client. Promise: nothing between the events and the socket collects
 * them: no compression, no caching, and proxies are asked not to buffer either.
 */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { liveEventFilter } from "./LiveEventFilter.ts"
import { LiveEvents } from "./LiveEvents.ts"
import { parseEventPosition, parseEventTypes, parseId } from "./Parameters.ts"
import { answering } from "./Refusals.ts"

/** `no-transform` (RFC 9111 §5.2.2.6) keeps `RequestEdge` and proxies from compressing; nginx knows the other one. */
const headers = { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" }

const given = <A, B, E>(value: A | undefined, parse: (value: A) => Effect.Effect<B, E>) =>
  value === undefined ? Effect.succeed(undefined) : parse(value)

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "events",
  Effect.fnUntraced(function*(handlers) {
    const live = yield* LiveEvents
    return handlers.handle("live", ({ headers: sent, query }) =>
      answering(Effect.gen(function*() {
        yield* requireScope("districts:read")
        const filter = liveEventFilter({
          district: yield* given(query.district, (id) => parseId("district", id)),
          sensor: yield* given(query.sensor, (id) => parseId("sensor", id)),
          types: yield* given(query.type, parseEventTypes)
        })
        const asked = yield* given(query.after, (text) => parseEventPosition("after", text))
        const last = yield* given(sent["last-event-id"], (text) => parseEventPosition("Last-Event-ID", text))
        const events = yield* live.connect(last ?? asked, filter)
        return HttpServerResponse.stream(events, { contentType: "text/event-stream; charset=utf-8", headers })
      })))
  })
)
