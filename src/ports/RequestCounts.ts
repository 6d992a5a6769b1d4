/**
 * How many requests a client has made, counted together by all processes that serve it. Promises: counting and reading are one step;
 * a window begins with the first request in it and ends by itself; a store that is away fails at once, and the caller counts alone.
 */
import { Context, type Effect, Schema } from "effect"

export class RequestCountsUnavailable
  extends Schema.TaggedError<RequestCountsUnavailable>()("RequestCountsUnavailable", {
    detail: Schema.String
  })
{
  override get message(): string {
    return this.detail
  }
}

export interface RequestCount {
  /** With this one. */
  readonly count: number
  /** Until the window ends. */
  readonly remainingMillis: number
}

export interface RequestCountsService {
  /** Counts one more request under `key` in its window of `windowMillis`. */
  readonly count: (key: string, windowMillis: number) => Effect.Effect<RequestCount, RequestCountsUnavailable>
}

/** `undefined`: each process counts for itself. */
export const RequestCounts = Context.Reference<RequestCountsService | undefined>("vicinity/ports/RequestCounts", {
  defaultValue: () => undefined
})
