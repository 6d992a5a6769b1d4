/**
 * The history of sealed windows, read from Postgres: one range of the primary key per question, in the newest revision, or
 * the newest that had been recorded at an instant.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer } from "effect"
import { type WindowQuery, WindowStore } from "../../ports/WindowStore.ts"
import { idProblem } from "../../schemas/Identifiers.ts"
import { observedProperty } from "../../schemas/ObservedProperties.ts"
import { type WindowSize, windowSizes } from "../../schemas/Window.ts"
import { always, ascending, instant, limitOf, type Order, orderOf, windowOf } from "./HistoryRanges.ts"
import { query } from "./PostgresTransaction.ts"

// The datastream is looked up first, so the range comes out of the index in order and LIMIT ends it early.
const select = (size: WindowSize, order: Order) =>
  `SELECT DISTINCT ON (h.start)
    h.start, h.count, h.mean, h.variance, h.min, h.max, h.last, h.revision, true
  FROM internal.window_history_${size} h
  WHERE h.datastream = (SELECT d.datastream FROM vicinity.datastream d
      WHERE d.sensor_id = $1 AND d.property_number = $2::int4 AND d.stage = 'sensor')
    AND h.size_ms = $3::int4 AND h.start >= $4 AND h.start < $5 AND h.recorded_at <= $6
  ORDER BY h.start ${order}, h.revision DESC LIMIT $7::int4`

export const make = Effect.gen(function*() {
  const sql = yield* PgClient
  const windows = Effect.fnUntraced(function*(asked: WindowQuery) {
    const property = observedProperty(asked.property)
    if (property === undefined || idProblem(asked.sensorId) !== undefined || asked.limit < 1) return []
    const size = windowSizes[asked.size]
    const order = orderOf(asked)
    const rows = yield* query(sql, "windows", select(asked.size, order), [
      asked.sensorId,
      property.number,
      size,
      instant(asked.from),
      instant(asked.to),
      instant(asked.knownAt ?? always),
      limitOf(asked.limit)
    ])
    return ascending(rows, order).map((row) => windowOf(asked.property, size, row))
  })
  return WindowStore.of({ windows })
})

export const layer: Layer.Layer<WindowStore, never, PgClient> = Layer.effect(WindowStore, make)
