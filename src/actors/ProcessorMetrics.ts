/** Metrics of the shard processors of a process; plain updates, cheap enough for every slice. */
import { Context, Effect, Layer, Metric } from "effect"

const recordsTotal = Metric.counter("vicinity_actors_records_total", {
  description: "Log records applied by both stages",
  incremental: true
})
const windowsTotal = Metric.counter("vicinity_actors_windows_total", {
  description: "Sealed windows committed",
  incremental: true
})
const lateTotal = Metric.counter("vicinity_actors_late_total", {
  description: "Late observations committed: kept, in no window",
  incremental: true
})
const staleWritesTotal = Metric.counter("vicinity_actors_stale_writes_total", {
  description: "Commits that were refused because another runner has acquired the shard since",
  incremental: true
})
const commitMillis = Metric.histogram("vicinity_actors_commit_millis", {
  description: "Milliseconds of a commit, waiting for its turn included",
  boundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000]
})

export class ProcessorMetrics extends Context.Service<ProcessorMetrics, {
  readonly applied: (records: number) => void
  readonly committed: (millis: number, windows: number, late: number) => void
  readonly refused: () => void
}>()("vicinity/actors/ProcessorMetrics") {
  static readonly layer = Layer.effect(
    ProcessorMetrics,
    Effect.gen(function*() {
      const context = yield* Effect.context()
      return ProcessorMetrics.of({
        applied: (records) => recordsTotal.updateUnsafe(records, context),
        committed: (millis, windows, late) => {
          commitMillis.updateUnsafe(millis, context)
          windowsTotal.updateUnsafe(windows, context)
          lateTotal.updateUnsafe(late, context)
        },
        refused: () => staleWritesTotal.updateUnsafe(1, context)
      })
    })
  )
}
