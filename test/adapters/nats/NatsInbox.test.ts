/** INBOX: what anyone publishes comes through the door, and stays on the server until it is in the log. */
import { assert, describe, it } from "@effect/vitest"
import { headers, type NatsConnection as NatsClient } from "@nats-io/transport-node"
import { Clock, Effect, Fiber, Layer, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsInbox from "../../../src/adapters/nats/NatsInbox.ts"
import * as BatchingDoor from "../../../src/ingest/BatchingDoor.ts"
import { takeDeliveries } from "../../../src/ingest/Deliveries.ts"
import { Door } from "../../../src/ingest/Door.ts"
import { RejectedLog } from "../../../src/ports/RejectedLog.ts"
import { ObservationLog } from "../../../src/ports/ShardedLog.ts"
import { shards } from "../../../src/schemas/Shards.ts"
import { allRecords, batchesOf, logs, temporaryFolder } from "../../ingest/Logs.ts"
import { connection as connectionTo, natsServer } from "../../NatsForTests.ts"
import { inboxOptions, logsOn } from "./NatsInboxTaker.ts"
import { describeOnServers } from "./NatsServers.ts"

const MiB = 1024 * 1024

const observation = (nth: number) => ({
  sensorId: `s-${nth}`,
  property: "vehicle_speed",
  phenomenonTime: "2026-01-01T00:00:00Z",
  result: nth % 100
})

/** Published so that the stream says it has it. */
const sent = (client: NatsClient, subject: string, body: string, given: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const about = headers()
    for (const [name, value] of Object.entries(given)) about.set(name, value)
    const answer = await client.request(subject, body, { headers: about, timeout: 10_000 })
    return answer.json<{ readonly seq?: number; readonly error?: { readonly description: string } }>()
  })

const found = Effect.map(allRecords, (records) => batchesOf(records.values()))
const numbers = Effect.map(
  found,
  (batches) => batches.flatMap(({ observations }) => observations.map(({ sensorId }) => Number(sensorId.slice(2))))
)

/** Until the stream holds nothing any more: everything was settled. */
const emptied = ({ manager }: NatsConnection["Service"], stream: string) =>
  Effect.promise(() => manager.streams.info(stream)).pipe(
    Effect.repeat({ until: ({ state }) => state.messages === 0, schedule: Schedule.spaced("20 millis") })
  )

const hourMillis = 3_600_000

/** The wall clock of a process that is an hour behind. */
const behindClock = Effect.map(Clock.Clock, (clock): Clock.Clock => {
  const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() - hourMillis
  const currentTimeNanosUnsafe = () => clock.currentTimeNanosUnsafe() - BigInt(hourMillis) * 1_000_000n
  return {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
})

const withDoor = (logOptions: Parameters<typeof logs>[1] = {}) =>
  Layer.unwrap(
    Effect.map(temporaryFolder, (folder) => Layer.provideMerge(BatchingDoor.layer(), logs(folder, logOptions)))
  )

describeOnServers("NatsInbox", ({ connection, prefix }) => {
  const inboxOf = (own: NatsConnection["Service"], name: string) =>
    Effect.provideService(
      NatsInbox.make({ prefix: name, replicas: 1, limitBytes: MiB }),
      NatsConnection,
      own
    )

  it.live("takes one, an array or lines of observations from any subject, and keeps what is bad of them, each once", () =>
    Effect.gen(function*() {
      const own = yield* connection
      const name = prefix()
      const inbox = yield* inboxOf(own, name)
      const lines = [observation(4), { sensorId: 1 }, observation(5)].map((one) => JSON.stringify(one)).join("\n")

      yield* sent(own.client, `${name}.in.balcony`, JSON.stringify(observation(1)))
      yield* sent(own.client, `${name}.in.roof.east`, JSON.stringify([observation(2), {}, observation(3)]))
      yield* sent(own.client, `${name}.in.balcony`, lines, { "content-type": "application/x-ndjson" })
      yield* sent(own.client, `${name}.in.balcony`, lines)
      yield* sent(own.client, `${name}.in.balcony`, "hello")
      yield* sent(own.client, `${name}.in.balcony`, "")
      yield* sent(own.client, `${name}.in.balcony`, "a,b", { "Content-Type": "text/csv" })
      const taking = yield* Effect.forkScoped(takeDeliveries(inbox))
      yield* emptied(own, `${name}_INBOX`)
      yield* Fiber.interrupt(taking)

      assert.sameMembers([...yield* numbers], [1, 2, 3, 4, 5, 4, 5])
      assert.deepStrictEqual([...new Set((yield* found).map(({ source }) => source))], ["nats"])
      const rejected = yield* RejectedLog
      const { items } = yield* rejected.list({ limit: 100 })
      assert.deepStrictEqual((yield* rejected.counts).byReason, {
        "missing-field": 1,
        "wrong-type": 2,
        "malformed-json": 3
      })
      assert.isTrue(items.every(({ id, source }) => source === "nats" && id.startsWith(`${name}_INBOX@`)))
    }).pipe(Effect.provide(withDoor())))

  it.live("takes what is measured now though the clock of the process is an hour behind, and still refuses the future", () =>
    Effect.gen(function*() {
      const own = yield* connection
      const name = prefix()
      const inbox = yield* inboxOf(own, name)
      const now = yield* Clock.currentTimeMillis
      const at = (nth: number, millis: number) => ({
        ...observation(nth),
        phenomenonTime: new Date(millis).toISOString()
      })

      yield* sent(own.client, `${name}.in.x`, JSON.stringify([at(1, now), at(2, now + 10 * 60_000)]))
      const taking = yield* Effect.forkScoped(takeDeliveries(inbox))
      yield* emptied(own, `${name}_INBOX`)
      yield* Fiber.interrupt(taking)

      assert.deepStrictEqual(yield* numbers, [1])
      const rejected = yield* RejectedLog
      assert.deepStrictEqual((yield* rejected.counts).byReason, { future: 1 })
    }).pipe(
      Effect.provide(
        Layer.unwrap(Effect.map(behindClock, (clock) => Layer.provide(withDoor(), Layer.succeed(Clock.Clock, clock))))
      )
    ))

  it.live("leaves at its source what the log has no room for, and takes it when there is room again", () =>
    Effect.gen(function*() {
      const own = yield* connection
      const name = prefix()
      const inbox = yield* inboxOf(own, name)
      const log = yield* ObservationLog
      const door = yield* Door
      const many = Array.from({ length: 400 }, (_, i) => Array.from({ length: 20 }, (_, j) => observation(20 * i + j)))
      for (const part of many) yield* sent(own.client, `${name}.in.x`, JSON.stringify(part))
      const { manager } = own
      const consumer = Effect.promise(() => manager.consumers.info(`${name}_INBOX`, "ingest"))

      const taking = yield* Effect.forkScoped(takeDeliveries(inbox))
      const full = yield* Effect.repeat(consumer, {
        until: ({ num_redelivered }) => num_redelivered > 0,
        schedule: Schedule.spaced("20 millis")
      })
      const before = yield* door.totals
      const releaseAll = Effect.forEach(
        shards,
        (shard) => Effect.flatMap(log.bounds(shard), ({ last }) => log.retain("reader", shard, last)),
        { discard: true }
      )
      const releasing = yield* Effect.forkScoped(Effect.repeat(releaseAll, Schedule.spaced("20 millis")))
      yield* emptied(own, `${name}_INBOX`)
      yield* Fiber.interrupt(releasing)
      yield* Fiber.interrupt(taking)

      assert.isAbove(full.num_redelivered, 0)
      assert.isBelow(before.accepted, 8_000)
      assert.deepStrictEqual(yield* door.totals, { accepted: 8_000, rejected: 0 })
    }).pipe(Effect.provide(withDoor({
      consumers: ["reader"],
      limitBytes: 256 * 1024,
      segmentBytes: 32 * 1024,
      recordBytesMax: 16 * 1024,
      minRetainedBytes: 0
    }))))

  it.live("tells a publisher that asks when it is full, and keeps what it has acknowledged", () =>
    Effect.gen(function*() {
      const own = yield* connection
      const name = prefix()
      yield* inboxOf(own, name)
      const body = " ".repeat(64 * 1024)

      const answers = yield* Effect.forEach(Array.from({ length: 20 }), () => sent(own.client, `${name}.in.x`, body))

      const { manager } = own
      const { state } = yield* Effect.promise(() => manager.streams.info(`${name}_INBOX`))
      const acknowledged = answers.filter(({ error }) => error === undefined)
      assert.isAbove(acknowledged.length, 10)
      assert.isBelow(acknowledged.length, 20)
      assert.strictEqual(state.messages, acknowledged.length)
      assert.match(answers.at(-1)?.error?.description ?? "", /maximum bytes/)
    }))

  it.live("refuses a consumer that somebody else has made", () =>
    Effect.gen(function*() {
      const own = yield* connection
      const name = prefix()
      yield* inboxOf(own, name)
      const { manager } = own
      yield* Effect.promise(() => manager.consumers.delete(`${name}_INBOX`, "ingest"))
      yield* Effect.promise(() =>
        manager.consumers.add(`${name}_INBOX`, { durable_name: "ingest", ack_policy: "explicit", max_deliver: 3 })
      )

      const refusal = yield* Effect.flip(inboxOf(own, name))

      assert.match(refusal.message, /consumer ingest of stream t\d+_INBOX .* delete it/)
    }))
})

/** An ingest process. */
const taker = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const program = join(import.meta.dirname, "NatsInboxTaker.ts")
      const child = spawn(process.execPath, [program, url], { stdio: ["ignore", "pipe", "inherit"] })
      await once(child.stdout, "data")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, "exit")
        child.kill("SIGKILL")
        await ended
      })
  )

describe("ingest processes that are killed", () => {
  it.live("lose nothing that INBOX has acknowledged, and keep what is bad once", () =>
    Effect.gen(function*() {
      const server = yield* natsServer()
      const own = yield* connectionTo(server)
      yield* Effect.provideService(NatsInbox.make(inboxOptions), NatsConnection, own)
      const count = 3_000
      const bodyOf = (nth: number) => JSON.stringify(nth % 10 === 0 ? [observation(nth), { nth }] : observation(nth))
      const publishing = yield* Effect.forkScoped(
        Effect.forEach(
          Array.from({ length: count }, (_, i) => i),
          (nth) => sent(own.client, `vicinity.in.x${nth % 7}`, bodyOf(nth)),
          { concurrency: 8, discard: true }
        )
      )
      const taken = Effect.promise(() => own.manager.consumers.info("vicinity_INBOX", "ingest")).pipe(
        Effect.map(({ ack_floor }) => ack_floor.stream_seq)
      )

      for (const until of [300, 900, 1_800]) {
        yield* Effect.scoped(Effect.gen(function*() {
          yield* taker(server.url)
          yield* Effect.repeat(taken, { until: (floor) => floor >= until, schedule: Schedule.spaced("5 millis") })
        }))
      }
      yield* Fiber.join(publishing)
      yield* taker(server.url)
      yield* emptied(own, "vicinity_INBOX")

      const { counts, kept } = yield* Effect.gen(function*() {
        return { kept: yield* numbers, counts: yield* (yield* RejectedLog).counts }
      }).pipe(Effect.provide(logsOn(server.url)))
      assert.deepStrictEqual([...new Set(kept)].toSorted((a, b) => a - b), Array.from({ length: count }, (_, i) => i))
      assert.isAtMost(kept.length, count + 3 * 128)
      assert.strictEqual(counts.total, count / 10)
    }))
})
