/**
 * The history in tables by time (docs/adr/0018). What is there is copied over, in the one transaction of all migrations: it takes a few
 * seconds a million rows and, until it ends, the room of both.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import {
  districtStates,
  districtWindows,
  lateObservations,
  PartitionSet,
  type Series,
  windowSeriesOf
} from "../HistoryPartitions.ts"
import { partitionStatements } from "../PartitionMaker.ts"
import { districtWindow } from "./DistrictHistory.ts"
import { sealedWindow } from "./WindowHistory.ts"

const sizes = [
  { name: "1m", millis: 60_000, words: "a minute" },
  { name: "5m", millis: 300_000, words: "five minutes" },
  { name: "1h", millis: 3_600_000, words: "an hour" }
] as const

/** Days on which the table has rows, each with the size of windows where it has one. */
const daysOf = (table: string, time: string, size: string) =>
  `SELECT DISTINCT date_trunc('day', ${time}, 'UTC') AS day, ${size} AS size FROM internal.${table}_before`

interface Day {
  readonly day: Date
  readonly size: number
}

interface Moved {
  readonly table: string
  /** The column of time by which it is cut. */
  readonly time: string
  readonly size: string
  readonly seriesOf: (size: number) => Series
  readonly cut: string
  readonly primaryKey: string
  /** Between the making of the new table and the filling of it. */
  readonly prepare: ReadonlyArray<string>
  /** After that. */
  readonly finish: ReadonlyArray<string>
}

/** Rows arrive nearly in the order of their time: a few kilobytes let a report over all of them read only its days. */
const byTime = (table: string): string => `CREATE INDEX ON ${table} USING brin (start)`

const moved: ReadonlyArray<Moved> = [
  {
    table: "window_history",
    time: "start",
    size: "size_ms",
    seriesOf: windowSeriesOf,
    cut: "LIST (size_ms)",
    primaryKey: "datastream, size_ms, start, revision",
    prepare: sizes.flatMap(({ millis, name, words }) => [
      `CREATE TABLE internal.window_history_${name} PARTITION OF vicinity.window_history
        FOR VALUES IN (${millis}) PARTITION BY RANGE (start)`,
      `COMMENT ON TABLE internal.window_history_${name} IS 'Windows of ${words}: read vicinity.window_history'`
    ]),
    finish: [byTime("internal.window_history_5m"), byTime("internal.window_history_1h")]
  },
  {
    table: "late_observation",
    time: "received_at",
    size: "0",
    seriesOf: () => lateObservations,
    cut: "RANGE (received_at)",
    primaryKey: "datastream, received_at, number",
    // An identity column of a table in parts came with PostgreSQL 17.
    prepare: [
      `CREATE SEQUENCE vicinity.late_observation_number AS int8`,
      `SELECT setval('vicinity.late_observation_number', max(number)) FROM internal.late_observation_before
        HAVING max(number) IS NOT NULL`,
      `ALTER TABLE vicinity.late_observation ALTER number SET DEFAULT nextval('vicinity.late_observation_number')`,
      `ALTER SEQUENCE vicinity.late_observation_number OWNED BY vicinity.late_observation.number`
    ],
    finish: []
  },
  {
    table: "district_window_history",
    time: "start",
    size: "0",
    seriesOf: () => districtWindows,
    cut: "RANGE (start)",
    primaryKey: "district, property, size_ms, start, revision",
    prepare: [],
    finish: [byTime("vicinity.district_window_history")]
  },
  {
    table: "district_state_history",
    time: "start",
    size: "0",
    seriesOf: () => districtStates,
    cut: "RANGE (start)",
    primaryKey: "district, start, revision",
    prepare: [],
    finish: [byTime("vicinity.district_state_history")]
  }
]

/** The same columns as before, so what was granted on the views stays. */
const views: ReadonlyArray<string> = [
  `CREATE OR REPLACE VIEW vicinity.sealed_window AS
    ${sealedWindow}`,
  `CREATE OR REPLACE VIEW vicinity.district_window AS
    ${districtWindow}`
]

const move = Effect.fnUntraced(function*(
  { cut, finish, prepare, primaryKey, seriesOf, size, table, time }: Moved
): Effect.fn.Return<void, SqlError, SqlClient> {
  const sql = yield* SqlClient
  const run = (statements: Iterable<string>) =>
    Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  yield* run([
    `ALTER TABLE vicinity.${table} RENAME TO ${table}_before`,
    `ALTER TABLE vicinity.${table}_before SET SCHEMA internal`,
    `ALTER INDEX internal.${table}_pkey RENAME TO ${table}_before_pkey`,
    `CREATE TABLE vicinity.${table} (LIKE internal.${table}_before INCLUDING DEFAULTS INCLUDING COMMENTS)
      PARTITION BY ${cut}`,
    `DO $$ BEGIN EXECUTE format('COMMENT ON TABLE vicinity.${table} IS %L',
      obj_description('internal.${table}_before'::regclass)); END $$`,
    ...prepare
  ])
  const partitions = new PartitionSet()
  for (const { day, size: millis } of yield* sql.unsafe<Day>(daysOf(table, time, size))) {
    partitions.add(seriesOf(millis), day.getTime())
  }
  yield* run([...partitions.byTable.values()].flatMap(partitionStatements))
  yield* run([
    `INSERT INTO vicinity.${table} SELECT * FROM internal.${table}_before`,
    `ALTER TABLE vicinity.${table} ADD PRIMARY KEY (${primaryKey})`,
    ...finish
  ])
})

export const partitionedHistory: Effect.Effect<void, SqlError, SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* Effect.forEach(moved, move, { discard: true })
  yield* Effect.forEach(views, (view) => sql.unsafe(view), { discard: true })
  yield* Effect.forEach(moved, ({ table }) => sql.unsafe(`DROP TABLE internal.${table}_before`), { discard: true })
})
