/**
 * The judge of a city that is quiet or stopped, by its logs. Promises: every observation that a client saw acknowledged is looked for in
 * the log; what is stored and published must be what one pass over the logs gives, row by row, no more and no fewer, up to the positions
 * that the city has stored; nothing of the city is changed. It dies where a log no longer has everything.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import { clusterLogs } from "../src/apps/ClusterEdges.ts"
import { defaultSettings } from "../src/apps/Settings.ts"
import { ObservationLog, PartialsLog } from "../src/ports/ShardedLog.ts"
import { shards } from "../src/schemas/Shards.ts"
import { storedRows } from "./CityRows.ts"
import { compareRows, type Comparison } from "./CompareContents.ts"
import { districtPass, publishedPartials, sensorPass } from "./OnePass.ts"
import { publishedEvents } from "./PublishedEvents.ts"

/** By shard: `observationKey` of each. */
export type Acknowledged = ReadonlyMap<number, Iterable<string>>

export interface Judged {
  /** Different observations that were acknowledged. */
  readonly acknowledged: number
  /** Of them, those that are not in the log. */
  readonly missing: ReadonlyArray<string>
  /** Observations in the log that are in no state. */
  readonly unapplied: number
  /** Events whose id was there before. */
  readonly repeatedEvents: number
  /** What one pass gives, and what is there. */
  readonly comparisons: ReadonlyArray<Comparison>
  /** All that is missing somewhere, and all that is there beside what must be. */
  readonly lost: number
  readonly duplicated: number
}

/** Equal rows are told apart by their number, so that one that is there twice is seen. */
const numbered = (rows: ReadonlyArray<string>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  return rows.map((row) => {
    const count = (counts.get(row) ?? 0) + 1
    counts.set(row, count)
    return count === 1 ? row : `${row} #${count}`
  })
}

const positions = Effect.gen(function*() {
  const sql = yield* PgClient
  const rows = yield* sql.unsafe<{ stage: string; shard: number; sequence: number }>(
    "SELECT stage, shard, sequence::float8 AS sequence FROM internal.shard_position"
  )
  const of = (stage: string) =>
    new Map(rows.flatMap((row) => row.stage === stage ? [[row.shard, row.sequence] as const] : []))
  return { sensor: of("sensor"), district: of("district") }
})

const judged = Effect.fnUntraced(function*(acknowledged: Acknowledged) {
  const observations = yield* ObservationLog
  const partials = yield* PartialsLog
  const at = yield* positions
  const expected = { windows: [], late: [], partials: [], districtWindows: [], districtStates: [], events: [] } as Record<
    "windows" | "late" | "partials" | "districtWindows" | "districtStates" | "events",
    Array<string>
  >
  const published: Array<string> = []
  const laterEvents = new Set<string>()
  const missing: Array<string> = []
  let count = 0
  let unapplied = 0
  const extend = (into: Array<string>, rows: Iterable<string>): void => {
    for (const row of rows) into.push(row)
  }
  for (const shard of shards) {
    const pass = yield* sensorPass(observations, shard, at.sensor.get(shard) ?? 0)
    extend(expected.windows, pass.windows)
    extend(expected.late, pass.late)
    extend(expected.partials, pass.partials)
    unapplied += pass.unapplied
    for (const key of new Set(acknowledged.get(shard))) {
      count++
      if (!pass.keys.has(key)) missing.push(key)
    }
    extend(published, yield* publishedPartials(partials, shard, at.sensor))
    const district = yield* districtPass(partials, shard, at.district.get(shard) ?? 0)
    extend(expected.districtWindows, district.windows)
    extend(expected.districtStates, district.states)
    extend(expected.events, district.events)
    for (const event of district.laterEvents) laterEvents.add(event)
  }
  const stored = yield* storedRows
  const events = yield* publishedEvents
  if (events.first > 1) return yield* Effect.die(new Error(`the events before ${events.first} are gone`))
  const compare = (what: string, pass: ReadonlyArray<string>, found: ReadonlyArray<string>) =>
    compareRows(what, numbered(pass), numbered(found))
  const comparisons = [
    compare("windows", expected.windows, stored.windows),
    compare("late", expected.late, stored.late),
    compare("partials", expected.partials, published),
    compare("districtWindows", expected.districtWindows, stored.districtWindows),
    compare("districtStates", expected.districtStates, stored.districtStates),
    compare("events", expected.events, events.rows.filter((event) => !laterEvents.has(event)))
  ]
  const sum = (of: (comparison: Comparison) => number): number => comparisons.reduce((all, each) => all + of(each), 0)
  const result: Judged = {
    acknowledged: count,
    missing,
    unapplied,
    repeatedEvents: events.repeated,
    comparisons,
    lost: missing.length + unapplied + sum(({ missing: rows }) => rows),
    duplicated: events.repeated + sum(({ added }) => added)
  }
  return result
})

/** Judges the city whose servers these are. */
export const judge = Effect.fnUntraced(function*(
  { natsUrl, postgresUrl }: { readonly natsUrl: string; readonly postgresUrl: string },
  acknowledged: Acknowledged
) {
  const connection = NatsConnection.layer({ url: Redacted.make(natsUrl), name: "oracle" })
  const logs = clusterLogs(yield* defaultSettings).pipe(Layer.provide(connection))
  const database = PostgresClient.layer({ server: { url: Redacted.make(postgresUrl) } })
  return yield* Effect.provide(judged(acknowledged), Layer.merge(logs, database))
})
