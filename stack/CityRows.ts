/**
 * Rows of a city as text, the same from the state that found them out and from the database that keeps them. Numbers are as JavaScript
 * writes them, all digits; times are epoch milliseconds; a value that is none is NaN.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import { shardBase, slotsMax } from "../src/adapters/postgres/DatastreamIds.ts"
import type { DistrictStateRow, DistrictWindowRow, LateColumns, WindowColumns } from "../src/ports/ShardStore.ts"
import type { AnomalyRevision } from "../src/schemas/Anomaly.ts"

/** What it is called, and its property. */
type NameOf = (slot: number) => string

export const windowRows = (windows: WindowColumns, nameOf: NameOf): ReadonlyArray<string> =>
  Array.from({ length: windows.length }, (_, i) => {
    const { count, last, max, mean, min, size, slot, start, variance } = windows
    const values = [size[i], start[i], 0, count[i], mean[i], variance[i], min[i], max[i], last[i]]
    return `${nameOf(slot[i] as number)} ${values.join(" ")}`
  })

export const lateRows = (late: LateColumns, nameOf: NameOf): ReadonlyArray<string> =>
  Array.from({ length: late.length }, (_, i) => {
    const { phenomenonTime, receivedAt, result, resultTime, slot } = late
    return `${nameOf(slot[i] as number)} ${[phenomenonTime[i], resultTime[i], result[i], receivedAt[i]].join(" ")}`
  })

export const districtWindowRow = (row: DistrictWindowRow): string => {
  const { compared, count, district, expected, final, ill, knownAt, last, max, mean, min } = row
  const { property, referenced, revision, seen, sensors, size, start, variance, weight } = row
  const [first, second] = row.beyond
  const place = `${district} ${property} ${size} ${start} ${revision} ${final} ${knownAt}`
  const values = `${count} ${mean} ${variance} ${min} ${max} ${last}`
  return `${place} ${values} ${sensors} ${expected} ${seen} ${ill} ${weight} ${first} ${second} ${referenced} ${compared}`
}

/** Keys in their own order: the database has another. */
export const canonical = (json: string): string =>
  JSON.stringify(
    JSON.parse(json),
    (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value
  )

export const districtStateRow = (row: Omit<DistrictStateRow, "quality" | "confidence">): string =>
  [row.district, row.start, row.revision, row.final, row.knownAt, canonical(row.state)].join(" ")

export const anomalyRow = (row: AnomalyRevision): string => {
  const { closed, district, ending, high, low, observed, observedAt, opened, property, revision, score, sensorId } = row
  const place = `${sensorId} ${property} ${district ?? NaN} ${opened} ${closed ?? NaN} ${ending ?? NaN} ${revision}`
  return `${place} ${row.severity} ${score} ${low} ${high} ${observed} ${observedAt} ${row.sentence}`
}

const millis = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`

const windowsText = `SELECT d.sensor_id, d.property, h.size_ms, ${
  millis("h.start")
} AS start, h.revision, h.count, h.mean,
    h.variance, h.min, h.max, h.last
  FROM vicinity.window_history h JOIN vicinity.datastream d USING (datastream)`

const lateText = `SELECT d.sensor_id, d.property, ${millis("l.phenomenon_time")} AS measured, ${
  millis("l.result_time")
} AS asked,
    l.result, ${millis("l.received_at")} AS received
  FROM vicinity.late_observation l JOIN vicinity.datastream d USING (datastream)`

const districtWindowsText = `SELECT d.district_id, h.property, h.size_ms, ${
  millis("h.start")
} AS start, h.revision, h.final,
    ${millis("h.known_at")} AS known, h.count, h.mean, h.variance, h.min, h.max, h.last, h.sensors, h.expected, h.seen,
    h.ill, h.weight, h.beyond_first, h.beyond_second, h.referenced, h.compared
  FROM vicinity.district_window_history h JOIN vicinity.district d USING (district)`

const districtStatesText = `SELECT d.district_id, ${millis("h.start")} AS start, h.revision, h.final,
    ${millis("h.known_at")} AS known, h.state::text AS state
  FROM vicinity.district_state_history h JOIN vicinity.district d USING (district)`

const anomaliesText = `SELECT d.sensor_id, d.property_number, p.district_id, ${millis("a.opened")} AS opened,
    ${
  millis("a.closed")
} AS closed, a.ending, a.revision, a.severity, a.score, a.expected_low, a.expected_high, a.observed,
    ${millis("a.observed_at")} AS observed_at, a.sentence
  FROM vicinity.anomaly a JOIN vicinity.datastream d USING (datastream) LEFT JOIN vicinity.district p USING (district)`

/** The columns of each row, in the order of the statement. */
const rowsOf = Effect.fnUntraced(function*(statement: string, parameters: ReadonlyArray<unknown> = []) {
  const sql = yield* PgClient
  const rows = yield* sql.unsafe<Record<string, unknown>>(statement, parameters)
  return rows.map((row) => Object.values(row).map((value) => value ?? NaN))
})

const joined = (rows: ReadonlyArray<ReadonlyArray<unknown>>) => rows.map((row) => row.join(" "))

/** A window by its numbers. */
interface StoredWindow {
  /** Sensor and property. */
  readonly name: string
  readonly size: number
  readonly start: number
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly last: number
}

const ofDatastreams = "WHERE d.datastream >= $1 AND d.datastream < $2"

/** What is stored of the sensors of a shard, in no order. */
export const storedSensors = Effect.fnUntraced(function*(shard: number) {
  const range = [shardBase("sensor", shard), shardBase("sensor", shard) + slotsMax]
  const rows = yield* rowsOf(`${windowsText} ${ofDatastreams}`, range)
  const columns = rows.map((row): StoredWindow => {
    const [size = NaN, start = NaN, , count = NaN, mean = NaN, , min = NaN, max = NaN, last = NaN] = row.slice(2).map(
      Number
    )
    return { name: `${row[0]} ${row[1]}`, size, start, count, mean, min, max, last }
  })
  const late = joined(yield* rowsOf(`${lateText} ${ofDatastreams}`, range))
  return {
    windows: joined(rows),
    columns,
    late,
    anomalies: joined(yield* rowsOf(`${anomaliesText} ${ofDatastreams}`, range))
  }
})

export type StoredSensors = Effect.Success<ReturnType<typeof storedSensors>>

/** What is stored of districts, in no order. */
export const storedDistricts = Effect.gen(function*() {
  const states = yield* rowsOf(districtStatesText)
  return {
    windows: joined(yield* rowsOf(districtWindowsText)),
    states: states.map((row) => [...row.slice(0, -1), canonical(String(row.at(-1)))].join(" "))
  }
})

/** All windows of sensors that are stored, in no order. */
export const storedWindows = Effect.map(rowsOf(windowsText), joined)

/** All anomalies that are stored, in no order. */
export const storedAnomalies = Effect.map(rowsOf(anomaliesText), joined)
