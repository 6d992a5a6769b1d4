/**
 * `ShardedLog` in files of one folder: the embedded profile's log. Keeps the promises of `ports/ShardedLog.ts` with one
 * interleaved sequence of segments for all shards (so one sync acknowledges all of them); sequences of a shard are dense.
 * docs/log-format.md has every byte.
 */
import { Effect, Layer, type Scope } from "effect"
import {
  type Append,
  type Feed,
  type LogFull,
  type LogRecord,
  LogUnavailable,
  ObservationLog,
  PartialsLog,
  type Position,
  PositionNotHonoured,
  type ShardedLog
} from "../../ports/ShardedLog.ts"
import { shardCount } from "../../schemas/Shards.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { ShardReader } from "./FileLogReader.ts"
import { Retention } from "./FileLogRetention.ts"
import { appendTo, type LogStore, openStore } from "./FileLogStore.ts"
import type { FolderLocked } from "./FolderLock.ts"

export interface FileLogOptions {
  readonly folder: string
  /** First part of the identity of a new log, e.g. `observations`. */
  readonly name: string
  /** Who reports positions with `retain`; a segment goes only when all of them need it no more. */
  readonly consumers: ReadonlyArray<string>
  /** Default 61. */
  readonly shards?: number | undefined
  /** Default 64 MiB. */
  readonly segmentBytes?: number | undefined
  /** Beyond it `append` fails with `LogFull`. Default 8 GiB. */
  readonly limitBytes?: number | undefined
  /** Newest bytes that stay even when released; default 256 MiB. Without consumers all that stays. */
  readonly minRetainedBytes?: number | undefined
  /** Free bytes of the disk that are left to others (a database beside it needs some to go on); default none. */
  readonly reserveBytes?: number | undefined
  /** Largest record; default 8 MiB. */
  readonly recordBytesMax?: number | undefined
  /** Bytes written with one sync at most; default 8 MiB. */
  readonly groupBytesMax?: number | undefined
  /** Crash point "after append, before acknowledgement"; where it fails, so do the appends (their records stay). */
  readonly afterAppend?: Effect.Effect<void> | undefined
}

const MiB = 1024 * 1024

/** Opens the log, repairing a torn tail; makes the folder and a new identity where there is none. */
export const make = Effect.fnUntraced(
  function*(options: FileLogOptions): Effect.fn.Return<ShardedLog, LogUnavailable | FolderLocked, Scope.Scope> {
    const shards = options.shards ?? shardCount
    const segmentBytes = options.segmentBytes ?? 64 * MiB
    const limitBytes = options.limitBytes ?? 8192 * MiB
    const minRetainedBytes = options.minRetainedBytes ?? 256 * MiB
    if (minRetainedBytes + 2 * segmentBytes > limitBytes) {
      const detail =
        `${options.folder}: a limit of ${limitBytes} bytes leaves no room for the ${minRetainedBytes} that always `
        + `stay and two segments of ${segmentBytes}: raise the limit or lower the others`
      return yield* new LogUnavailable({ operation: "open", detail })
    }
    const retention = new Retention(options.consumers, shards)
    const purge = (folder: LogFolder): void => {
      for (let second = folder.segments[1]; second !== undefined; second = folder.segments[1]) {
        if (folder.totalBytes - folder.oldest.bytes < minRetainedBytes || !retention.released(second.next)) return
        folder.dropOldest()
      }
    }
    const store = yield* openStore({
      folder: options.folder,
      name: options.name,
      shards,
      segmentBytes,
      limitBytes,
      recordBytesMax: options.recordBytesMax ?? 8 * MiB,
      reserveBytes: options.reserveBytes ?? 0,
      groupBytesMax: options.groupBytesMax ?? 8 * MiB,
      notes: () => new Uint8Array(0),
      makeRoom: purge,
      afterAppend: options.afterAppend
    })
    return shardedLog(store, shards, limitBytes, retention, () => purge(store.folder))
  }
)

/** The log the door writes and the sensor stage reads. */
export const observationLogLayer = (
  options: FileLogOptions
): Layer.Layer<ObservationLog, LogUnavailable | FolderLocked> => Layer.effect(ObservationLog, make(options))

/** The log the sensor stage publishes into. */
export const partialsLogLayer = (
  options: FileLogOptions
): Layer.Layer<PartialsLog, LogUnavailable | FolderLocked> => Layer.effect(PartialsLog, make(options))

const shardedLog = (
  store: LogStore,
  shards: number,
  limitBytes: number,
  retention: Retention,
  purge: () => void
): ShardedLog => {
  const { folder } = store
  const identity = { id: folder.streamId, shards }
  const inRange = (shard: number): boolean => Number.isInteger(shard) && shard >= 1 && shard <= shards
  const noShard = (shard: number): Effect.Effect<never> =>
    Effect.die(new RangeError(`shard ${shard} of a log with shards 1 to ${shards}`))
  const append = (
    records: ReadonlyArray<Append>
  ): Effect.Effect<ReadonlyArray<number>, LogFull | LogUnavailable> => {
    if (records.length === 0) return Effect.succeed([])
    const stray = records.find((record) => !inRange(record.shard))
    return stray === undefined ? appendTo(store, () => ({ records })) : noShard(stray.shard)
  }
  return {
    identity,
    append,
    bounds: (shard) =>
      inRange(shard)
        ? Effect.sync(() => ({
          first: folder.oldest.next[shard] as number,
          last: (folder.durableNext[shard] as number) - 1
        }))
        : noShard(shard),
    subscribe: (shard, after) => inRange(shard) ? Effect.suspend(() => subscribe(store, shard, after)) : noShard(shard),
    retain: (consumer, shard, sequence) =>
      Effect.suspend(() => {
        if (!inRange(shard)) return noShard(shard)
        if (!retention.report(consumer, shard, sequence)) {
          return Effect.die(
            new Error(`${consumer} is not among the consumers of ${identity.id}: ${retention.consumers.join(", ")}`)
          )
        }
        purge()
        return Effect.void
      }),
    usage: Effect.sync(() => ({ bytes: folder.totalBytes, limitBytes, segments: folder.segments.length }))
  }
}

/** Records of a shard after a position; refuses one that cannot be honoured. */
export const subscribe = (
  store: LogStore,
  shard: number,
  after: Position
): Effect.Effect<Feed, PositionNotHonoured> => {
  const { folder } = store
  const first = folder.oldest.next[shard] as number
  const last = (folder.durableNext[shard] as number) - 1
  const refuse = (reason: PositionNotHonoured["reason"], detail: string): Effect.Effect<never, PositionNotHonoured> =>
    Effect.fail(new PositionNotHonoured({ shard, reason, detail }))
  if (after.stream !== folder.streamId) {
    return refuse("other-identity", `the position is of stream ${after.stream}, this log is ${folder.streamId}`)
  }
  if (!Number.isSafeInteger(after.sequence) || after.sequence < 0 || after.sequence > last) {
    return refuse("ahead-of-log", `position ${after.sequence} is not in the log, its last record is ${last}`)
  }
  if (after.sequence + 1 < first) {
    return refuse("purged", `position ${after.sequence} needs record ${after.sequence + 1}, the first kept is ${first}`)
  }
  return Effect.succeed(feed(store, shard, after.sequence + 1))
}

const feed = (store: LogStore, shard: number, from: number): Feed => {
  const { folder } = store
  const reader = new ShardReader(folder, shard)
  let next = from
  const read = (bytesMax: number): Effect.Effect<ReadonlyArray<LogRecord>, LogUnavailable | PositionNotHonoured> =>
    Effect.try({
      try: () => {
        store.assertOpen()
        const records = reader.read(next, bytesMax)
        next += records.length
        return records
      },
      catch: (cause) => cause as LogUnavailable | PositionNotHonoured
    })
  // Asked again after waking: a reader may be woken for records that it has read meanwhile.
  const take: Feed["take"] = (bytesMax) =>
    Effect.suspend(() =>
      (folder.durableNext[shard] as number) > next
        ? read(bytesMax)
        : Effect.andThen(store.arrival(shard, next), Effect.suspend(() => take(bytesMax)))
    )
  return { take }
}
