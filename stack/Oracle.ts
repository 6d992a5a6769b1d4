/**
 * The judge of a city that is quiet or stopped, by its logs. Promises: every observation that a client saw acknowledged is looked for in
 * the log; what is stored and published must be what one pass over the logs gives, row by row, no more and no fewer, up to the positions
 * that the city has stored; so must its state, stored and in memory; sensor windows must also be what a plain model of the log gives. Nothing
 * of the city is changed. Where a log no longer has everything it says so, and judges nothing. Shard by shard, so that a long run
 * fits into memory.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import { DistrictStage } from "../src/actors/DistrictStage.ts"
import { SensorStage } from "../src/actors/SensorStage.ts"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import * as PostgresShardStore from "../src/adapters/postgres/PostgresShardStore.ts"
import { clusterLogs } from "../src/apps/ClusterEdges.ts"
import { defaultSettings } from "../src/apps/Settings.ts"
import { ObservationLog, PartialsLog } from "../src/ports/ShardedLog.ts"
import { ShardStore } from "../src/ports/ShardStore.ts"
import { shards } from "../src/schemas/Shards.ts"
import { againstBruteForce } from "./BruteForceRows.ts"
import { storedDistricts, storedSensors } from "./CityRows.ts"
import type { Comparison } from "./CompareContents.ts"
import type { LiveAnswers } from "./LiveAnswers.ts"
import { districtPass, nameOf, publishedPartials, sensorPass } from "./OnePass.ts"
import { publishedEvents } from "./PublishedEvents.ts"
import { accountingRows, districtStateRows, sensorAnswers, sensorStateRows } from "./StateRows.ts"
import { Tally } from "./Tally.ts"

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
  /** What one pass gives, and what is stored and published: it is there once, or something is lost or there twice. */
  readonly comparisons: ReadonlyArray<Comparison>
  /** What else must agree: what is found out in another way, and state. */
  readonly checks: ReadonlyArray<Comparison>
  /** Why there is nothing to judge by; all else is empty then. */
  readonly unjudged: ReadonlyArray<string>
  /** All that is missing somewhere, and all that is there beside what must be. */
  readonly lost: number
  readonly duplicated: number
  /** Rows of `checks` that do not agree. */
  readonly differing: number
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

const tallies = () => ({
  windows: new Tally("windows"),
  late: new Tally("late"),
  anomalies: new Tally("anomalies"),
  partials: new Tally("partials"),
  districtWindows: new Tally("districtWindows"),
  districtStates: new Tally("districtStates"),
  events: new Tally("events"),
  plainWindows: new Tally("plainWindows"),
  plainLate: new Tally("plainLate"),
  accounting: new Tally("accounting"),
  storedState: new Tally("storedState"),
  answers: new Tally("answers")
})
type Tallies = ReturnType<typeof tallies>

/** The sensor stage of a shard; what it published is compared later, as it is in the logs of other shards. */
const judgeSensors = Effect.fnUntraced(
  function*(shard: number, until: number, acknowledged: Iterable<string>, tally: Tallies) {
    const log = yield* ObservationLog
    const pass = yield* sensorPass(log, shard, until)
    const stored = yield* storedSensors(shard)
    const snapshot = yield* (yield* ShardStore).load("sensor", shard)
    const loaded = SensorStage.open(shard, snapshot)
    tally.windows.compare(pass.windows, stored.windows)
    tally.late.compare(pass.late, stored.late)
    tally.anomalies.compare(pass.anomalies, stored.anomalies)
    tally.storedState.compare(sensorStateRows(pass.state), sensorStateRows(loaded))
    const plain = againstBruteForce(pass.plain, stored, accountingRows(loaded, nameOf(loaded)))
    tally.plainWindows.compare(...plain.windows)
    tally.plainLate.compare(...plain.late)
    tally.accounting.compare(...plain.accounting)
    const keys = new Set(acknowledged)
    const missing = [...keys].filter((key) => !pass.keys.has(key))
    return {
      acknowledged: keys.size,
      missing,
      unapplied: pass.unapplied,
      partials: pass.partials,
      answers: sensorAnswers(pass.state)
    }
  }
)

const judged = Effect.fnUntraced(function*(acknowledged: Acknowledged, live: LiveAnswers | undefined) {
  const partialsLog = yield* PartialsLog
  const store = yield* ShardStore
  const at = yield* positions
  const tally = tallies()
  const expected: Record<"answers" | "districtStates" | "districtWindows" | "events" | "partials", Array<string>> = {
    answers: [],
    districtStates: [],
    districtWindows: [],
    events: [],
    partials: []
  }
  const extend = (into: Array<string>, rows: Iterable<string>): void => {
    for (const row of rows) into.push(row)
  }
  const missing: Array<string> = []
  let count = 0
  let unapplied = 0
  for (const shard of shards) {
    const sensors = yield* judgeSensors(shard, at.sensor.get(shard) ?? 0, acknowledged.get(shard) ?? [], tally)
    extend(expected.partials, sensors.partials)
    extend(expected.answers, sensors.answers)
    extend(missing, sensors.missing)
    count += sensors.acknowledged
    unapplied += sensors.unapplied
  }
  const published: Array<string> = []
  const laterEvents = new Set<string>()
  const shown = new Set<string>()
  for (const shard of shards) {
    extend(published, yield* publishedPartials(partialsLog, shard, at.sensor))
    const pass = yield* districtPass(partialsLog, shard, at.district.get(shard) ?? 0)
    extend(expected.districtWindows, pass.windows)
    extend(expected.districtStates, pass.states)
    extend(expected.events, pass.events)
    for (const event of pass.laterEvents) laterEvents.add(event)
    for (const answer of pass.answers) shown.add(answer)
    const loaded = DistrictStage.open(shard, yield* store.load("district", shard))
    tally.storedState.compare(pass.stateRows, districtStateRows(loaded))
  }
  tally.partials.compare(expected.partials, published)
  const stored = yield* storedDistricts
  tally.districtWindows.compare(expected.districtWindows, stored.windows)
  tally.districtStates.compare(expected.districtStates, stored.states)
  const events = yield* publishedEvents
  tally.events.compare(expected.events, events.rows.filter((event) => !laterEvents.has(event)))
  if (live !== undefined) {
    tally.answers.compare(expected.answers, live.sensors)
    // Whatever a district showed, it must have come to at some time.
    tally.answers.compare(live.districts.filter((answer) => shown.has(answer)), live.districts)
  }
  return { missing, acknowledged: count, unapplied, repeatedEvents: events.repeated, tally }
})

const sum = (comparisons: ReadonlyArray<Comparison>, of: (comparison: Comparison) => number): number =>
  comparisons.reduce((all, each) => all + of(each), 0)

const verdict = (
  { acknowledged, missing, repeatedEvents, tally, unapplied }: Effect.Success<ReturnType<typeof judged>>
): Judged => {
  const { accounting, answers, plainLate, plainWindows, storedState, ...others } = tally
  const comparisons = Object.values(others)
  const checks = [plainWindows, plainLate, accounting, storedState, answers]
  return {
    acknowledged,
    missing,
    unapplied,
    repeatedEvents,
    comparisons,
    checks,
    unjudged: [],
    lost: missing.length + unapplied + sum(comparisons, (each) => each.missing),
    duplicated: repeatedEvents + sum(comparisons, (each) => each.added),
    differing: sum(checks, (each) => each.missing + each.added)
  }
}

const nothingJudged = (why: string): Judged => ({
  acknowledged: 0,
  missing: [],
  unapplied: 0,
  repeatedEvents: 0,
  comparisons: [],
  checks: [],
  unjudged: [why],
  lost: 0,
  duplicated: 0,
  differing: 0
})

/** Judges the city whose servers these are. `live`: what it answered when it had come to rest. */
export const judge = Effect.fnUntraced(function*(
  { natsUrl, postgresUrl }: { readonly natsUrl: string; readonly postgresUrl: string },
  acknowledged: Acknowledged,
  live?: LiveAnswers
) {
  const connection = NatsConnection.layer({ url: Redacted.make(natsUrl), name: "oracle" })
  const logs = clusterLogs(yield* defaultSettings).pipe(Layer.provide(connection))
  const database = PostgresClient.layer({ server: { url: Redacted.make(postgresUrl) } })
  const store = PostgresShardStore.layer().pipe(Layer.provideMerge(database))
  return yield* judged(acknowledged, live).pipe(
    Effect.map(verdict),
    Effect.catchTag("LogIncomplete", ({ message }) => Effect.succeed(nothingJudged(message))),
    Effect.provide(Layer.merge(logs, store))
  )
})
