/**
 * State and position of shards in Postgres, under the promises of the port. A commit is one transaction that first locks
 * the shard's epoch: a newer owner waits for it or has already made it fail, so two never interleave. The position goes
 * last. A connection lost during COMMIT is ambiguous and reported as `StoreUnavailable`: load and go on from what is there, or
 * give the same commit again, which looks first whether the shard is there already. (The server's word on a transaction,
 * `pg_xact_status`, is none after a crash: numbers of what never reached the disk are given out anew.)
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Effect, Layer } from "effect"
import {
  type Commit,
  Fenced,
  type Quarantined,
  type ShardSnapshot,
  ShardStore,
  type StageName,
  StoreUnavailable
} from "../../ports/ShardStore.ts"
import { addAnomalyPartitions, writeAnomalies } from "./AnomalyRows.ts"
import { addDistrictPartitions, writeDistricts } from "./DistrictRows.ts"
import { PartitionSet } from "./HistoryPartitions.ts"
import { addLatePartitions, writeLate } from "./LateRows.ts"
import { readDatastreams, readSensors, writeDatastreams, writeSensors } from "./NamingRows.ts"
import { isPartitionMissing, makePartitionMaker } from "./PartitionMaker.ts"
import { int4s } from "./PostgresArrays.ts"
import { query, type Run, snapshot, transact } from "./PostgresTransaction.ts"
import { readPieces, writePieces } from "./StatePieces.ts"
import { windowsByPartition, type WindowsOfPartition, writeWindows } from "./WindowRows.ts"

export interface PostgresShardStoreOptions {
  /** Named places at which a crash test stops the process. */
  readonly hooks?: {
    /** Everything is written, nothing is committed. */
    readonly insideCommit?: ((shard: number, stage: StageName) => Effect.Effect<void>) | undefined
  } | undefined
}

const raiseEpochs = `INSERT INTO internal.shard_epoch AS current (stage, shard, epoch, owner)
  SELECT $1, shard, 1, $3 FROM unnest($2::int4[]) AS shard ORDER BY shard
  ON CONFLICT (stage, shard) DO UPDATE
    SET epoch = current.epoch + 1, owner = excluded.owner, acquired_at = now()
  RETURNING shard, epoch`

const lockEpoch = `SELECT 1 FROM internal.shard_epoch
  WHERE stage = $1 AND shard = $2::int4 AND epoch = $3::int4 FOR UPDATE`

const writePosition = `INSERT INTO internal.shard_position (stage, shard, sequence, stream, header)
  VALUES ($1, $2::int4, $3::int8, $4, $5::bytea)
  ON CONFLICT (stage, shard) DO UPDATE SET sequence = excluded.sequence, stream = excluded.stream,
    header = excluded.header, committed_at = now()`

const readPosition = `SELECT sequence, stream, header FROM internal.shard_position
  WHERE stage = $1 AND shard = $2::int4`

const addQuarantined = `INSERT INTO internal.quarantine (stage, shard, sequence, observation)
  VALUES ($1, $2::int4, $3::int8, $4::int4) ON CONFLICT DO NOTHING`

const readQuarantined = `SELECT sequence, observation FROM internal.quarantine
  WHERE stage = $1 AND shard = $2::int4 ORDER BY sequence, observation`

const fence = Effect.fnUntraced(function*(run: Run, stage: StageName, shard: number, epoch: number) {
  const held = yield* run(lockEpoch, [stage, shard, epoch])
  if (held.length === 0) return yield* new Fenced({ stage, shard, epoch })
})

/** Whether the shard stands where this commit takes it. Asked under the lock of its epoch, so nobody else can have brought it there. */
const isDone = Effect.fnUntraced(function*(run: Run, { position, shard, stage }: Commit) {
  const [row] = yield* run(readPosition, [stage, shard])
  return row !== undefined && Number(row[0]) === position.sequence && row[1] === position.stream
})

/** Where the rows of a commit go. */
const partitionsOf = (commit: Commit) => {
  const windows = windowsByPartition(commit.windows)
  const others = new PartitionSet()
  addLatePartitions(others, commit.late)
  addAnomalyPartitions(others, commit.anomalies)
  addDistrictPartitions(others, commit.districts)
  return { windows, all: [...windows.map(({ partition }) => partition), ...others.byTable.values()] }
}

const writeCommit = Effect.fnUntraced(function*(
  run: Run,
  commit: Commit,
  windows: ReadonlyArray<WindowsOfPartition>
) {
  const { position, shard, stage } = commit
  yield* writeSensors(run, stage, shard, commit.sensors)
  yield* writeDatastreams(run, stage, shard, commit.datastreams)
  yield* writePieces(run, "state_group", stage, shard, commit.groups)
  yield* writePieces(run, "baseline", stage, shard, commit.baselines)
  yield* writeWindows(run, stage, shard, commit.windows, windows)
  yield* writeLate(run, stage, shard, commit.late)
  yield* writeAnomalies(run, stage, shard, commit.anomalies)
  yield* writeDistricts(run, commit.districts)
  const sequence = PgTypes.int8(BigInt(position.sequence))
  yield* run(writePosition, [stage, shard, sequence, position.stream, commit.header])
})

const readShard = Effect.fnUntraced(function*(run: Run, stage: StageName, shard: number) {
  const [row] = yield* run(readPosition, [stage, shard])
  if (row === undefined) return undefined
  const [sequence, stream, header] = row as [bigint, string, Uint8Array]
  const groups = yield* readPieces(run, "state_group", stage, shard)
  const baselines = yield* readPieces(run, "baseline", stage, shard)
  if (groups === undefined || baselines === undefined) {
    return yield* new StoreUnavailable({
      operation: "load",
      cause: `${stage} shard ${shard}: pieces of its state are missing; restore the database from a backup`
    })
  }
  const loaded: ShardSnapshot = {
    position: { stream, sequence: Number(sequence) },
    header: header.slice(),
    groups,
    baselines,
    datastreams: yield* readDatastreams(run, stage, shard),
    sensors: yield* readSensors(run, stage, shard)
  }
  return loaded
})

export const make = Effect.fnUntraced(function*(options: PostgresShardStoreOptions = {}) {
  const sql = yield* PgClient
  const partitions = makePartitionMaker(sql)
  const insideCommit = options.hooks?.insideCommit ?? (() => Effect.void)
  /** Those that may have been done when they are given again. */
  const unsettled = new WeakSet<Commit>()

  const acquire = Effect.fnUntraced(function*(stage: StageName, shards: ReadonlyArray<number>, owner: string) {
    const distinct = Int32Array.from(new Set(shards))
    const rows = yield* query(sql, "acquire", raiseEpochs, [stage, int4s(distinct), owner])
    const epochs = new Map(rows.map((row) => row as [shard: number, epoch: number]))
    return shards.map((shard) => epochs.get(shard) ?? 0)
  })

  const commitOnce = Effect.fnUntraced(function*(commit: Commit) {
    const { all, windows } = partitionsOf(commit)
    yield* partitions.ensure(all)
    const { epoch, shard, stage } = commit
    return yield* transact(sql, "commit", (run) =>
      Effect.gen(function*() {
        yield* fence(run, stage, shard, epoch)
        if (unsettled.has(commit) && (yield* isDone(run, commit))) return
        yield* writeCommit(run, commit, windows)
        yield* insideCommit(shard, stage)
      }))
  })

  const quarantined = Effect.fnUntraced(function*(stage: StageName, shard: number) {
    const rows = yield* query(sql, "quarantined", readQuarantined, [stage, shard])
    return rows.map((row): Quarantined => {
      const [sequence, index] = row as [bigint, number]
      return { sequence: Number(sequence), index }
    })
  })

  return ShardStore.of({
    acquire,
    quarantined,
    load: (stage, shard) => transact(sql, "load", (run) => readShard(run, stage, shard), snapshot),
    commit: (commit) =>
      // Somebody has dropped a part of the history that this process knew: nothing was written, and it is made again.
      Effect.catch(commitOnce(commit), (error) => {
        if (!isPartitionMissing(error)) return Effect.fail(error)
        partitions.forget()
        return commitOnce(commit)
      }).pipe(Effect.tapError((error) =>
        Effect.sync(() => {
          if (error._tag === "StoreUnavailable") unsettled.add(commit)
        })
      )),
    quarantine: (stage, shard, epoch, observation) =>
      transact(sql, "quarantine", (run) => {
        const sequence = PgTypes.int8(BigInt(observation.sequence))
        return Effect.asVoid(Effect.andThen(
          fence(run, stage, shard, epoch),
          run(addQuarantined, [stage, shard, sequence, observation.index])
        ))
      })
  })
})

export const layer = (options: PostgresShardStoreOptions = {}): Layer.Layer<ShardStore, never, PgClient> =>
  Layer.effect(ShardStore, make(options))
