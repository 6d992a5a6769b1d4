/** What operators see of requests at `/metrics`: how many, by status. Updated synchronously: it is on the hot path. */
import { type Context, Metric } from "effect"

export const requestsTotal = Metric.counter("vicinity_http_requests_total", {
  description: "Requests answered, by status",
  incremental: true
})

/** Counts answers; statuses are few, so each has its counter ready. */
export const makeRequestCounter = (context: Context.Context<never>): (status: number) => void => {
  const byStatus = new Map<number, typeof requestsTotal>()
  return (status) => {
    let counter = byStatus.get(status)
    if (counter === undefined) {
      counter = Metric.withAttributes(requestsTotal, { status: String(status) })
      byStatus.set(status, counter)
    }
    counter.updateUnsafe(1, context)
  }
}
