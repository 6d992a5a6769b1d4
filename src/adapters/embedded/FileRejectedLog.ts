/**
 * `RejectedLog` in files of one folder: the machinery of `FileLog` with one shard. Size-limited: where the limit is reached
 * the oldest segment goes, and the counts in the header of the newest one remember what went. Keeps the promises of
 * `ports/RejectedLog.ts`; in memory are only the ids and reasons of what is held.
 */
import { Effect, Layer, Schema, type Scope } from "effect"
import {
  BadCursor,
  rawBytesMax,
  RejectedLog,
  RejectedLogUnavailable,
  type Rejection,
  type RejectionPage
} from "../../ports/RejectedLog.ts"
import { RejectionReason } from "../../schemas/Observation.ts"
import { appendOnce, type LogOfIds } from "./FileLogAppendOnce.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { encodeHeaded, splitHeaded } from "./FileLogHeadedRecord.ts"
import { ShardReader } from "./FileLogReader.ts"
import { type LogStore, openStore } from "./FileLogStore.ts"
import { HeldRejections } from "./FileRejectedLogHeld.ts"
import type { FolderLocked } from "./FolderLock.ts"

export interface FileRejectedLogOptions {
  readonly folder: string
  /** Default 64 MiB. */
  readonly limitBytes?: number | undefined
  /** What goes at once at the limit; default a sixteenth of it. */
  readonly segmentBytes?: number | undefined
}

const MiB = 1024 * 1024
const shard = 1
const detailCharactersMax = 4096
const pageBytesMax = 4 * MiB
const limitMax = 1000
const groupBytesMax = 4 * MiB
/** The raw bytes and room for the words beside them. */
const recordBytesMax = rawBytesMax + 32_768

const Head = Schema.fromJsonString(Schema.Struct({
  id: Schema.String,
  receivedAt: Schema.Finite,
  source: Schema.String,
  reason: RejectionReason,
  detail: Schema.String,
  rawBytes: Schema.Finite
}))
const encodeHead = Schema.encodeSync(Head)
const decodeHead = Schema.decodeUnknownSync(Head)

const encodeRejection = (rejection: Rejection): Uint8Array => {
  const { detail, id, rawBytes, reason, receivedAt, source } = rejection
  const head = { id, receivedAt, source, reason, detail: detail.slice(0, detailCharactersMax), rawBytes }
  return encodeHeaded(encodeHead(head), rejection.raw.subarray(0, rawBytesMax))
}

const split = (payload: Uint8Array) => splitHeaded(payload, "a rejection")

const decodeRejection = (payload: Uint8Array): Rejection => {
  const { body, head } = split(payload)
  return { ...decodeHead(head), raw: new Uint8Array(body) }
}

const unavailable = (cause: unknown): RejectedLogUnavailable =>
  new RejectedLogUnavailable({ detail: cause instanceof Error ? cause.message : String(cause), cause })

/** Opens the log, or makes it. */
export const make = Effect.fnUntraced(function*(
  options: FileRejectedLogOptions
): Effect.fn.Return<RejectedLog["Service"], RejectedLogUnavailable | FolderLocked, Scope.Scope> {
  const limitBytes = options.limitBytes ?? 64 * MiB
  const segmentBytes = options.segmentBytes ?? Math.ceil(limitBytes / 16)
  if (limitBytes < 2 * segmentBytes) {
    return yield* new RejectedLogUnavailable({ detail: `a limit of ${limitBytes} bytes is less than two segments` })
  }
  const held = new HeldRejections()
  const makeRoom = (folder: LogFolder, bytes: number): void => {
    // Room for all that the segment just started may take, so that the limit is never exceeded.
    folder.dropUntilFits(Math.max(segmentBytes, bytes), limitBytes)
    held.forgetBefore(folder.oldest.next[shard] as number)
  }
  const store = yield* openStore({
    folder: options.folder,
    name: "rejected",
    shards: 1,
    segmentBytes,
    limitBytes: Infinity,
    recordBytesMax,
    reserveBytes: 0,
    groupBytesMax,
    notes: () => held.encodeCounts(),
    makeRoom
  }).pipe(Effect.catchTag("LogUnavailable", (cause) => Effect.fail(unavailable(cause))))
  yield* Effect.try({ try: () => load(store, held), catch: unavailable })
  const log: LogOfIds<Rejection> = {
    store,
    shard,
    ids: held.ids,
    partBytes: Math.min(groupBytesMax, segmentBytes),
    encode: encodeRejection,
    kept: ({ id, reason }) => held.add(id, reason, true)
  }
  return RejectedLog.of({
    record: (rejections) => Effect.mapError(appendOnce(log, rejections), unavailable),
    list: (query) => list(store, held, query),
    counts: Effect.sync(() => held.counts())
  })
})

export const layer = (
  options: FileRejectedLogOptions
): Layer.Layer<RejectedLog, RejectedLogUnavailable | FolderLocked> => Layer.effect(RejectedLog, make(options))

/** What is held, and the counts: those in the last segment's header, and its own records. */
const load = (store: LogStore, held: HeldRejections): void => {
  const { active, durableNext, oldest } = store.folder
  const counted = active.next[shard] as number
  if (store.notes !== undefined) held.decodeCounts(store.notes)
  const reader = new ShardReader(store.folder, shard)
  let next = oldest.next[shard] as number
  held.startAt(next)
  while (next < (durableNext[shard] as number)) {
    for (const { payload, sequence } of reader.read(next, MiB)) {
      const { id, reason }: { id: string; reason: string } = JSON.parse(split(payload).head)
      held.add(id, reason, sequence >= counted)
      next = sequence + 1
    }
  }
}

const encodeCursor = (streamId: string, before: number): string =>
  Buffer.from(`${streamId} ${before}`, "utf8").toString("base64url")

/** The sequence below which a page starts. */
const decodeCursor = (streamId: string, cursor: string): number | undefined => {
  const match = /^(\S+) ([1-9]\d{0,15})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"))
  return match?.[1] === streamId ? Number(match[2]) : undefined
}

interface ListQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly reason?: RejectionReason | undefined
}

const list = Effect.fnUntraced(function*(
  store: LogStore,
  held: HeldRejections,
  query: ListQuery
): Effect.fn.Return<RejectionPage, RejectedLogUnavailable | BadCursor> {
  const before = query.cursor === undefined ? Infinity : decodeCursor(store.folder.streamId, query.cursor)
  if (before === undefined) return yield* new BadCursor({ cursor: query.cursor ?? "" })
  return yield* Effect.try({ try: () => readPage(store, held, query, before), catch: unavailable })
})

const readPage = (store: LogStore, held: HeldRejections, query: ListQuery, before: number): RejectionPage => {
  store.assertOpen()
  const limit = Math.min(limitMax, Math.max(1, Math.floor(query.limit)))
  const reader = new ShardReader(store.folder, shard)
  const items: Array<Rejection> = []
  let bytes = 0
  for (let at = held.newest(before, query.reason); at > 0; at = held.newest(at, query.reason)) {
    if (items.length === limit || bytes > pageBytesMax) {
      return { items, nextCursor: encodeCursor(store.folder.streamId, at + 1) }
    }
    for (const { payload } of reader.read(at, 1)) {
      items.push(decodeRejection(payload))
      bytes += payload.length
    }
  }
  return { items, nextCursor: null }
}
