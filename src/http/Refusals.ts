/**
 * From an error of the core to the answer a caller gets. Exhaustive: an error without an answer does not compile.
 */
import { Effect, Schema } from "effect"
import type { HttpServerResponse } from "effect/http"
import type { DistrictUnknown } from "../actors/DistrictProtocol.ts"
import type { DatastreamUnknown, SensorUnknown, ShardNotReady } from "../actors/SensorProtocol.ts"
import type { DoorError } from "../ingest/Door.ts"
import type { BadCursor } from "../ports/RejectedLog.ts"
import type { StoreUnavailable } from "../ports/ShardStore.ts"
import { CurrentRequestId, withRequestLogs } from "./CurrentRequest.ts"
import type { TooManyClients } from "./LiveEvents.ts"
import { problem, problemRetry } from "./Problems.ts"

/** A parameter of the request is wrong; `detail` is a sentence for its sender. */
export class BadParameter extends Schema.TaggedError<BadParameter>()("BadParameter", {
  parameter: Schema.String,
  detail: Schema.String
}) {}

/** The principal lacks a scope. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", { scope: Schema.String }) {}

/** The district is known, but nothing was known of it at the instant that was asked for. */
export class NothingKnown extends Schema.TaggedError<NothingKnown>()("NothingKnown", { district: Schema.String }) {}

export type Refusal =
  | BadParameter
  | Forbidden
  | SensorUnknown
  | DatastreamUnknown
  | DistrictUnknown
  | NothingKnown
  | ShardNotReady
  | StoreUnavailable
  | BadCursor
  | TooManyClients
  | DoorError

/** Long enough for a shard to load, short enough not to be noticed. */
const shardRetryMillis = 1_000
const storeRetryMillis = 5_000

export const refusal = (error: Refusal): HttpServerResponse.HttpServerResponse => {
  switch (error._tag) {
    case "BadParameter":
      return problem("bad-parameter", error.detail, { parameter: error.parameter })
    case "Forbidden":
      return problem("forbidden", `this needs the scope ${error.scope}`)
    case "SensorUnknown":
      return problem("unknown-sensor", error.message)
    case "DatastreamUnknown":
      return problem("unknown-datastream", error.message, { parameter: "property" })
    case "DistrictUnknown":
      return problem("unknown-district", `${error.message}; /v1/districts lists them`)
    case "NothingKnown":
      return problem("nothing-known", `nothing was known of "${error.district}" then; ask for a later instant`)
    case "ShardNotReady":
      return problemRetry("unavailable", error.message, shardRetryMillis)
    case "StoreUnavailable":
      return problemRetry("unavailable", "the store cannot be reached now; ask again", storeRetryMillis)
    case "BadCursor":
      return badCursor
    case "TooManyClients":
      return problemRetry("too-many-clients", error.message, error.retryAfterMillis)
    case "DoorBusy":
      return problemRetry("busy", error.message, error.retryAfterMillis)
    case "LogFull":
      return problemRetry("log-full", error.message, error.retryAfterMillis)
    case "LogUnavailable":
      return problemRetry(
        "unavailable",
        "the log cannot be written now; nothing was acknowledged, so send it again",
        storeRetryMillis
      )
    case "RejectedLogUnavailable":
      return problemRetry("unavailable", "rejected input cannot be kept now, so none is taken", storeRetryMillis)
  }
}

const badCursor = problem("bad-parameter", "cursor is not one that this list has given; begin without it", {
  parameter: "cursor"
})

/** Faults of ours are logged, in one line as there may be many; those of callers are only answered. */
const logged = (error: Refusal): Effect.Effect<void, never, CurrentRequestId> =>
  error._tag === "StoreUnavailable" || error._tag === "LogUnavailable" || error._tag === "RejectedLogUnavailable"
    ? withRequestLogs(Effect.logWarning(`request refused: ${error.message}`))
    : Effect.void

/** Answers refusals; what succeeds stays as it is. */
export const answering = <A, E extends Refusal, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A | HttpServerResponse.HttpServerResponse, never, R | CurrentRequestId> =>
  Effect.catch(effect, (error) => Effect.as(logged(error), refusal(error)))
