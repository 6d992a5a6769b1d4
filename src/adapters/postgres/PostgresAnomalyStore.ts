/** The anomalies, read from Postgres: of a sensor by the primary key, of a district by its index, backwards. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer } from "effect"
import { type AnomalyPlace, type AnomalyQuery, AnomalyStore } from "../../ports/AnomalyStore.ts"
import { type AnomalyEnding, type AnomalySeverity, shownAnomaly } from "../../schemas/Anomaly.ts"
import { idProblem } from "../../schemas/Identifiers.ts"
import { always, instant, limitOf } from "./HistoryRanges.ts"
import { query } from "./PostgresTransaction.ts"

// What is asked of is looked up first, so that the range comes out of an index.
const select = (of: string, open: boolean) =>
  `SELECT a.datastream, d.sensor_id, d.property_number, p.district_id, a.opened, a.closed, a.ending, a.revision, a.severity,
    a.score, a.expected_low, a.expected_high, a.observed, a.observed_at, a.sentence
  FROM vicinity.anomaly a JOIN vicinity.datastream d USING (datastream) LEFT JOIN vicinity.district p USING (district)
  WHERE ${of} AND a.opened >= $2::timestamptz AND a.opened < $3::timestamptz
    AND a.opened <= $4::timestamptz AND (a.opened, a.datastream) < ($4::timestamptz, $5::int4)
    ${open ? "AND a.closed IS NULL" : ""}
  ORDER BY a.opened DESC, a.datastream DESC LIMIT $6::int4`

const ofSensor = `a.datastream = ANY(ARRAY(
      SELECT s.datastream FROM vicinity.datastream s WHERE s.sensor_id = $1 AND s.stage = 'sensor'))`
const ofDistrict = "a.district = (SELECT s.district FROM vicinity.district s WHERE s.district_id = $1)"

/** Everything opened before. */
const newest: AnomalyPlace = { opened: always, number: 0 }

type Row = readonly [
  datastream: number,
  sensorId: string,
  property: number,
  district: string | null,
  opened: Date,
  closed: Date | null,
  ending: AnomalyEnding | null,
  revision: number,
  severity: AnomalySeverity,
  score: number,
  low: number,
  high: number,
  observed: number,
  observedAt: Date,
  sentence: string
]

const anomalyOf = (row: Row) => {
  const [, sensorId, property, district, opened, closed, ending, revision, severity, ...evidence] = row
  const [score, low, high, observed, observedAt, sentence] = evidence
  return shownAnomaly({
    sensorId,
    property,
    district,
    opened: opened.getTime(),
    closed: closed === null ? null : closed.getTime(),
    ending,
    revision,
    severity,
    score,
    low,
    high,
    observed,
    observedAt: observedAt.getTime(),
    sentence
  })
}

export const make = Effect.gen(function*() {
  const sql = yield* PgClient
  const anomalies = Effect.fnUntraced(function*({ after = newest, from, limit, of, open, to }: AnomalyQuery) {
    const [id, condition] = "sensorId" in of ? [of.sensorId, ofSensor] : [of.district, ofDistrict]
    if (idProblem(id) !== undefined || limit < 1) return { items: [], next: null }
    const most = Math.min(limitOf(limit), 2 ** 31 - 2)
    // One more than asked for tells whether there is a page behind.
    const rows = yield* query(sql, "anomalies", select(condition, open), [
      id,
      instant(from),
      instant(to),
      instant(after.opened),
      after.number,
      most + 1
    ])
    const page = rows.slice(0, most) as unknown as ReadonlyArray<Row>
    const last = rows.length > most ? page.at(-1) : undefined
    return {
      items: page.map(anomalyOf),
      next: last === undefined ? null : { opened: last[4].getTime(), number: last[0] }
    }
  })
  return AnomalyStore.of({ anomalies })
})

export const layer: Layer.Layer<AnomalyStore, never, PgClient> = Layer.effect(AnomalyStore, make)
