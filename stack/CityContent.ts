/**
 * What a stopped city has found out, as text: sealed windows, windows and public states of districts, events; each in an order of its
 * own, so that two cities can be compared row by row. When something was written down is left out: it is no content.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import { EventLog } from "../src/ports/EventLog.ts"

const windowsText = `SELECT concat_ws(' ', d.sensor_id, d.property, h.size_ms, h.start, 'r' || h.revision,
    h.count, h.mean, h.variance, h.min, h.max, h.last) AS row
  FROM vicinity.window_history h JOIN vicinity.datastream d USING (datastream)
  ORDER BY d.sensor_id COLLATE "C", d.property, h.size_ms, h.start, h.revision`

const districtWindowsText = `SELECT concat_ws(' ', d.district_id, h.property, h.size_ms, h.start, 'r' || h.revision, h.final,
    h.known_at, h.count, h.mean, h.variance, h.min, h.max, h.last, h.sensors, h.expected, h.seen, h.ill, h.weight,
    h.beyond_first, h.beyond_second, h.referenced, h.compared) AS row
  FROM vicinity.district_window_history h JOIN vicinity.district d USING (district)
  ORDER BY d.district_id COLLATE "C", h.property, h.size_ms, h.start, h.revision`

const districtStatesText = `SELECT concat_ws(' ', d.district_id, h.start, 'r' || h.revision, h.final, h.known_at, h.quality,
    h.confidence, h.state) AS row
  FROM vicinity.district_state_history h JOIN vicinity.district d USING (district)
  ORDER BY d.district_id COLLATE "C", h.start, h.revision`

const bytesAtOnce = 4_000_000

const rowsOf = Effect.fnUntraced(function*(statement: string) {
  const sql = yield* PgClient
  const rows = yield* sql.unsafe<{ readonly row: string }>(statement)
  return rows.map(({ row }) => row)
})

/** By id, each once; how often one was there twice is counted. */
const events = Effect.gen(function*() {
  const log = yield* EventLog
  const { first, last } = yield* log.bounds
  const feed = yield* log.subscribe({ stream: log.stream, sequence: first - 1 })
  const byId = new Map<string, string>()
  let read = 0
  for (let position = first - 1; position < last;) {
    for (const { id, json, position: at } of yield* feed.take(bytesAtOnce)) {
      byId.set(id, new TextDecoder().decode(json))
      position = at
      read++
    }
  }
  return { rows: [...byId.values()].sort(), repeated: read - byId.size }
}).pipe(Effect.scoped)

export const cityContent = Effect.gen(function*() {
  const published = yield* events
  return {
    windows: yield* rowsOf(windowsText),
    districtWindows: yield* rowsOf(districtWindowsText),
    districtStates: yield* rowsOf(districtStatesText),
    events: published.rows,
    repeatedEvents: published.repeated
  }
})

export type CityContent = Effect.Success<typeof cityContent>
