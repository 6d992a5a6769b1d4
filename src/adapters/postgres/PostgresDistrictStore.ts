/** The history of districts, read from Postgres: one range of the primary key per question. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer, Schema } from "effect"
import { type DistrictStateQuery, DistrictStore, type DistrictWindowQuery } from "../../ports/DistrictStore.ts"
import { StoreUnavailable } from "../../ports/ShardStore.ts"
import { DistrictState } from "../../schemas/DistrictState.ts"
import { idProblem } from "../../schemas/Identifiers.ts"
import { windowSizes } from "../../schemas/Window.ts"
import { always, ascending, instant, limitOf, type Order, orderOf, windowOf } from "./HistoryRanges.ts"
import { query } from "./PostgresTransaction.ts"

const numberOf = `(SELECT d.district FROM vicinity.district d WHERE d.district_id = $1)`

const selectWindows = (order: Order) =>
  `SELECT * FROM (
    SELECT DISTINCT ON (h.start) h.start, h.count, h.mean, h.variance, h.min, h.max, h.last, h.revision, h.final
    FROM vicinity.district_window_history h
    WHERE h.district = ${numberOf} AND h.property = $2 AND h.size_ms = $3::int4
      AND h.start >= $4 AND h.start < $5 AND h.known_at <= $6
    ORDER BY h.start ${order}, h.revision DESC
  ) w WHERE w.count > 0 ORDER BY w.start ${order} LIMIT $7::int4`

const selectStates = (order: Order) =>
  `SELECT DISTINCT ON (h.start) h.state::text FROM vicinity.district_state_history h
  WHERE h.district = ${numberOf} AND h.start >= $2 AND h.start < $3 AND h.known_at <= $4
  ORDER BY h.start ${order}, h.revision DESC LIMIT $5::int4`

const selectStateAt = `SELECT h.state::text FROM vicinity.district_state_history h
  WHERE h.district = ${numberOf} AND h.start <= $2 AND h.known_at <= $2
  ORDER BY h.start DESC, h.revision DESC LIMIT 1`

const decodeState = Schema.decodeEffect(Schema.fromJsonString(DistrictState))
const stateOf = (text: unknown) =>
  Effect.mapError(decodeState(String(text)), (cause) => new StoreUnavailable({ operation: "district states", cause }))

export const make = Effect.gen(function*() {
  const sql = yield* PgClient
  const windows = Effect.fnUntraced(function*(asked: DistrictWindowQuery) {
    if (idProblem(asked.district) !== undefined || asked.limit < 1) return []
    const size = windowSizes[asked.size]
    const order = orderOf(asked)
    const rows = yield* query(sql, "district windows", selectWindows(order), [
      asked.district,
      asked.property,
      size,
      instant(asked.from),
      instant(asked.to),
      instant(asked.knownAt ?? always),
      limitOf(asked.limit)
    ])
    return ascending(rows, order).map((row) => windowOf(asked.property, size, row))
  })
  const states = Effect.fnUntraced(function*(asked: DistrictStateQuery) {
    if (idProblem(asked.district) !== undefined || asked.limit < 1) return []
    const order = orderOf(asked)
    const rows = yield* query(sql, "district states", selectStates(order), [
      asked.district,
      instant(asked.from),
      instant(asked.to),
      instant(asked.knownAt ?? always),
      limitOf(asked.limit)
    ])
    return yield* Effect.forEach(ascending(rows, order), ([text]) => stateOf(text))
  })
  const stateAt = Effect.fnUntraced(function*(district: string, knownAt: number) {
    if (idProblem(district) !== undefined) return undefined
    const [row] = yield* query(sql, "district state", selectStateAt, [district, instant(knownAt)])
    return row === undefined ? undefined : yield* stateOf(row[0])
  })
  return DistrictStore.of({ windows, states, stateAt })
})

export const layer: Layer.Layer<DistrictStore, never, PgClient> = Layer.effect(DistrictStore, make)
