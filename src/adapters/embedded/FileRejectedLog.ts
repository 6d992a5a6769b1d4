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
import type { LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import { RejectionReason } from "../../schemas/Observation.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { ShardReader } from "./FileLogReader.ts"
import { appendTo, type LogStore, openStore } from "./FileLogStore.ts"
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
const recordVersion = 1
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

/** Version, three zero bytes, length of the JSON head, the head, the raw bytes. */
const encodeRejection = (rejection: Rejection): Buffer => {
  const { detail, id, rawBytes, reason, receivedAt, source } = rejection
  const words = { id, receivedAt, source, reason, detail: detail.slice(0, detailCharactersMax), rawBytes }
  const head = Buffer.from(encodeHead(words), "utf8")
  const start = Buffer.alloc(8)
  start[0] = recordVersion
  start.writeUInt32LE(head.length, 4)
  return Buffer.concat([start, head, rejection.raw.subarray(0, rawBytesMax)])
}

const splitRejection = (payload: Uint8Array): { readonly head: string; readonly raw: Uint8Array } => {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  if (bytes.length < 8 || bytes[0] !== recordVersion) {
    throw new Error(`a rejection of version ${bytes[0]}: it was written by a newer Vicinity`)
  }
  const end = 8 + bytes.readUInt32LE(4)
  return { head: bytes.toString("utf8", 8, end), raw: new Uint8Array(bytes.subarray(end)) }
}

const decodeRejection = (payload: Uint8Array): Rejection => {
  const { head, raw } = splitRejection(payload)
  return { ...decodeHead(head), raw }
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
  const partBytes = Math.min(groupBytesMax, segmentBytes)
  const held = new HeldRejections()
  const makeRoom = (folder: LogFolder, bytes: number): void => {
    // Room for all that the segment just started may take, so that the limit is never exceeded.
    const room = Math.max(segmentBytes, bytes)
    while (folder.segments.length > 1 && folder.totalBytes + room > limitBytes) folder.dropOldest()
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
  return RejectedLog.of({
    record: (rejections) =>
      Effect.forEach(inParts(rejections, partBytes), (part) => record(store, held, part), { discard: true }),
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
      const { id, reason }: { id: string; reason: string } = JSON.parse(splitRejection(payload).head)
      held.add(id, reason, sequence >= counted)
      next = sequence + 1
    }
  }
}

/** Parts of about so many bytes, which a group takes. */
const inParts = (
  rejections: ReadonlyArray<Rejection>,
  partBytes: number
): ReadonlyArray<ReadonlyArray<Rejection>> => {
  const parts: Array<Array<Rejection>> = []
  let bytes = Infinity
  for (const rejection of rejections) {
    const own = Math.min(rejection.raw.length, rawBytesMax) + detailCharactersMax + 1024
    if (bytes + own > partBytes) {
      parts.push([])
      bytes = 0
    }
    bytes += own
    parts.at(-1)?.push(rejection)
  }
  return parts
}

/** Those not held yet. One that another call is writing just now is waited for: sets are durable in their order. */
const record = (
  store: LogStore,
  held: HeldRejections,
  part: ReadonlyArray<Rejection>
): Effect.Effect<void, RejectedLogUnavailable> =>
  Effect.suspend(() => {
    const fresh = part.filter((rejection) => held.reserve(rejection.id))
    if (fresh.length === 0 && !part.some((rejection) => held.isPending(rejection.id))) return Effect.void
    const records = fresh.map((rejection) => ({ shard, payload: encodeRejection(rejection) }))
    return appendTo(store, records, (outcome) => {
      for (const { id, reason } of fresh) {
        if (Array.isArray(outcome)) held.add(id, reason, true)
        else held.release(id)
      }
    })
  }).pipe(
    Effect.catch((cause: LogFull | LogUnavailable) => Effect.fail(unavailable(cause))),
    Effect.asVoid
  )

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
