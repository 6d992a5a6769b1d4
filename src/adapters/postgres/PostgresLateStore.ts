/** The late observations, read from Postgres: one range of the primary key per page, backwards. */
import { PgClient } from "@effect/sql-pg/PgClient"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Effect, Layer } from "effect"
import { type LatePlace, type LateQuery, LateStore } from "../../ports/LateStore.ts"
import { idProblem } from "../../schemas/Identifiers.ts"
import type { LateObservation } from "../../schemas/LateObservation.ts"
import { observedProperty } from "../../schemas/ObservedProperties.ts"
import { toRfc3339 } from "../../schemas/Quantities.ts"
import { always } from "./HistoryRanges.ts"
import { query } from "./PostgresTransaction.ts"

// The datastream is looked up first, so the range comes out of the index in order and LIMIT ends it early.
const select = `SELECT l.phenomenon_time, l.result_time, l.result, l.received_at, l.number
  FROM vicinity.late_observation l
  WHERE l.datastream = (SELECT d.datastream FROM vicinity.datastream d
      WHERE d.sensor_id = $1 AND d.property_number = $2::int4 AND d.stage = 'sensor')
    AND l.received_at <= $3 AND (l.received_at, l.number) < ($3::timestamptz, $4::int8)
  ORDER BY l.received_at DESC, l.number DESC LIMIT $5::int4`

/** Everything was received before. */
const newest: LatePlace = { receivedAt: always, number: 0 }
const limitMax = 2 ** 31 - 2

type Row = readonly [phenomenonTime: Date, resultTime: Date | null, result: number, receivedAt: Date, number: bigint]

export const make = Effect.gen(function*() {
  const sql = yield* PgClient
  const late = Effect.fnUntraced(function*(asked: LateQuery) {
    const property = observedProperty(asked.property)
    if (property === undefined || idProblem(asked.sensorId) !== undefined || asked.limit < 1) {
      return { items: [], next: null }
    }
    const limit = Math.min(limitMax, Math.trunc(asked.limit))
    const after = asked.after ?? newest
    // One more than asked for tells whether there is a page behind.
    const rows = yield* query(sql, "late", select, [
      asked.sensorId,
      property.number,
      PgTypes.timestamptz(after.receivedAt),
      PgTypes.int8(BigInt(after.number)),
      limit + 1
    ])
    const page = rows.slice(0, limit) as unknown as ReadonlyArray<Row>
    const items = page.map(([phenomenonTime, resultTime, result, receivedAt]): LateObservation => ({
      property: asked.property,
      phenomenonTime: toRfc3339(phenomenonTime.getTime()),
      resultTime: resultTime === null ? null : toRfc3339(resultTime.getTime()),
      result,
      unit: property.unit,
      receivedAt: toRfc3339(receivedAt.getTime())
    }))
    const last = rows.length > limit ? page.at(-1) : undefined
    return { items, next: last === undefined ? null : { receivedAt: last[3].getTime(), number: Number(last[4]) } }
  })
  return LateStore.of({ late })
})

export const layer: Layer.Layer<LateStore, never, PgClient> = Layer.effect(LateStore, make)
