/**
 * What every request goes through, in one frame, because it is on the hot path: its id, its principal, the answer to what no
 * route takes, the answer to what went wrong, and the headers of each response.
 * Promises: whatever happens, the caller gets a problem with the id under which the log has the cause, and no internals;
 * nothing is logged for a request that went well.
 */
import { Cause, Context, Effect, type Types } from "effect"
import {
  HttpMiddleware,
  HttpPlatform,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { HttpApiError } from "effect/http-api"
import { CurrentPrincipal, localPrincipal } from "../schemas/Principal.ts"
import { takesGzip } from "./AcceptEncoding.ts"
import { CurrentRequestId } from "./CurrentRequest.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { parameterProblem } from "./ParameterProblem.ts"
import { problem } from "./Problems.ts"
import { makeRequestIds } from "./RequestIds.ts"
import { makeRequestCounter } from "./RequestMetrics.ts"
import { makeRequestRates } from "./RequestRates.ts"
import { makeRouteTable, type RouteTable } from "./RouteTable.ts"
import { notServed } from "./ServedPaths.ts"
import { isRevalidated, validated } from "./Validators.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

/** Bodies from here on are worth compressing. */
const compressedBytesMin = 1_024

export const layer = HttpRouter.middleware<{ provides: CurrentPrincipal | CurrentRequestId }>()(
  Effect.gen(function*() {
    const { hosts, limits, serves } = yield* HttpSettings
    const routes = makeRouteTable()
    const tooMany = yield* makeRequestRates(limits, routes)
    const platform = yield* HttpPlatform.HttpPlatform
    const requestId = makeRequestIds()
    const count = makeRequestCounter(yield* Effect.context<never>())
    const answered = (response: Response, id: string): Response => {
      count(response.status)
      return withHeaders(response, id)
    }
    const compression = HttpMiddleware.compression({
      algorithms: ["gzip"],
      minSize: compressedBytesMin,
      levels: { gzip: 4 }
    })

    return (app) => {
      const compressed = Effect.provideService(compression(app), HttpPlatform.HttpPlatform, platform)
      return Effect.withFiber((fiber) => {
        const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
        const headers = request.headers
        const id = requestId(headers["x-request-id"])
        if (hosts !== undefined && !hosts.has(hostName(headers["host"]))) {
          return Effect.succeed(answered(misdirected, id))
        }
        const path = serves === "everything" ? undefined : routes.path(request.url)
        const elsewhere = path === undefined ? undefined : notServed(serves, path)
        if (elsewhere !== undefined) return Effect.succeed(answered(problem("other-role", elsewhere), id))
        const wantsGzip = takesGzip(headers["accept-encoding"])
        const wanted = Effect.updateContext(wantsGzip ? compressed : app, requestContext(id))
        return Effect.matchCauseEffect(
          tooMany === undefined ? wanted : within(tooMany(request, localPrincipal), wanted),
          {
            onSuccess: (response) =>
              isRevalidated(response)
                ? Effect.map(validated(response, headers["if-none-match"]), (response) => answered(response, id))
                : Effect.succeed(answered(response, id)),
            onFailure: (cause) => Effect.map(answerOf(cause, request, id, routes), (response) => answered(response, id))
          }
        )
      })
    }
  }),
  { global: true }
)

/** What is wanted, or the answer to one request too many. */
const within = <E, R>(
  tooMany: Effect.Effect<Response | undefined>,
  wanted: Effect.Effect<Response, E, R>
): Effect.Effect<Response, E, R> =>
  Effect.flatMap(tooMany, (answer) => answer === undefined ? wanted : Effect.succeed(answer))

/** Plain services only: a reference such as log annotations makes the fiber look all of its own up again. */
const requestContext = (id: string) => (context: Context.Context<HttpServerRequest.HttpServerRequest>) =>
  Context.add(Context.add(context, CurrentPrincipal, localPrincipal), CurrentRequestId, id)

/** `Host` without its port (RFC 9110 §7.2), lower case; an IPv6 address keeps its brackets. */
const hostName = (host: string | undefined): string => (host ?? "").toLowerCase().replace(/:\d+$/, "")

const misdirected = problem("misdirected", "this server answers for its own names only; see --host")

/** Data is live and open answers are nobody's to guess at: not stored, not sniffed, not framed. */
const withHeaders = (response: Response, id: string): Response =>
  HttpServerResponse.setHeaders(
    response,
    response.headers["cache-control"] === undefined
      ? { "x-request-id": id, "x-content-type-options": "nosniff", "cache-control": "no-store" }
      : { "x-request-id": id, "x-content-type-options": "nosniff" }
  )

const answerOf = (
  cause: Cause.Cause<Types.unhandled>,
  request: Request,
  id: string,
  routes: RouteTable
): Effect.Effect<Response, Types.unhandled> => {
  const error = Cause.squash(cause)
  if (HttpServerError.isHttpServerError(error)) {
    switch (error.reason._tag) {
      case "RouteNotFound":
        return Effect.succeed(noRoute(request, routes))
      case "RequestParseError":
        return Effect.succeed(problem("bad-request", "the request cannot be read", { requestId: id }))
    }
  }
  if (HttpApiError.HttpApiSchemaError.is(error) && error.kind !== "Body" && error.kind !== "ResponseHeaders") {
    return Effect.succeed(parameterProblem(error))
  }
  // The caller has gone, or the server is going: nobody reads an answer, and it is nobody's fault.
  if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
  return Effect.as(
    Effect.logError("request failed", { requestId: id, method: request.method, path: pathOf(request.url) }, cause),
    problem("internal", `something is wrong on our side; the log has it under ${id}`, { requestId: id })
  )
}

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? url

/** 404, 405, or what a path takes. */
const noRoute = (request: Request, routes: RouteTable): Response => {
  const methods = routes.methods(request.url)
  const allow = [...methods, "OPTIONS"].join(", ")
  if (methods.length === 0) return problem("unknown-path", `there is nothing at ${shown(request.url)}; see /docs`)
  return request.method === "OPTIONS"
    ? HttpServerResponse.empty({ status: 204, headers: { allow } })
    : problem("method-not-allowed", `${shown(request.url)} does not take ${request.method}`, {}, { allow })
}

/** At most a line of it. */
const shown = (url: string): string => {
  const path = pathOf(url)
  return path.length > 100 ? `${path.slice(0, 100)}…` : path
}
