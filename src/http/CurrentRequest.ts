/** The id of the request that is being answered, for logs. Provided by `RequestEdge`. */
import { Context, Effect } from "effect"

export class CurrentRequestId extends Context.Service<CurrentRequestId, string>()("vicinity/http/CurrentRequestId") {}

/** What is logged in `effect` carries the id of the request. Not for hot routes: it costs more than a quarter of one. */
export const withRequestLogs = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | CurrentRequestId> =>
  Effect.flatMap(CurrentRequestId, (requestId) => Effect.annotateLogs(effect, { requestId }))
