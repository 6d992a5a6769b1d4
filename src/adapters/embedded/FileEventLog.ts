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
import { type Feed, type LogFull, type LogRecord, LogUnavailable, type Position } from "../../ports/ShardedLog.ts"
import { type CityEvent, encodeCityEvent } from "../../schemas/CityEvent.ts"
import { RecentIds } from "./FileEventLogIds.ts"
import { subscribe } from "./FileLog.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { ShardReader } from "./FileLogReader.ts"
import { appendTo, type LogStore, openStore } from "./FileLogStore.ts"
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
const recordVersion = 1
const headAt = 8
const groupBytesMax = 4 * MiB
/** The JSON and room for the words beside it. */
const recordBytesMax = eventBytesMax + 8_192

interface Head {
  readonly id: string
  readonly type: LoggedEvent["type"]
  readonly district: string
  readonly sensor: string
}

/** Version, three zero bytes, length of the JSON head, the head, the CloudEvents JSON. */
const encodeRecord = (event: CityEvent): Buffer => {
  const { district, id, sensor, type } = event
  if (id.length === 0 || id.length > eventIdLengthMax) {
    throw new RangeError(`an event has an id of ${id.length} characters, it must have 1 to ${eventIdLengthMax}`)
  }
  const head: Head = { id, type, district, sensor: sensor ?? "" }
  const words = Buffer.from(JSON.stringify(head), "utf8")
  const start = Buffer.alloc(headAt)
  start[0] = recordVersion
  start.writeUInt32LE(words.length, 4)
  return Buffer.concat([start, words, Buffer.from(encodeCityEvent(event), "utf8")])
}

const decodeRecord = ({ payload, sequence }: LogRecord): LoggedEvent => {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  if (bytes.length < headAt || bytes[0] !== recordVersion) {
    throw new Error(`event ${sequence} is a record of version ${bytes[0]}: it was written by a newer Vicinity`)
  }
  const end = headAt + bytes.readUInt32LE(4)
  const { district, id, sensor, type }: Head = JSON.parse(bytes.toString("utf8", headAt, end))
  return { position: sequence, id, type, district, sensor, json: payload.subarray(end) }
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
    const room = Math.max(segmentBytes, bytes)
    while (folder.segments.length > 1 && folder.totalBytes + room > limitBytes) folder.dropOldest()
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
  const ids = yield* Effect.try({
    try: () => newestIds(store, idsRemembered),
    catch: (cause) => unreadable("open", cause)
  })
  const { folder } = store
  const partBytes = Math.min(groupBytesMax, segmentBytes)
  return EventLog.of({
    stream: folder.streamId,
    publish: (events) => publishFrom(store, ids, events, 0, partBytes),
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

interface Part {
  /** Index of the first event behind it. */
  readonly end: number
  readonly ids: ReadonlyArray<string>
  readonly records: ReadonlyArray<{ readonly shard: number; readonly payload: Uint8Array }>
  /** An event of it is being written by another call just now. */
  readonly waits: boolean
}

/** Events from `start` on that are not known yet, about as many as a group takes. Reserves their ids. */
const nextPart = (recent: RecentIds, events: ReadonlyArray<CityEvent>, start: number, partBytes: number): Part => {
  const ids: Array<string> = []
  const records: Array<Part["records"][number]> = []
  let end = start
  let waits = false
  try {
    for (let bytes = 0; end < events.length && bytes < partBytes; end++) {
      const event = events[end] as CityEvent
      if (recent.reserve(event.id)) {
        ids.push(event.id)
        const payload = encodeRecord(event)
        records.push({ shard, payload })
        bytes += payload.length
      } else waits ||= recent.isPending(event.id)
    }
  } catch (cause) {
    for (const id of ids) recent.release(id)
    throw cause
  }
  return { end, ids, records, waits }
}

/** Part by part. What another call is writing just now is waited for: sets become durable in their order. */
const publishFrom = (
  store: LogStore,
  recent: RecentIds,
  events: ReadonlyArray<CityEvent>,
  start: number,
  partBytes: number
): Effect.Effect<void, LogFull | LogUnavailable> =>
  Effect.suspend(() => {
    const { end, ids, records, waits } = nextPart(recent, events, start, partBytes)
    const appended = records.length === 0 && !waits ? Effect.void : appendTo(store, records, (outcome) => {
      for (const id of ids) {
        if (Array.isArray(outcome)) recent.add(id)
        else recent.release(id)
      }
    })
    return end === events.length
      ? Effect.asVoid(appended)
      : Effect.andThen(appended, publishFrom(store, recent, events, end, partBytes))
  })

const eventFeed = (feed: Feed): EventFeed => ({
  take: (bytesMax) =>
    Effect.flatMap(
      feed.take(bytesMax),
      (records) => Effect.try({ try: () => records.map(decodeRecord), catch: (cause) => unreadable("read", cause) })
    )
})
