/**
 * What may happen to a server and to its streams behind our back: nothing acknowledged is lost, nothing comes twice, and a feed says what
 * is wrong instead of going on behind it or waiting for ever.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readRecord } from "../../../src/adapters/nats/NatsFeed.ts"
import * as NatsPublisher from "../../../src/adapters/nats/NatsPublisher.ts"
import { NatsShardMemory } from "../../../src/adapters/nats/NatsShardMemory.ts"
import { openFeed, takeFrom } from "../../../src/adapters/nats/NatsTake.ts"
import type { ShardedLog } from "../../../src/ports/ShardedLog.ts"
import { refusalOf, takeTexts } from "../../contracts/ShardedLogContract.ts"
import { connection, natsServer, natsVersions } from "../../NatsForTests.ts"
import { kB, openLog, openLogAndConnection, smallLog } from "./NatsLogs.ts"

const beginning = (log: ShardedLog) => ({ stream: log.identity.id, sequence: 0 })
const records = (shard: number, count: number) =>
  Array.from({ length: count }, () => ({ shard, payload: new Uint8Array(kB) }))

const contiguous = (taken: ReadonlyArray<number>) =>
  assert.deepStrictEqual(taken, Array.from(taken, (_, i) => (taken[0] ?? 0) + i))

describe.each(natsVersions)("a log on %s", (version) => {
  it.live("loses and repeats nothing when the server is killed under load, and neither do its feeds", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const log = yield* openLog(server, { limitBytes: 5 * 64 * 1024 * kB })
      const rounds = 150
      const fibers = 40
      const acknowledged = new Map<string, string>()
      const text = (fiber: number, round: number, nth: number) => `${fiber} ${round} ${nth} ${"x".repeat(kB)}`
      const appender = (fiber: number) =>
        Effect.gen(function*() {
          for (let round = 0; round < rounds; round++) {
            const appended = Array.from({ length: 4 }, (_, nth) => ({ shard: (fiber + nth) % 5 + 1, nth }))
            const said = yield* Effect.result(log.append(
              appended.map(({ nth, shard }) => ({ shard, payload: Buffer.from(text(fiber, round, nth)) }))
            ))
            if (Result.isFailure(said)) continue
            for (const [i, { nth, shard }] of appended.entries()) {
              acknowledged.set(`${shard} ${said.success[i]}`, text(fiber, round, nth))
            }
          }
        })
      const read = new Map<string, string>()
      const follower = (shard: number) =>
        Effect.gen(function*() {
          const feed = yield* log.subscribe(shard, beginning(log))
          for (let expected = 1;;) {
            for (const [sequence, content] of yield* takeTexts(feed, 1)) {
              assert.strictEqual(sequence, expected++)
              read.set(`${shard} ${sequence}`, content)
            }
          }
        })
      const following = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3, 4, 5], follower, { concurrency: 5, discard: true })
      )
      const appending = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: fibers }, (_, i) => i), appender, { concurrency: fibers, discard: true })
      )
      const total = 4 * rounds * fibers

      for (const at of [total / 10, total / 3, total / 2]) {
        while (acknowledged.size < at) yield* Effect.sleep("2 millis")
        yield* server.kill
        yield* server.start
      }
      yield* Fiber.join(appending)
      const lasts = yield* Effect.forEach([1, 2, 3, 4, 5], (shard) => Effect.map(log.bounds(shard), ({ last }) => last))
      const stored = lasts.reduce((sum, last) => sum + last, 0)
      while (read.size < stored && following.pollUnsafe() === undefined) yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(following)

      assert.strictEqual(read.size, stored)
      assert.strictEqual(new Set(read.values()).size, stored, "nothing was stored twice")
      assert.isAbove(acknowledged.size, total / 2)
      for (const [place, content] of acknowledged) assert.strictEqual(read.get(place), content)
    }))

  it.live("refuses appends while the server is away, and feeds wait and go on", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const log = yield* openLog(server)
      const feed = yield* log.subscribe(1, beginning(log))
      yield* log.append(records(1, 1))
      yield* takeTexts(feed, 1)
      const waiting = yield* Effect.forkChild(feed.take(kB))

      yield* server.kill
      const refused = yield* Effect.flip(log.append(records(1, 1)))
      const bounds = yield* log.bounds(1)
      yield* server.start
      yield* log.append([{ shard: 1, payload: Buffer.from("back") }]).pipe(Effect.retry({ times: 10 }))
      const taken = yield* Fiber.join(waiting)

      assert.strictEqual(refused._tag, "LogUnavailable")
      assert.include(refused.message, "not reachable")
      assert.deepStrictEqual(bounds, { first: 1, last: 1 })
      assert.deepStrictEqual(taken.map(({ sequence }) => sequence), [2])
    }))

  it.live("has the records of several processes in one order", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const one = yield* openLog(server)
      const two = yield* openLog(server)

      const sequences = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, i) => i),
        (i) => (i % 2 === 0 ? one : two).append(records(1, 2)),
        { concurrency: 20 }
      )
      const taken = yield* takeTexts(yield* two.subscribe(1, beginning(one)), 200)

      contiguous(taken.map(([sequence]) => sequence))
      assert.deepStrictEqual(sequences.flat().sort((a, b) => a - b), taken.map(([sequence]) => sequence))
      assert.deepStrictEqual(yield* two.bounds(1), { first: 1, last: 200 })
      // No feed of this one follows the shard: it looks now and then.
      while ((yield* one.bounds(1)).last < 200) yield* Effect.sleep("50 millis")
    }))

  it.live("refuses a record that is larger than the server takes, and takes the next one", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version, settings: "max_payload: 64kB" })
      const log = yield* openLog(server)

      const refused = yield* Effect.flip(log.append([{ shard: 1, payload: new Uint8Array(64 * kB) }]))
      const [sequence] = yield* log.append(records(1, 1))

      assert.include(refused.message, "send smaller batches")
      assert.strictEqual(sequence, 1)
    }))

  it.live("takes no acknowledgement from another stream, and none where its stream is gone", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const { connection: { manager }, log } = yield* openLogAndConnection(server)

      yield* Effect.promise(() => manager.streams.delete("vicinity_obs_1"))
      const gone = yield* Effect.flip(log.append(records(1, 1)))
      yield* Effect.promise(() => manager.streams.add({ name: "other", subjects: ["vicinity.obs.1"] }))
      const other = yield* Effect.flip(log.append(records(1, 1)))

      assert.include(gone.message, "no stream takes vicinity.obs.1")
      assert.include(other.message, "taken by stream other")
    }))
})

describe.each(natsVersions)("a feed on %s", (version) => {
  const opened = Effect.gen(function*() {
    const server = yield* natsServer({ version })
    const { connection, log } = yield* openLogAndConnection(server)
    return { server, log, streams: connection.manager.streams }
  })

  it.live("is refused when what comes next was purged behind its back", () =>
    Effect.gen(function*() {
      const { log, streams } = yield* opened
      yield* log.append(records(1, 100))
      const feed = yield* log.subscribe(1, beginning(log))

      yield* Effect.promise(() => streams.purge("vicinity_obs_1"))
      const { refusal, taken } = yield* refusalOf(feed)
      const later = yield* Effect.flip(log.subscribe(1, { stream: log.identity.id, sequence: 50 }))

      contiguous(taken)
      assert.propertyVal(refusal, "reason", "purged")
      assert.propertyVal(later, "reason", "purged")
    }))

  it.live("is refused at a record that is missing among those that are kept", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const there = yield* connection(server)
      const { manager } = there
      // As nobody can do to the streams of a log.
      yield* Effect.promise(() => manager.streams.add({ name: "holes", subjects: ["holes"] }))
      const publisher = yield* NatsPublisher.make(there)
      const publication = { stream: "holes", subject: "holes", payload: new Uint8Array(kB) }
      yield* publisher.publish(Array.from({ length: 100 }, () => publication))
      yield* Effect.promise(() => manager.streams.deleteMessage("holes", 60))
      const info = yield* Effect.promise(() => manager.streams.info("holes"))
      const options = { prefetchBytes: 16 * kB, read: readRecord }
      const feed = yield* openFeed(there, new NatsShardMemory(1, "holes", info), 0, options)

      const { refusal, taken } = yield* refusalOf({ take: (bytesMax) => takeFrom(feed, bytesMax) })

      assert.deepStrictEqual(taken, Array.from({ length: 59 }, (_, i) => i + 1))
      assert.propertyVal(refusal, "reason", "damaged")
      assert.include(refusal.message, "record 60 of stream holes is missing")
    }))

  it.live("cannot have a single record taken out of its stream", () =>
    Effect.gen(function*() {
      const { log, streams } = yield* opened
      yield* log.append(records(1, 3))

      const refused = yield* Effect.flip(Effect.tryPromise({
        try: () => streams.deleteMessage("vicinity_obs_1", 2),
        catch: String
      }))

      assert.include(refused, "message delete not permitted")
    }))

  it.live("is refused when its stream is deleted while it waits", () =>
    Effect.gen(function*() {
      const { log, streams } = yield* opened
      const feed = yield* log.subscribe(1, beginning(log))
      const waiting = yield* Effect.forkChild(Effect.flip(feed.take(kB)))

      yield* Effect.promise(() => streams.delete("vicinity_obs_1"))
      const refusal = yield* Fiber.join(waiting)

      assert.propertyVal(refusal, "reason", "other-identity")
      assert.include(refusal.message, "vicinity_obs_1 is gone")
    }))

  it.live("is refused when its stream is made again, with more records than it has read", () =>
    Effect.gen(function*() {
      const { log, server, streams } = yield* opened
      yield* log.append(records(1, 3))
      const feed = yield* log.subscribe(1, beginning(log))
      yield* takeTexts(feed, 3)
      const waiting = yield* Effect.forkChild(Effect.flip(feed.take(kB)))

      yield* Effect.promise(() => streams.delete("vicinity_obs_1"))
      const again = yield* openLog(server)
      yield* again.append(records(1, 10))
      const refusal = yield* Fiber.join(waiting)
      const anew = yield* Effect.flip(log.subscribe(1, { stream: log.identity.id, sequence: 3 }))
      const stored = yield* Effect.flip(again.subscribe(1, { stream: log.identity.id, sequence: 3 }))

      assert.propertyVal(refusal, "reason", "other-identity")
      assert.propertyVal(anew, "reason", "other-identity")
      assert.propertyVal(stored, "reason", "other-identity")
    }))

  it.live("is refused when the server comes back without the last records", () =>
    Effect.gen(function*() {
      const { log, server } = yield* opened
      const data = join(server.folder, "data")
      const copy = join(server.folder, "copy")
      yield* log.append(records(1, 5))
      yield* server.stop
      cpSync(data, copy, { recursive: true })
      yield* server.start
      yield* log.append(records(1, 5)).pipe(Effect.retry({ times: 10 }))
      const feed = yield* log.subscribe(1, beginning(log))
      yield* takeTexts(feed, 10)
      const waiting = yield* Effect.forkChild(Effect.flip(feed.take(kB)))

      yield* server.kill
      rmSync(data, { recursive: true })
      cpSync(copy, data, { recursive: true })
      yield* server.start
      const refusal = yield* Fiber.join(waiting)
      const [next] = yield* log.append(records(1, 1)).pipe(Effect.retry({ times: 10 }))

      assert.propertyVal(refusal, "reason", "ahead-of-log")
      assert.strictEqual(next, 6)
      assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last: 6 })
    }))

  it.live("goes on when the server forgets its consumer", () =>
    Effect.gen(function*() {
      const { log, server } = yield* opened
      const { connection: { manager } } = yield* openLogAndConnection(server)
      yield* log.append(records(1, 100))
      const feed = yield* log.subscribe(1, beginning(log))
      const before = yield* takeTexts(feed, 20)

      const consumers = yield* Effect.promise(() => manager.consumers.list("vicinity_obs_1").next())
      for (const { name } of consumers) yield* Effect.promise(() => manager.consumers.delete("vicinity_obs_1", name))
      const after = yield* takeTexts(feed, 100 - before.length)

      assert.lengthOf(consumers, 1)
      contiguous([...before, ...after].map(([sequence]) => sequence))
      assert.strictEqual(before.length + after.length, 100)
    }))

  it.live("reads the backlog of all shards at once without being cut off as too slow", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const shards = 61
      const { connection, log } = yield* openLogAndConnection(server, {
        shards,
        limitBytes: shards * 4096 * kB,
        prefetchBytes: undefined
      })
      // Together more than the server lets one connection leave unread.
      const each = 60
      const payload = new Uint8Array(30 * kB)
      const batch = Array.from({ length: shards }, (_, i) => ({ shard: i + 1, payload }))
      for (let round = 0; round < each; round++) yield* log.append(batch)
      let lost = 0
      yield* Effect.acquireRelease(
        Effect.sync(() => connection.listen({ onLost: () => lost++ })),
        (stop) => Effect.sync(stop)
      )

      const feeds = yield* Effect.forEach(batch, ({ shard }) => log.subscribe(shard, beginning(log)))
      yield* Effect.sleep("500 millis")
      const taken = yield* Effect.forEach(feeds, (feed) => takeTexts(feed, each), { concurrency: shards })

      assert.deepStrictEqual(taken.map(({ length }) => length), Array.from(batch, () => each))
      assert.strictEqual(lost, 0)
    }))

  it.live("leaves no consumer behind when its scope closes", () =>
    Effect.gen(function*() {
      const { log, server } = yield* opened
      const { connection: { manager } } = yield* openLogAndConnection(server, { shards: smallLog.shards })

      yield* Effect.scoped(log.subscribe(1, beginning(log)))
      const count = () => manager.streams.info("vicinity_obs_1").then(({ state }) => state.consumer_count)
      while ((yield* Effect.promise(count)) > 0) yield* Effect.sleep("10 millis")
    }))
})
