/**
 * What operators see of the shards and logs of a process at `/metrics`. A stage counts in its state and nowhere else, so these are
 * looked up there, every few seconds.
 */
import { Effect, Layer, Metric, Schedule } from "effect"
import { EventLog } from "../ports/EventLog.ts"
import { ShardStatuses } from "./ShardStatusProtocol.ts"

const districts = Metric.gauge("vicinity_actors_districts", { description: "Districts that are listed" })
const afterHorizon = Metric.gauge("vicinity_actors_after_horizon", {
  description: "Partials that came after their district had let the window go"
})
const corruptRecords = Metric.gauge("vicinity_actors_corrupt_records", {
  description: "Damaged records of the partials log that were skipped"
})
const lag = Metric.gauge("vicinity_actors_lag_records", { description: "Log records not yet applied, by stage" })
const shardsReady = Metric.gauge("vicinity_actors_shards_ready", { description: "Shards that are ready, by stage" })
const eventsFirst = Metric.gauge("vicinity_events_first_position", { description: "Oldest event that is kept" })
const eventsLast = Metric.gauge("vicinity_events_last_position", { description: "Newest event" })
const eventsBytes = Metric.gauge("vicinity_events_log_bytes", { description: "Bytes of the events log" })

const interval = "5 seconds"

const stages = ["sensor", "district"] as const

const look = Effect.gen(function*() {
  const shards = yield* ShardStatuses
  const events = yield* EventLog
  const statuses = yield* shards.statuses
  for (const stage of stages) {
    const ofStage = statuses.filter((status) => status.stage === stage)
    const behind = ofStage.reduce((sum, status) => sum + status.lag, 0)
    yield* Metric.update(Metric.withAttributes(lag, { stage }), behind)
    const ready = ofStage.filter(({ state }) => state === "ready")
    yield* Metric.update(Metric.withAttributes(shardsReady, { stage }), ready.length)
  }
  const totals = yield* shards.districtTotals
  yield* Metric.update(districts, totals.listed)
  yield* Metric.update(afterHorizon, totals.afterHorizon)
  yield* Metric.update(corruptRecords, totals.corruptRecords)
  const { first, last } = yield* events.bounds
  yield* Metric.update(eventsFirst, first)
  yield* Metric.update(eventsLast, last)
  yield* Metric.update(eventsBytes, (yield* events.usage).bytes)
})

export const layer = Layer.effectDiscard(Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval))))
