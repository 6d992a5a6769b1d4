/** Anomalies as a list, in the same words for sensors and districts: what may be asked, and the page that answers it. */
import { Effect, Schema } from "effect"
import type { AnomalyQuery, AnomalyStore } from "../ports/AnomalyStore.ts"
import { Anomaly } from "../schemas/Anomaly.ts"
import { decodeAnomalyCursor, encodeAnomalyCursor } from "./AnomalyCursor.ts"
import { always, never } from "./HistorySpan.ts"
import { Cursor, Instant, limit, NextCursor, pageLimitDefault } from "./Paging.ts"
import { parseCursor, parseInstant } from "./Parameters.ts"
import { BadParameter } from "./Refusals.ts"

export const anomalyExample: Anomaly = {
  id: "anomaly:turunvayla-02-in:vehicle_speed:2026-11-24T05:04:00.000Z",
  sensor: "turunvayla-02-in",
  district: "kallio",
  property: "vehicle_speed",
  opened: "2026-11-24T05:04:00.000Z",
  closed: "2026-11-24T05:28:00.000Z",
  severity: "major",
  score: 6,
  expected: { low: 53.7, high: 72.2 },
  observed: 7.5,
  observedAt: "2026-11-24T05:06:00.000Z",
  unit: "km/h",
  ending: "over",
  revision: 2,
  sentence: "Vehicle speed was 7.5 km/h where 53.7 to 72.2 km/h was expected. As expected again after 24 min."
}

export const AnomalyPage = Schema.Struct({ items: Schema.Array(Anomaly), nextCursor: NextCursor }).annotate({
  identifier: "AnomalyPage",
  examples: [{ items: [anomalyExample], nextCursor: null }]
})

export const anomaliesQuery = {
  state: Schema.optionalKey(
    Schema.Literals(["open"]).annotate({ description: "Only those that are not over", examples: ["open"] })
  ),
  from: Schema.optionalKey(Instant("Opened at or after it")),
  to: Schema.optionalKey(Instant("Opened before it")),
  limit,
  cursor: Schema.optionalKey(Cursor)
}

export interface AnomaliesQuery {
  readonly state?: "open"
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
}

export const anomalyPage = Effect.fnUntraced(function*(
  store: AnomalyStore["Service"],
  of: AnomalyQuery["of"],
  query: AnomaliesQuery
) {
  const after = query.cursor === undefined ? undefined : yield* parseCursor(query.cursor, decodeAnomalyCursor)
  const from = query.from === undefined ? always : yield* parseInstant("from", query.from)
  const to = query.to === undefined ? never : yield* parseInstant("to", query.to)
  if (from >= to) return yield* new BadParameter({ parameter: "to", detail: "to must be after from" })
  const open = query.state === "open"
  const page = yield* store.anomalies({ of, from, to, open, after, limit: query.limit ?? pageLimitDefault })
  return { items: page.items, nextCursor: page.next === null ? null : encodeAnomalyCursor(page.next) }
})
