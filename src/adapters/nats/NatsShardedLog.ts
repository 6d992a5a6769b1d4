/**
 * `ShardedLog` in JetStream, for several processes: a stream of file storage for each shard, so that sequences are dense and a gap is
 * seen. Keeps the promises of `ports/ShardedLog.ts` (docs/adr/0015 says why so, and what a power cut may cost). What is particular:
 * - The limit is of all shards together and split evenly, because a server sets aside what its streams may take. A shard
 *   that is full refuses, while others go on.
 * - Any number of processes may write. The log is made by whichever comes first; its identity comes from when its streams were
 *   made, so one that is deleted and made again is another log.
 * - The records a feed has read ahead are given also when they are gone from the server by then.
 */
import { Duration, Effect, Layer, type Scope } from "effect"
import { createHash } from "node:crypto"
import {
  type Append,
  LogFull,
  LogUnavailable,
  ObservationLog,
  PartialsLog,
  PositionNotHonoured,
  type ShardedLog
} from "../../ports/ShardedLog.ts"
import { shardCount } from "../../schemas/Shards.ts"
import { defaultPrefix, streamName } from "../../schemas/Subjects.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { type FeedFailure, NatsFeed, readRecord } from "./NatsFeed.ts"
import * as NatsPublisher from "./NatsPublisher.ts"
import { NatsRefused } from "./NatsRefused.ts"
import { NatsRetention } from "./NatsRetention.ts"
import { NatsShardMemory } from "./NatsShardMemory.ts"
import { checkedPrefix, ensureStream, streamInfo } from "./NatsStreams.ts"
import { takeFrom } from "./NatsTake.ts"

export interface NatsShardedLogOptions {
  /** First part of stream names and subjects; default `vicinity`. */
  readonly prefix?: string | undefined
  /** Who reports positions with `retain`; records go only when all of them need them no more. */
  readonly consumers: ReadonlyArray<string>
  /** Of all shards together, split evenly; the server sets it aside. Default 8 GiB. */
  readonly limitBytes?: number | undefined
  /** Newest bytes that stay even when released, split evenly; default an eighth of the limit. */
  readonly minRetainedBytes?: number | undefined
  /** Servers that keep each record, of a NATS cluster; default 1. */
  readonly replicas?: number | undefined
  /** Default 61. */
  readonly shards?: number | undefined
  /** What a feed reads ahead; default 128 KiB (see `prefetchBytes` below). */
  readonly prefetchBytes?: number | undefined
  /** What must be releasable before a shard that is not full is purged; default a sixteenth of its limit. */
  readonly purgeStepBytes?: number | undefined
  /** How often a shard that is not full is looked at for that; default 5 s. */
  readonly purgePause?: Duration.Duration | undefined
}

interface Kind {
  /** In subjects and stream names. */
  readonly token: string
  readonly words: string
}

const observations: Kind = { token: "obs", words: "observations" }
const partials: Kind = { token: "part", words: "partials" }

const MiB = 1024 * 1024
/** Twelve times what a publication may take, so a repetition is always known; more would only cost the server memory. */
const duplicateWindow = Duration.seconds(60)
/**
 * A slice of the shard loop. All that is asked for and not read by one connection, that is this of every feed of both logs, must stay well below
 * the server's `max_pending` (64 MiB), or it cuts the connection as that of a slow consumer: 61 feeds of 1 MiB were.
 */
const prefetchBytes = 128 * 1024
const openConcurrency = 8
/** How long what was heard of a shard that is not followed here counts as news. */
const freshMillis = 1_000
const retryAfterMillis = 1_000
/** How long a consumer that released something waits for the server to remove it. */
const purgeTimeout = Duration.seconds(1)

/** The log the door writes and the sensor stage reads. */
export const observationLogLayer = (
  options: NatsShardedLogOptions
): Layer.Layer<ObservationLog, LogUnavailable | NatsRefused, NatsConnection> =>
  Layer.effect(ObservationLog, make(observations, options))

/** The log the sensor stage publishes into. */
export const partialsLogLayer = (
  options: NatsShardedLogOptions
): Layer.Layer<PartialsLog, LogUnavailable | NatsRefused, NatsConnection> =>
  Layer.effect(PartialsLog, make(partials, options))

const make = Effect.fnUntraced(function*(
  kind: Kind,
  options: NatsShardedLogOptions
): Effect.fn.Return<ShardedLog, LogUnavailable | NatsRefused, NatsConnection | Scope.Scope> {
  const connection = yield* NatsConnection
  const prefix = yield* checkedPrefix(options.prefix ?? defaultPrefix)
  const shards = options.shards ?? shardCount
  const limitBytes = options.limitBytes ?? 8192 * MiB
  const minRetainedBytes = options.minRetainedBytes ?? Math.floor(limitBytes / 8)
  if (minRetainedBytes > limitBytes / 2) {
    const detail =
      `the log of ${kind.words} always keeps ${minRetainedBytes} bytes, more than half of its limit of ${limitBytes}: `
      + "raise the limit or lower the other"
    return yield* new NatsRefused({ reason: "impossible", detail })
  }
  const shardBytes = Math.floor(limitBytes / shards)
  const memories = yield* openStreams(connection, kind, prefix, shards, shardBytes, options.replicas ?? 1)
  const fork = Effect.runForkWith(yield* Effect.context())
  const warn = (message: string, fields: Readonly<Record<string, unknown>>): void => {
    fork(Effect.annotateLogs(Effect.logWarning(message), fields))
  }
  const retention = new NatsRetention(connection, {
    consumers: options.consumers,
    shards,
    minRetainedBytes: Math.floor(minRetainedBytes / shards),
    stepBytes: options.purgeStepBytes ?? shardBytes / 16,
    pauseMillis: Duration.toMillis(options.purgePause ?? Duration.seconds(5)),
    onFailed: (stream, failure) => warn("released records could not be removed", { stream, failure })
  })
  const byStream = new Map(memories.map((memory) => [memory.stream, memory]))
  const publisher = yield* NatsPublisher.make(connection, {
    onFull: ({ stream }) => {
      const memory = byStream.get(stream) as NatsShardMemory
      retention.becameFull(memory)
      return new LogFull({ bytes: memory.bytes, limitBytes: shardBytes, retryAfterMillis })
    },
    onAcknowledged: ({ payload, stream }, { isDuplicate, sequence }) => {
      const memory = byStream.get(stream) as NatsShardMemory
      const { last } = memory
      if (memory.acknowledged(sequence, payload.length, isDuplicate)) return
      warn("a stream went back: it was made anew, or the server lost what it had acknowledged", {
        stream,
        last,
        sequence
      })
    }
  })
  return yield* opened({
    connection,
    identity: { id: identityOf(streamName(prefix, kind.token), memories), shards },
    memories,
    publisher,
    retention,
    limitBytes,
    prefetchBytes: options.prefetchBytes ?? prefetchBytes
  })
})

/** All streams of the log, made or checked. */
const openStreams = Effect.fnUntraced(function*(
  connection: NatsConnection["Service"],
  { token, words }: Kind,
  prefix: string,
  shards: number,
  shardBytes: number,
  replicas: number
) {
  const name = (shard: number) => streamName(prefix, token, shard)
  const found = yield* streamInfo(connection, name(1))
  const beyond = yield* streamInfo(connection, name(shards + 1))
  const of = Number(/ of (\d+)$/.exec(found?.config.description ?? "")?.[1] ?? shards)
  if (of !== shards || beyond !== undefined) {
    const detail =
      `the log of ${words} on the NATS server has ${of === shards ? "more" : of} shards, ${shards} are configured: the `
      + "number of shards of a log cannot be changed; choose another prefix (VICINITY_NATS_PREFIX) for a new log"
    return yield* new NatsRefused({ reason: "other-shards", detail })
  }
  return yield* Effect.forEach(
    Array.from({ length: shards }, (_, i) => i + 1),
    (shard) => {
      const subject = `${prefix}.${token}.${shard}`
      return ensureStream(connection, {
        name: name(shard),
        description: `Vicinity's ${words}, shard ${shard} of ${shards}`,
        subjects: [subject],
        discard: "new",
        deniesDelete: true,
        limitBytes: shardBytes,
        replicas,
        duplicateWindow
      }).pipe(Effect.map((info) => new NatsShardMemory(shard, subject, info)))
    },
    // A server that makes several at once does not see that their sizes together are more than it has (2.15.1).
    { concurrency: found === undefined ? 1 : openConcurrency }
  )
})

/** From what nobody can set and every process reads the same: when the server made each stream. */
const identityOf = (name: string, memories: ReadonlyArray<NatsShardMemory>): string => {
  const hash = createHash("sha256")
  for (const { created } of memories) hash.update(`${created}\n`)
  return `${name}-${hash.digest("base64url").slice(0, 22)}`
}

interface Opened {
  readonly connection: NatsConnection["Service"]
  readonly identity: ShardedLog["identity"]
  readonly memories: ReadonlyArray<NatsShardMemory>
  readonly publisher: NatsPublisher.Publisher
  readonly retention: NatsRetention
  readonly limitBytes: number
  readonly prefetchBytes: number
}

const opened = Effect.fnUntraced(function*(parts: Opened): Effect.fn.Return<ShardedLog, never, Scope.Scope> {
  const { connection, identity, memories, publisher, retention } = parts
  const feeds = new Set<NatsFeed>()
  let isClosed = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      for (const feed of feeds) feed.close(closedLog())
    })
  )
  const memoryOf = (shard: number): Effect.Effect<NatsShardMemory> => {
    const memory = memories[shard - 1]
    return memory === undefined || !Number.isInteger(shard)
      ? Effect.die(new RangeError(`shard ${shard} of a log with shards 1 to ${memories.length}`))
      : Effect.succeed(memory)
  }
  const looks = new Map<NatsShardMemory, Promise<void>>()
  /** A look at the stream, unless there was one a moment ago; one that fails changes nothing. */
  const look = (memory: NatsShardMemory): Promise<void> => {
    const askedAt = performance.now()
    const under = looks.get(memory)
    if (under !== undefined) return under
    if (askedAt - memory.lookedAt < freshMillis || !connection.isConnected()) return Promise.resolve()
    const begun = connection.manager.streams.info(memory.stream)
      .then((info) => memory.look(info, askedAt), () => undefined)
      .finally(() => looks.delete(memory))
    looks.set(memory, begun)
    return begun
  }
  return {
    identity,
    append: (records) => isClosed ? Effect.fail(closedLog("append")) : append(publisher, memories, records),
    bounds: (shard) =>
      Effect.flatMap(memoryOf(shard), (memory) =>
        memory.feeds > 0
          ? Effect.sync(() => memory.bounds)
          : Effect.map(Effect.promise(() => look(memory)), () => memory.bounds)),
    subscribe: (shard, after) =>
      Effect.gen(function*() {
        const memory = yield* memoryOf(shard)
        if (after.stream !== identity.id) {
          const detail = `the position is of stream ${after.stream}, this log is ${identity.id}`
          return yield* new PositionNotHonoured({ shard, reason: "other-identity", detail })
        }
        if (!Number.isSafeInteger(after.sequence) || after.sequence < 0) {
          return yield* new PositionNotHonoured({
            shard,
            reason: "ahead-of-log",
            detail: `${after.sequence} is no position`
          })
        }
        if (isClosed) return yield* closedLog()
        const feed = yield* Effect.acquireRelease(
          Effect.sync(() => {
            const feed = new NatsFeed(connection, memory, after.sequence, {
              prefetchBytes: parts.prefetchBytes,
              read: readRecord
            })
            feeds.add(feed)
            return feed
          }),
          (feed) => Effect.sync(() => feeds.delete(feed) && feed.close(closedLog()))
        )
        yield* Effect.tryPromise({ try: () => feed.open(), catch: (cause) => cause as FeedFailure })
        return { take: (bytesMax) => takeFrom(feed, bytesMax) }
      }),
    retain: (consumer, shard, sequence) =>
      Effect.flatMap(memoryOf(shard), (memory) =>
        retention.report(consumer, shard, sequence)
          ? Effect.promise(() => retention.purge(memory)).pipe(Effect.timeoutOption(purgeTimeout), Effect.asVoid)
          : Effect.die(new Error(`${consumer} is not among the consumers of ${identity.id}`))),
    usage: Effect.map(Effect.promise(() => Promise.all(memories.map(look))), () => ({
      bytes: memories.reduce((sum, { bytes }) => sum + bytes, 0),
      limitBytes: parts.limitBytes,
      segments: memories.length
    }))
  }
})

const append = (
  publisher: NatsPublisher.Publisher,
  memories: ReadonlyArray<NatsShardMemory>,
  records: ReadonlyArray<Append>
): Effect.Effect<ReadonlyArray<number>, LogFull | LogUnavailable> => {
  const publications: Array<NatsPublisher.Publication> = []
  for (const { payload, shard } of records) {
    const memory = memories[shard - 1]
    if (memory === undefined) {
      return Effect.die(new RangeError(`shard ${shard} of a log with shards 1 to ${memories.length}`))
    }
    publications.push({ stream: memory.stream, subject: memory.subject, payload })
  }
  return Effect.map(
    publisher.publish(publications),
    (acknowledgements) => acknowledgements.map(({ sequence }) => sequence)
  )
}

const closedLog = (operation: "append" | "read" = "read"): LogUnavailable =>
  new LogUnavailable({ operation, detail: "the log is closed" })
