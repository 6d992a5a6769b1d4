/**
 * Health. Promises: `live` depends on nothing; `ready` is 200 only when every shard processor of this process is ready and
 * nothing it needs is away (it then says what works by a detour: `degraded`); `diagnostics` accounts for everything that was ever sent.
 */
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { type ShardStatus, ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { Door } from "../ingest/Door.ts"
import { EventLog } from "../ports/EventLog.ts"
import { Readiness, type ReadinessPart } from "../ports/Readiness.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import { ObservationLog, PartialsLog } from "../ports/ShardedLog.ts"
import { toRfc3339 } from "../schemas/Quantities.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { LiveEvents } from "./LiveEvents.ts"
import { problem } from "./Problems.ts"
import { answering } from "./Refusals.ts"

const readyAnswer = (
  statuses: ReadonlyArray<ShardStatus>,
  parts: ReadonlyArray<ReadinessPart>,
  hasShards: boolean
) => {
  const notReady = statuses.filter(({ state }) => state !== "ready")
  const missing = parts.find(({ state }) => state === "not-ready")
  const waitsForShards = hasShards && statuses.length === 0
  if (missing === undefined && notReady.length === 0 && !waitsForShards) {
    const isDegraded = parts.some(({ state }) => state === "degraded")
    return { status: isDegraded ? "degraded" as const : "ready" as const, shards: statuses.length, parts }
  }
  const detail = missing !== undefined
    ? `${missing.name}: ${missing.detail}`
    : waitsForShards
    ? "no shard has been started yet; ask again in a moment"
    : `${notReady.length} of ${statuses.length} shards are not ready: \`notReady\` has them and why`
  return problem(
    "not-ready",
    detail,
    { notReady: notReady.map(({ detail, shard, stage, state }) => ({ stage, shard, state, detail })), parts },
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
    const readiness = yield* Readiness
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
        shardsReady: statuses.filter(({ state }) => state === "ready").length,
        lag: statuses.reduce((sum, { lag }) => sum + lag, 0),
        shards: statuses
      }
    })

    return handlers
      .handle("live", () => Effect.succeed({ status: "live" as const }))
      .handle("ready", () =>
        Effect.zipWith(
          shards.statuses,
          readiness.parts,
          (statuses, parts) => readyAnswer(statuses, parts, readiness.hasShards)
        ))
      .handle("diagnostics", () => answering(diagnostics))
  })
)
