/** What the door counts, by the names operators see at `/metrics`. Updated synchronously: the door is a hot path. */
import { type Context, Metric } from "effect"
import type { RejectionReason } from "../schemas/Observation.ts"

export const acceptedTotal = Metric.counter("vicinity_ingest_accepted_total", {
  description: "Observations that are durable in the log",
  incremental: true
})
export const rejectedTotal = Metric.counter("vicinity_ingest_rejected_total", {
  description: "Items refused, by reason",
  incremental: true
})
export const batchObservations = Metric.histogram("vicinity_ingest_batch_observations", {
  description: "Observations of a batch",
  boundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000]
})
export const appendSeconds = Metric.histogram("vicinity_ingest_append_seconds", {
  description: "From handing batches to the log to knowing them durable",
  boundaries: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]
})

export interface DoorMetrics {
  readonly batch: (observations: number) => void
  readonly appended: (seconds: number) => void
  readonly offered: (accepted: number, refused: ReadonlyArray<{ readonly reason: RejectionReason }>) => void
}

export const make = (context: Context.Context<never>): DoorMetrics => {
  const byReason = new Map<RejectionReason, typeof rejectedTotal>()
  return {
    batch: (observations) => batchObservations.updateUnsafe(observations, context),
    appended: (seconds) => appendSeconds.updateUnsafe(seconds, context),
    offered: (accepted, refused) => {
      if (accepted > 0) acceptedTotal.updateUnsafe(accepted, context)
      for (const { reason } of refused) {
        const metric = byReason.get(reason) ?? Metric.withAttributes(rejectedTotal, { reason })
        byReason.set(reason, metric)
        metric.updateUnsafe(1, context)
      }
    }
  }
}
