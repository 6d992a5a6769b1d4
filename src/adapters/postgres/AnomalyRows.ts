/**
 * Anomalies into their table: a newer revision takes the place of an older one, and an older one changes nothing, so the same commit
 * again leaves the same rows. Promise: the event loop gets its turn after every chunk.
 */
import { Array as Arr, Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { AnomalyRow, StageName } from "../../ports/ShardStore.ts"
import { shardBase } from "./DatastreamIds.ts"
import { nameDistricts } from "./DistrictRows.ts"
import { anomalies, type PartitionSet } from "./HistoryPartitions.ts"
import { float8s, int4s, texts, timestamps } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 1_000

const upsert = `INSERT INTO vicinity.anomaly AS known (datastream, opened, closed, observed_at, score, expected_low,
    expected_high, observed, district, revision, severity, ending, sentence)
  SELECT n.datastream, n.opened, n.closed, n.observed_at, n.score, n.expected_low, n.expected_high, n.observed, d.district,
    n.revision, n.severity, n.ending, n.sentence
  FROM (SELECT unnest($1::int4[]) AS datastream, unnest($2::timestamptz[]) AS opened, unnest($3::timestamptz[]) AS closed,
      unnest($4::timestamptz[]) AS observed_at, unnest($5::float8[]) AS score, unnest($6::float8[]) AS expected_low,
      unnest($7::float8[]) AS expected_high, unnest($8::float8[]) AS observed, unnest($9::text[]) AS district_id,
      unnest($10::int4[]) AS revision, unnest($11::text[]) AS severity, unnest($12::text[]) AS ending,
      unnest($13::text[]) AS sentence) n
  LEFT JOIN vicinity.district d USING (district_id)
  ON CONFLICT (datastream, opened) DO UPDATE SET closed = excluded.closed, observed_at = excluded.observed_at,
    recorded_at = now(), score = excluded.score, expected_low = excluded.expected_low,
    expected_high = excluded.expected_high, observed = excluded.observed, revision = excluded.revision,
    severity = excluded.severity, ending = excluded.ending, sentence = excluded.sentence
  WHERE known.revision < excluded.revision`

export const addAnomalyPartitions = (partitions: PartitionSet, rows: ReadonlyArray<AnomalyRow>): void => {
  for (const { opened } of rows) partitions.add(anomalies, opened)
}

export const writeAnomalies = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  rows: ReadonlyArray<AnomalyRow>
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  // In one order, or two shards that name the same ones at once may wait for each other.
  const names = [...new Set(rows.flatMap(({ district }) => district ?? []))].sort()
  if (names.length > 0) yield* run(nameDistricts, [texts(names)])
  for (const chunk of Arr.chunksOf(rows, chunkRows)) {
    const floats = (of: (row: AnomalyRow) => number) => Float64Array.from(chunk, of)
    yield* run(upsert, [
      int4s(Int32Array.from(chunk, ({ slot }) => base + slot)),
      timestamps(floats(({ opened }) => opened)),
      timestamps(floats(({ closed }) => closed ?? NaN)),
      timestamps(floats(({ observedAt }) => observedAt)),
      float8s(floats(({ score }) => score)),
      float8s(floats(({ low }) => low)),
      float8s(floats(({ high }) => high)),
      float8s(floats(({ observed }) => observed)),
      texts(chunk.map(({ district }) => district)),
      int4s(Int32Array.from(chunk, ({ revision }) => revision)),
      texts(chunk.map(({ severity }) => severity)),
      texts(chunk.map(({ ending }) => ending)),
      texts(chunk.map(({ sentence }) => sentence))
    ])
  }
})
