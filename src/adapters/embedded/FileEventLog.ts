/**
 * `EventLog` in files of one folder: the machinery of `FileLog` with one shard, without consumers, so that only its newest part
 * is kept. Keeps the promises of `ports/EventLog.ts`; the ids of the newest events are in memory and read back when it is
 * opened. docs/log-format.md has the bytes of a record.
 */
import { Effect, Layer, type Scope } from "effect"
import {
  eventBytesMax,
  type EventFeed,
  eventIdLengthMax,
  eventIdsRemembered,
  EventLog,
  type LoggedEvent
} from "../../ports/EventLog.ts"
import { type Feed, type LogRecord, LogUnavailable, type Position } from "../../ports/ShardedLog.ts"
import { type CityEvent, encodeCityEvent } from "../../schemas/CityEvent.ts"
import { RecentIds } from "./FileEventLogIds.ts"
import { subscribe } from "./FileLog.ts"
import { appendOnce, type LogOfIds } from "./FileLogAppendOnce.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { encodeHeaded, splitHeaded } from "./FileLogHeadedRecord.ts"
import { ShardReader } from "./FileLogReader.ts"
import { type LogStore, openStore } from "./FileLogStore.ts"
import type { FolderLocked } from "./FolderLock.ts"

export interface FileEventLogOptions {
  readonly folder: string
  /** Bytes on disk at most; the oldest go first. Default 1 GiB. */
  readonly limitBytes?: number | undefined
  /** What goes at once at the limit; default a sixteenth of it, at most 64 MiB. */
  readonly segmentBytes?: number | undefined
  /** Free bytes of the disk that are left to others; default none. */
  readonly reserveBytes?: number | undefined
  /** Ids that are not published again; default `eventIdsRemembered`. */
  readonly idsRemembered?: number | undefined
}

const MiB = 1024 * 1024
const shard = 1
const groupBytesMax = 4 * MiB
/** The JSON and room for the words beside it. */
const recordBytesMax = eventBytesMax + 8_192

interface Head {
  readonly id: string
  readonly type: LoggedEvent["type"]
  readonly district: string
  readonly sensor: string
}

const encodeRecord = (event: CityEvent): Uint8Array => {
  const { district, id, sensor, type } = event
  if (id.length === 0 || id.length > eventIdLengthMax) {
    throw new RangeError(`an event has an id of ${id.length} characters, it must have 1 to ${eventIdLengthMax}`)
  }
  const head: Head = { id, type, district, sensor: sensor ?? "" }
  return encodeHeaded(JSON.stringify(head), Buffer.from(encodeCityEvent(event), "utf8"))
}

const decodeRecord = ({ payload, sequence }: LogRecord): LoggedEvent => {
  const { body, head } = splitHeaded(payload, `event ${sequence}`)
  const { district, id, sensor, type }: Head = JSON.parse(head)
  return { position: sequence, id, type, district, sensor, json: body }
}

/** Opens the log, or makes it. */
export const make = Effect.fnUntraced(function*(
  options: FileEventLogOptions
): Effect.fn.Return<EventLog["Service"], LogUnavailable | FolderLocked, Scope.Scope> {
  const limitBytes = options.limitBytes ?? 1024 * MiB
  const segmentBytes = options.segmentBytes ?? Math.min(64 * MiB, Math.ceil(limitBytes / 16))
  if (limitBytes < 2 * segmentBytes) {
    const detail = `${options.folder}: a limit of ${limitBytes} bytes is less than two segments`
    return yield* new LogUnavailable({ operation: "open", detail })
  }
  const makeRoom = (folder: LogFolder, bytes: number): void => {
    // Room for all that the segment just started may take, so that the limit is never exceeded.
    folder.dropUntilFits(Math.max(segmentBytes, bytes), limitBytes)
  }
  const store = yield* openStore({
    folder: options.folder,
    name: "events",
    shards: 1,
    segmentBytes,
    limitBytes: Infinity,
    // With small segments, as in tests, no event may be larger than one.
    recordBytesMax: Math.min(recordBytesMax, segmentBytes),
    reserveBytes: options.reserveBytes ?? 0,
    groupBytesMax,
    notes: () => new Uint8Array(0),
    makeRoom
  })
  const idsRemembered = options.idsRemembered ?? eventIdsRemembered
  const recent = yield* Effect.try({
    try: () => newestIds(store, idsRemembered),
    catch: (cause) => unreadable("open", cause)
  })
  const { folder } = store
  const log: LogOfIds<CityEvent> = {
    store,
    shard,
    ids: recent.ids,
    partBytes: Math.min(groupBytesMax, segmentBytes),
    encode: encodeRecord,
    kept: ({ id }) => recent.add(id)
  }
  return EventLog.of({
    stream: folder.streamId,
    publish: (events) => appendOnce(log, events),
    bounds: Effect.sync(() => ({
      first: folder.oldest.next[shard] as number,
      last: (folder.durableNext[shard] as number) - 1
    })),
    subscribe: (after: Position) => Effect.map(Effect.suspend(() => subscribe(store, shard, after)), eventFeed),
    usage: Effect.sync(() => ({ bytes: folder.totalBytes, limitBytes, segments: folder.segments.length }))
  })
})

export const layer = (options: FileEventLogOptions): Layer.Layer<EventLog, LogUnavailable | FolderLocked> =>
  Layer.effect(EventLog, make(options))

const unreadable = (operation: "open" | "read", cause: unknown): LogUnavailable =>
  cause instanceof LogUnavailable
    ? cause
    : new LogUnavailable({ operation, detail: cause instanceof Error ? cause.message : String(cause), cause })

/** Reads the newest events of the log for their ids. */
const newestIds = (store: LogStore, idsMax: number): RecentIds => {
  const ids = new RecentIds(idsMax)
  const { durableNext, oldest } = store.folder
  const end = durableNext[shard] as number
  const reader = new ShardReader(store.folder, shard)
  for (let next = Math.max(oldest.next[shard] as number, end - idsMax); next < end;) {
    for (const record of reader.read(next, MiB)) {
      ids.add(decodeRecord(record).id)
      next = record.sequence + 1
    }
  }
  return ids
}

const eventFeed = (feed: Feed): EventFeed => ({
  take: (bytesMax) =>
    Effect.flatMap(
      feed.take(bytesMax),
      (records) => Effect.try({ try: () => records.map(decodeRecord), catch: (cause) => unreadable("read", cause) })
    )
})
