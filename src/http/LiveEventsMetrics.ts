/** What operators see of live events at `/metrics`. Updated synchronously: it is on the hot path. */
import { type Context, Metric } from "effect"

const clientsNow = Metric.gauge("vicinity_http_event_clients", {
  description: "Clients that are connected to /v1/events"
})
const eventsSentTotal = Metric.counter("vicinity_http_events_sent_total", {
  description: "Events handed to clients, one for each client",
  incremental: true
})
const slowClientsTotal = Metric.counter("vicinity_http_slow_clients_total", {
  description: "Clients that were disconnected because they took nothing",
  incremental: true
})

export interface LiveEventsMetrics {
  readonly clients: (now: number) => void
  readonly sent: (events: number) => void
  readonly slow: () => void
}

/** From here on they are shown, at zero. */
export const make = (context: Context.Context<never>): LiveEventsMetrics => {
  clientsNow.updateUnsafe(0, context)
  eventsSentTotal.updateUnsafe(0, context)
  slowClientsTotal.updateUnsafe(0, context)
  return {
    clients: (now) => clientsNow.updateUnsafe(now, context),
    sent: (events) => {
      if (events > 0) eventsSentTotal.updateUnsafe(events, context)
    },
    slow: () => slowClientsTotal.updateUnsafe(1, context)
  }
}
