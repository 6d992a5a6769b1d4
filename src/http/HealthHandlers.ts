/**
 * Health. Promises: `live` depends on nothing; `ready` is 200 only when every shard processor of this process is ready, and says what
 * is done without;
 * `diagnostics` accounts for everything that was ever sent.
 */
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { type ShardStatus, ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { Door } from "../ingest/Door.ts"
import { EventLog } from "../ports/EventLog.ts"
import { LatestView } from "../ports/LatestView.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import { ObservationLog, PartialsLog } from "../ports/ShardedLog.ts"
import { toRfc3339 } from "../schemas/Quantities.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { LiveEvents } from "./LiveEvents.ts"
import { problem } from "./Problems.ts"
import { answering } from "./Refusals.ts"

const readyAnswer = (statuses: ReadonlyArray<ShardStatus>, degraded: ReadonlyArray<string>) => {
  const notReady = statuses.filter(({ state }) => state !== "ready")
  if (statuses.length > 0 && notReady.length === 0) {
    return { status: "ready" as const, shards: statuses.length, ...(degraded.length === 0 ? {} : { degraded }) }
  }
  const detail = statuses.length === 0
    ? "no shard has been started yet; ask again in a moment"
    : `${notReady.length} of ${statuses.length} shards are not ready: \`notReady\` has them and why`
  return problem(
    "not-ready",
    detail,
    { notReady: notReady.map(({ detail, shard, stage, state }) => ({ stage, shard, state, detail })) },
    { "retry-after": "1" }
  )
}

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const settings = yield* HttpSettings
    const shards = yield* ShardStatuses
    const log = yield* ObservationLog
    const partials = yield* PartialsLog
    const events = yield* EventLog
    const live = yield* LiveEvents
    const rejectedLog = yield* RejectedLog
    const door = yield* Door
    const view = yield* LatestView
    const startedAt = yield* Clock.currentTimeMillis

    const diagnostics = Effect.gen(function*() {
      yield* requireScope("operate")
      const now = yield* Clock.currentTimeMillis
      const statuses = yield* shards.statuses
      const totals = yield* shards.totals
      const rejected = yield* rejectedLog.counts
      const { counted, duplicate, late, overflow, superseded } = totals
      return {
        version: settings.version,
        timeZone: settings.timeZone,
        startedAt: toRfc3339(startedAt),
        uptimeSeconds: (now - startedAt) / 1000,
        memoryBytes: settings.memory(),
        accounting: {
          sent: counted + duplicate + superseded + late + overflow + rejected.total,
          counted,
          duplicate,
          superseded,
          late,
          overflow,
          rejected: rejected.total
        },
        totals,
        districts: yield* shards.districtTotals,
        door: yield* door.totals,
        rejected,
        log: yield* log.usage,
        partialsLog: yield* partials.usage,
        events: { ...yield* events.bounds, log: yield* events.usage, clients: yield* live.clients },
        ...(view === undefined ? {} : { latestView: yield* view.status }),
        shardsReady: statuses.filter(({ state }) => state === "ready").length,
        lag: statuses.reduce((sum, { lag }) => sum + lag, 0),
        shards: statuses
      }
    })

    const ready = Effect.gen(function*() {
      const status = view === undefined ? undefined : yield* view.status
      const degraded = status === undefined || status.state === "up" ? [] : [`${status.detail}; shards answer lists`]
      return readyAnswer(yield* shards.statuses, degraded)
    })

    return handlers
      .handle("live", () => Effect.succeed({ status: "live" as const }))
      .handle("ready", () => ready)
      .handle("diagnostics", () => answering(diagnostics))
  })
)
