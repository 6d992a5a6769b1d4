/**
 * How many requests a client may make. Counted together by all processes where there is a store for it, else by each alone.
 * Promises: without a limit nothing is counted and nothing is paid; a store that is away limits nobody more than the process
 * alone would; what is held is bounded; health, metrics and pages are never limited.
 */
import { Clock, Effect, Option } from "effect"
import type { HttpServerRequest, HttpServerResponse } from "effect/http"
import { type RequestCount, RequestCounts } from "../ports/RequestCounts.ts"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"
import type { Principal } from "../schemas/Principal.ts"
import { problemRetry } from "./Problems.ts"
import type { RouteTable } from "./RouteTable.ts"

/** Requests of one client a second, over ten seconds; `undefined`: as many as it likes. */
export interface RequestLimits {
  /** Requests that ask. */
  readonly queries?: number | undefined
  /** Requests that send. */
  readonly observations?: number | undefined
}

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

const windowSeconds = 10
const windowMillis = 1_000 * windowSeconds

/** Windows that are held at once, about 200 bytes each. */
const clientsMax = 50_000

/** Windows of clients in this process; where they are too many, all begin anew. */
export class MemoryCounts {
  private readonly windows = new Map<string, { count: number; readonly endsAt: number }>()

  count(key: string, now: number): RequestCount {
    const known = this.windows.get(key)
    if (known !== undefined && known.endsAt > now) {
      return { count: ++known.count, remainingMillis: known.endsAt - now }
    }
    if (known === undefined && this.windows.size >= clientsMax) this.makeRoom(now)
    this.windows.set(key, { count: 1, endsAt: now + windowMillis })
    return { count: 1, remainingMillis: windowMillis }
  }

  private makeRoom(now: number): void {
    for (const [key, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(key)
    if (this.windows.size >= clientsMax) this.windows.clear()
  }
}

/** For operators and people, who must get through to see why others do not; what is no path at all is limited. */
const isFree = (path: string | undefined): boolean => path !== undefined && !path.startsWith("/v1/")

/** An open server knows no names; then it is the address that counts. */
const clientOf = (principal: Principal, request: Request): string =>
  principal.kind === "local"
    ? `address:${Option.getOrElse(request.remoteAddress, () => "unknown")}`
    : `principal:${principal.id}`

/** Gives the answer to a request that is one too many, and nothing to others. `undefined` where there is no limit. */
export const makeRequestRates = Effect.fnUntraced(function*(limits: RequestLimits, routes: RouteTable) {
  const { observations, queries } = limits
  if (queries === undefined && observations === undefined) return undefined
  const shared = yield* RequestCounts
  const memory = new MemoryCounts()

  const alone = (key: string) => Effect.map(Clock.Clock, (clock) => memory.count(key, monotonicMillis(clock)))
  const count = (key: string): Effect.Effect<RequestCount> =>
    shared === undefined ? alone(key) : Effect.catch(shared.count(key, windowMillis), () => alone(key))

  return (request: Request, principal: Principal): Effect.Effect<Response | undefined> => {
    const kind = request.method === "POST" ? "observations" : "queries"
    const limit = limits[kind]
    if (limit === undefined || isFree(routes.path(request.url))) return Effect.succeed(undefined)
    return Effect.map(
      count(`${kind}:${clientOf(principal, request)}`),
      ({ count, remainingMillis }) => count > limit * windowSeconds ? tooMany(kind, limit, remainingMillis) : undefined
    )
  }
})

const tooMany = (kind: keyof RequestLimits, limit: number, remainingMillis: number): Response =>
  problemRetry(
    "rate-limited",
    `a client may make ${limit} requests a second that ${
      kind === "queries" ? "ask" : "send"
    }, over ${windowSeconds} seconds`,
    remainingMillis
  )
