/**
 * Which sensors exist, by Postgres. Known ids are kept in memory once asked for or learned (they never become unknown), a
 * bounded number of them; an unknown id is asked for again after a second, so a flood of wrong ids does not become a flood
 * of statements.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Clock, Effect, Layer } from "effect"
import { Catalogue, type LocatedSensor } from "../../ports/Catalogue.ts"
import type { SensorRow } from "../../ports/ShardStore.ts"
import { idProblem } from "../../schemas/Identifiers.ts"
import { monotonicMillis } from "../../schemas/MonotonicMillis.ts"
import { query } from "./PostgresTransaction.ts"

/** About 100 bytes each. */
const knownMax = 200_000
const unknownMax = 10_000
const unknownMillis = 1_000

const exists = `SELECT 1 FROM vicinity.sensor WHERE sensor_id = $1 AND stage = 'sensor'`
const knownFirst = `SELECT sensor_id FROM vicinity.sensor WHERE stage = 'sensor' LIMIT $1::int4`
const countAll = `SELECT count(*)::int4 FROM vicinity.sensor WHERE stage = 'sensor'`

const locatedFirst = `SELECT sensor_id, longitude, latitude, district, extract(epoch FROM changed_at)::float8 * 1000
  FROM vicinity.sensor
  WHERE stage = 'sensor' AND longitude IS NOT NULL AND latitude IS NOT NULL AND changed_at > to_timestamp($2 / 1000.0)
  ORDER BY changed_at DESC, sensor LIMIT $1`

/**
 * Makes room by forgetting all: what is asked for again costs one statement. (Forgetting the oldest only would look through
 * all that was forgotten before, each time.)
 */
const clearWhenFull = (ids: { readonly size: number; clear(): void }, max: number) => {
  if (ids.size >= max) ids.clear()
}

export const make = Effect.gen(function*() {
  const sql = yield* PgClient
  const known = new Set<string>()
  /** When the answer "unknown" stops counting. */
  const unknown = new Map<string, number>()

  const remember = (sensorId: string): void => {
    unknown.delete(sensorId)
    clearWhenFull(known, knownMax)
    known.add(sensorId)
  }

  const ask = Effect.fnUntraced(function*(sensorId: string) {
    const rows = yield* query(sql, "knows", exists, [sensorId])
    if (rows.length > 0) {
      remember(sensorId)
      return true
    }
    // A commit may have named it while the question was under way.
    if (known.has(sensorId)) return true
    const now = monotonicMillis(yield* Clock.Clock)
    clearWhenFull(unknown, unknownMax)
    unknown.set(sensorId, now + unknownMillis)
    return false
  })

  const knows = Effect.fnUntraced(function*(sensorId: string) {
    if (known.has(sensorId)) return true
    if (idProblem(sensorId) !== undefined) return false
    const until = unknown.get(sensorId)
    if (until !== undefined && monotonicMillis(yield* Clock.Clock) < until) return false
    return yield* ask(sensorId)
  })

  return Catalogue.of({
    knows,
    load: Effect.map(query(sql, "load known sensors", knownFirst, [knownMax]), (rows) => {
      for (const [sensorId] of rows) remember(sensorId as string)
      return rows.length
    }),
    learned: (sensors: ReadonlyArray<SensorRow>) =>
      Effect.sync(() => {
        for (const { sensorId } of sensors) remember(sensorId)
      }),
    located: (limit: number, changedAfter = 0) =>
      Effect.map(
        query(sql, "located", locatedFirst, [limit, PgTypes.float8(changedAfter)]),
        (rows) => rows.map(locatedSensor)
      ),
    count: Effect.map(query(sql, "count", countAll, []), ([row]) => (row?.[0] as number | undefined) ?? 0)
  })
})

const locatedSensor = (
  [sensorId, longitude, latitude, district, changedAt]: ReadonlyArray<unknown>
): LocatedSensor => ({
  sensorId: sensorId as string,
  longitude: longitude as number,
  latitude: latitude as number,
  district: district as string | null,
  changedAt: changedAt as number
})

export const layer: Layer.Layer<Catalogue, never, PgClient> = Layer.effect(Catalogue, make)
