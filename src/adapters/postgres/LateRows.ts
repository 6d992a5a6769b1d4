/** Late observations into their table, in the order of the log. Promise: the event loop gets its turn after every chunk. */
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { LateColumns, StageName } from "../../ports/ShardStore.ts"
import { shardBase } from "./DatastreamIds.ts"
import { lateObservations, type PartitionSet } from "./HistoryPartitions.ts"
import { float8s, int4s, timestamps } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 2_000

const insert = `INSERT INTO vicinity.late_observation (datastream, phenomenon_time, result_time, result, received_at)
  SELECT unnest($1::int4[]), unnest($2::timestamptz[]), unnest($3::timestamptz[]), unnest($4::float8[]),
    unnest($5::timestamptz[])`

export const addLatePartitions = (partitions: PartitionSet, { length, receivedAt }: LateColumns): void => {
  for (let i = 0; i < length; i++) partitions.add(lateObservations, receivedAt[i] as number)
}

export const writeLate = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  late: LateColumns
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  for (let from = 0; from < late.length; from += chunkRows) {
    const to = Math.min(late.length, from + chunkRows)
    yield* run(insert, [
      int4s(late.slot.subarray(from, to).map((slot) => base + slot)),
      timestamps(late.phenomenonTime.subarray(from, to)),
      timestamps(late.resultTime.subarray(from, to)),
      float8s(late.result.subarray(from, to)),
      timestamps(late.receivedAt.subarray(from, to))
    ])
  }
})
