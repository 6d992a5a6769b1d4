/**
 * What the district stage found, into the history. Every row is a revision that was not there before: the fenced commit that counts
 * revisions writes them. Promise: the event loop gets its turn after every chunk.
 */
import { Array as Arr, Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { DistrictRows, DistrictStateRow, DistrictWindowRow } from "../../ports/ShardStore.ts"
import { districtStates, districtWindows, type PartitionSet } from "./HistoryPartitions.ts"
import { int4s, nullableFloat8s, texts, timestamps } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 1_000

/** Districts that have no number yet get one. */
export const nameDistricts = `INSERT INTO vicinity.district (district_id)
  SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`

const insertWindows = `INSERT INTO vicinity.district_window_history
    (district, property, size_ms, start, known_at, revision, final, count, mean, variance, min, max, last, weight,
    referenced, compared, sensors, expected, seen, ill, beyond_first, beyond_second)
  SELECT d.district, n.property, n.size_ms, n.start, n.known_at, n.revision, n.final = 1, n.count, n.mean, n.variance,
    n.min, n.max, n.last, n.weight, n.referenced, n.compared, n.sensors, n.expected, n.seen, n.ill, n.beyond_first,
    n.beyond_second
  FROM (SELECT unnest($1::text[]) AS district_id, unnest($2::text[]) AS property, unnest($3::int4[]) AS size_ms,
      unnest($4::timestamptz[]) AS start, unnest($5::timestamptz[]) AS known_at, unnest($6::int4[]) AS revision,
      unnest($7::int4[]) AS final, unnest($8::int4[]) AS count, unnest($9::float8[]) AS mean,
      unnest($10::float8[]) AS variance, unnest($11::float8[]) AS min, unnest($12::float8[]) AS max,
      unnest($13::float8[]) AS last, unnest($14::float8[]) AS weight, unnest($15::float8[]) AS referenced,
      unnest($16::float8[]) AS compared, unnest($17::int4[]) AS sensors, unnest($18::int4[]) AS expected,
      unnest($19::int4[]) AS seen, unnest($20::int4[]) AS ill, unnest($21::int4[]) AS beyond_first,
      unnest($22::int4[]) AS beyond_second) n
  JOIN vicinity.district d USING (district_id)`

const insertStates = `INSERT INTO vicinity.district_state_history
    (district, start, known_at, revision, final, quality, confidence, state)
  SELECT d.district, n.start, n.known_at, n.revision, n.final = 1, n.quality, n.confidence, n.state::jsonb
  FROM (SELECT unnest($1::text[]) AS district_id, unnest($2::timestamptz[]) AS start,
      unnest($3::timestamptz[]) AS known_at, unnest($4::int4[]) AS revision, unnest($5::int4[]) AS final,
      unnest($6::float8[]) AS quality, unnest($7::float8[]) AS confidence, unnest($8::text[]) AS state) n
  JOIN vicinity.district d USING (district_id)`

export const addDistrictPartitions = (partitions: PartitionSet, rows: DistrictRows | undefined): void => {
  if (rows === undefined) return
  for (const { start } of rows.windows) partitions.add(districtWindows, start)
  for (const { start } of rows.states) partitions.add(districtStates, start)
}

const valueOrNull = (value: number): number | null => Number.isNaN(value) ? null : value

const writeWindows = (run: Run, rows: ReadonlyArray<DistrictWindowRow>) => {
  const ints = (of: (row: DistrictWindowRow) => number) => int4s(Int32Array.from(rows, of))
  const floats = (of: (row: DistrictWindowRow) => number) => nullableFloat8s(rows.map((row) => valueOrNull(of(row))))
  return run(insertWindows, [
    texts(rows.map((row) => row.district)),
    texts(rows.map((row) => row.property)),
    ints((row) => row.size),
    timestamps(Float64Array.from(rows, (row) => row.start)),
    timestamps(Float64Array.from(rows, (row) => row.knownAt)),
    ints((row) => row.revision),
    ints((row) => row.final ? 1 : 0),
    ints((row) => row.count),
    floats((row) => row.mean),
    floats((row) => row.variance),
    floats((row) => row.min),
    floats((row) => row.max),
    floats((row) => row.last),
    floats((row) => row.weight),
    floats((row) => row.referenced),
    floats((row) => row.compared),
    ints((row) => row.sensors),
    ints((row) => row.expected),
    ints((row) => row.seen),
    ints((row) => row.ill),
    ints((row) => row.beyond[0]),
    ints((row) => row.beyond[1])
  ])
}

const writeStates = (run: Run, rows: ReadonlyArray<DistrictStateRow>) =>
  run(insertStates, [
    texts(rows.map((row) => row.district)),
    timestamps(Float64Array.from(rows, (row) => row.start)),
    timestamps(Float64Array.from(rows, (row) => row.knownAt)),
    int4s(Int32Array.from(rows, (row) => row.revision)),
    int4s(Int32Array.from(rows, (row) => row.final ? 1 : 0)),
    nullableFloat8s(rows.map((row) => row.quality)),
    nullableFloat8s(rows.map((row) => row.confidence)),
    texts(rows.map((row) => row.state))
  ])

export const writeDistricts = Effect.fnUntraced(function*(
  run: Run,
  rows: DistrictRows | undefined
): Effect.fn.Return<void, SqlError> {
  if (rows === undefined) return
  // In one order, or two shards that name the same ones at once may wait for each other.
  const names = [...new Set([...rows.states, ...rows.windows].map(({ district }) => district))].sort()
  if (names.length === 0) return
  yield* run(nameDistricts, [texts(names)])
  for (const chunk of Arr.chunksOf(rows.windows, chunkRows)) yield* writeWindows(run, chunk)
  for (const chunk of Arr.chunksOf(rows.states, chunkRows)) yield* writeStates(run, chunk)
})
