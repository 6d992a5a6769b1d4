/** A database as the first version left it: its five migrations, and rows in every table that was moved since. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import { districtHistory } from "../../../src/adapters/postgres/migrations/DistrictHistory.ts"
import { lateObservations } from "../../../src/adapters/postgres/migrations/LateObservations.ts"
import { sensorsAndDatastreams } from "../../../src/adapters/postgres/migrations/SensorsAndDatastreams.ts"
import { shardState } from "../../../src/adapters/postgres/migrations/ShardState.ts"
import { windowHistory } from "../../../src/adapters/postgres/migrations/WindowHistory.ts"

const migrations: Readonly<Record<string, ReadonlyArray<string>>> = {
  sensors_and_datastreams: sensorsAndDatastreams,
  window_history: windowHistory,
  shard_state: shardState,
  late_observations: lateObservations,
  district_history: districtHistory
}

const rows: ReadonlyArray<string> = [
  // Number of slot 0 of shard 30, on which the id lies.
  `INSERT INTO vicinity.sensor (sensor, sensor_id, name, stage) VALUES (503316480, 'old', 'Old', 'sensor')`,
  `INSERT INTO vicinity.datastream (datastream, sensor_id, property, unit, property_number, stage)
    VALUES (503316480, 'old', 'vehicle_speed', 'km/h', 0, 'sensor')`,
  // A window of each size every seven hours from December to March, each fifth with a second revision.
  `INSERT INTO vicinity.window_history
    SELECT start, start + interval '1 minute', n, 1, 2, 3, 4, 503316480, size, 5 + revision, revision
    FROM generate_series(0, 299) AS n, unnest(ARRAY[60000, 300000, 3600000]) AS size, generate_series(0, 1) AS revision,
      LATERAL (SELECT '2011-12-30T00:00:00Z'::timestamptz + n * interval '7 hours' AS start) AS s
    WHERE revision = 0 OR n % 5 = 0`,
  `INSERT INTO vicinity.late_observation (phenomenon_time, result_time, result, received_at, datastream)
    SELECT t, NULL, n, t + interval '1 hour', 503316480 FROM generate_series(1, 200) AS n,
      LATERAL (SELECT '2012-01-01T00:00:00Z'::timestamptz + n * interval '11 hours' AS t) AS s`,
  `INSERT INTO vicinity.district (district_id) VALUES ('kallio')`,
  `INSERT INTO vicinity.district_window_history (start, known_at, mean, weight, referenced, compared, district, size_ms, count,
      sensors, expected, seen, ill, beyond_first, beyond_second, revision, final, property)
    SELECT t, t, n, 1, 0, 0, 1, 300000, 1, 1, 1, 1, 0, 0, 0, 0, true, 'vehicle_speed' FROM generate_series(1, 200) AS n,
      LATERAL (SELECT '2012-01-01T00:00:00Z'::timestamptz + n * interval '11 hours' AS t) AS s`,
  `INSERT INTO vicinity.district_state_history (start, known_at, quality, confidence, district, revision, final, state)
    SELECT t, t, n, 1, 1, 0, true, '{}' FROM generate_series(1, 100) AS n,
      LATERAL (SELECT '2012-01-01T00:00:00Z'::timestamptz + n * interval '20 hours' AS t) AS s`
]

export const makeFirstSchema = Effect.gen(function*() {
  const sql = yield* PgClient
  yield* sql.unsafe("CREATE SCHEMA internal")
  yield* sql.unsafe(`CREATE TABLE internal.migration (migration_id integer PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(), name text NOT NULL)`)
  for (const [index, [name, statements]] of Object.entries(migrations).entries()) {
    for (const statement of statements) yield* sql.unsafe(statement)
    yield* sql.unsafe("INSERT INTO internal.migration (migration_id, name) VALUES ($1, $2)", [index + 1, name])
  }
  for (const statement of rows) yield* sql.unsafe(statement)
})

/** Everything the documented schema shows of the history, in one order. */
export const shownHistory = Effect.gen(function*() {
  const sql = yield* PgClient
  const tables = [
    "sealed_window",
    "district_window",
    "window_history",
    "late_observation",
    "district_window_history",
    "district_state_history"
  ]
  return yield* Effect.forEach(tables, (table) =>
    Effect.map(
      sql.unsafe<{ readonly row: string }>(
        `SELECT t::text AS row FROM vicinity.${table} t ORDER BY t::text COLLATE "C"`
      ),
      (found) => [table, found.map(({ row }) => row)] as const
    ))
})
