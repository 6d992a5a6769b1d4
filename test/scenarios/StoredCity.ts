/** What a stopped city has left in its data folder: sealed windows in the database, published windows in the partials log. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer } from "effect"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import * as FileEventLog from "../../src/adapters/embedded/FileEventLog.ts"
import * as FileLog from "../../src/adapters/embedded/FileLog.ts"
import * as PostgresClient from "../../src/adapters/postgres/PostgresClient.ts"
import { dataPaths } from "../../src/apps/DataPaths.ts"
import { EventLog } from "../../src/ports/EventLog.ts"
import type { DistrictWindowRow } from "../../src/ports/ShardStore.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { recordKind } from "../../src/schemas/Records.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { decodeWindows } from "../../src/schemas/WindowsCodec.ts"

export interface StoredWindow {
  readonly sensor: string
  readonly property: string
  readonly size: number
  readonly start: number
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly revision: number
}

type Row = Record<string, unknown>

/** Runs queries against the database of a data folder that nobody else has open. */
const queriesStored = (data: string, texts: ReadonlyArray<string>): Promise<ReadonlyArray<ReadonlyArray<Row>>> =>
  Effect.gen(function*() {
    const server = yield* EmbeddedPostgres.make({ folder: data })
    const client = yield* Layer.build(PostgresClient.layer({ server }))
    return yield* Effect.flatMap(PgClient, (sql) => Effect.forEach(texts, (text) => sql.unsafe<Row>(text))).pipe(
      Effect.provide(client)
    )
  }).pipe(Effect.scoped, Effect.runPromise)

export const queryStored = async (data: string, text: string): Promise<ReadonlyArray<Row>> =>
  (await queriesStored(data, [text]))[0] ?? []

const windowsText =
  `SELECT d.sensor_id, d.property, h.size_ms, extract(epoch FROM h.start)::float8 * 1000 AS start_ms, h.count,
       h.mean, h.variance, h.min, h.max, h.last, h.revision
     FROM vicinity.window_history h JOIN vicinity.datastream d ON d.datastream = h.datastream
     ORDER BY d.sensor_id COLLATE "C", d.property, h.size_ms, h.start, h.revision`
const districtWindowsText = `SELECT d.district_id, h.*, extract(epoch FROM h.start)::float8 * 1000 AS start_ms,
       extract(epoch FROM h.known_at)::float8 * 1000 AS known_ms
     FROM vicinity.district_window_history h JOIN vicinity.district d USING (district)
     ORDER BY d.district_id COLLATE "C", h.property, h.size_ms, h.start, h.revision`
const districtStatesText = `SELECT d.district_id, h.start, h.revision, h.state::text AS state
     FROM vicinity.district_state_history h JOIN vicinity.district d USING (district)
     ORDER BY d.district_id COLLATE "C", h.start, h.revision`

const anomaliesText =
  `SELECT d.sensor_id, d.property_number, p.district_id, to_jsonb(a) - 'recorded_at' - 'district' - 'datastream'
       AS anomaly
     FROM vicinity.anomaly a JOIN vicinity.datastream d USING (datastream) LEFT JOIN vicinity.district p USING (district)
     ORDER BY d.sensor_id COLLATE "C", d.property_number, a.opened`

const windowOf = (row: Row): StoredWindow => ({
  sensor: String(row["sensor_id"]),
  property: String(row["property"]),
  size: Number(row["size_ms"]),
  start: Number(row["start_ms"]),
  count: Number(row["count"]),
  mean: Number(row["mean"]),
  variance: Number(row["variance"]),
  min: Number(row["min"]),
  max: Number(row["max"]),
  last: Number(row["last"]),
  revision: Number(row["revision"])
})

const districtWindowOf = (row: Row): DistrictWindowRow => {
  const number = (name: string): number => row[name] === null ? NaN : Number(row[name])
  return {
    district: String(row["district_id"]),
    property: String(row["property"]),
    size: number("size_ms"),
    start: number("start_ms"),
    revision: number("revision"),
    final: row["final"] === true,
    knownAt: number("known_ms"),
    count: number("count"),
    mean: number("mean"),
    variance: number("variance"),
    min: number("min"),
    max: number("max"),
    last: number("last"),
    sensors: number("sensors"),
    expected: number("expected"),
    seen: number("seen"),
    ill: number("ill"),
    weight: number("weight"),
    beyond: [number("beyond_first"), number("beyond_second")],
    referenced: number("referenced"),
    compared: number("compared")
  }
}

/** Every sealed window, in an order of its own. */
export const storedWindows = async (data: string): Promise<ReadonlyArray<StoredWindow>> =>
  (await queryStored(data, windowsText)).map(windowOf)

/** What a city has stored of its sensors and districts, in an order of its own. */
export interface StoredCity {
  readonly windows: ReadonlyArray<StoredWindow>
  /** Every revision of every window of a district; a value that is none is NaN. */
  readonly districtWindows: ReadonlyArray<DistrictWindowRow>
  /** Every revision of every public state of a district, as text. */
  readonly districtStates: ReadonlyArray<string>
  /** Every anomaly as it is known now, as text. */
  readonly anomalies: ReadonlyArray<string>
}

export const storedCity = async (data: string): Promise<StoredCity> => {
  const texts = [windowsText, districtWindowsText, districtStatesText, anomaliesText]
  const [windows = [], districtWindows = [], districtStates = [], anomalies = []] = await queriesStored(data, texts)
  return {
    windows: windows.map(windowOf),
    districtWindows: districtWindows.map(districtWindowOf),
    districtStates: districtStates.map(({ state }) => String(state)),
    anomalies: anomalies.map((anomaly) => JSON.stringify(anomaly))
  }
}

/** Every event, as it was published, in the order of positions; fails where an id is there twice. */
export const publishedEvents = (data: string): Promise<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const log = Context.get(yield* Layer.build(FileEventLog.layer({ folder: dataPaths(data).events })), EventLog)
    const { first, last } = yield* log.bounds
    const feed = yield* log.subscribe({ stream: log.stream, sequence: first - 1 })
    const events: Array<string> = []
    const ids = new Set<string>()
    while (events.length < last - first + 1) {
      for (const { id, json } of yield* feed.take(1_000_000)) {
        if (ids.has(id)) throw new Error(`published twice: ${id}`)
        ids.add(id)
        events.push(new TextDecoder().decode(json))
      }
    }
    return events
  }).pipe(Effect.scoped, Effect.runPromise)

/** Published five-minute windows, once each, as text in an order of their own; fails where two of one window differ. */
export const publishedWindows = (data: string): Promise<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const log = yield* FileLog.make({ folder: dataPaths(data).partials, name: "partials", consumers: [] })
    const byWindow = new Map<string, string>()
    for (const shard of shards) {
      const { last } = yield* log.bounds(shard)
      const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
      for (let sequence = 0; sequence < last;) {
        for (const record of yield* feed.take(1_000_000)) {
          sequence = record.sequence
          if (recordKind(record.payload) !== "windows") continue
          for (const window of decodeWindows(record.payload).windows) {
            const name = `${window.sensorId} ${observedProperties[window.property]?.name} ${window.start}`
            const text = `${name} ${window.count} ${window.mean} ${window.min} ${window.max}`
            const before = byWindow.get(name)
            if (before !== undefined && before !== text) throw new Error(`published twice, and differently: ${text}`)
            byWindow.set(name, text)
          }
        }
      }
    }
    return Array.from(byWindow.values()).sort()
  }).pipe(Effect.scoped, Effect.runPromise)
