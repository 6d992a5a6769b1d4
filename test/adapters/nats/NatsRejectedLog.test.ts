/** The rejected log in JetStream keeps the promises of a rejected log, on an old and on a current server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsRejectedLog from "../../../src/adapters/nats/NatsRejectedLog.ts"
import type { RejectionReason } from "../../../src/schemas/Observation.ts"
import { allIds, describeRejectedLog, rejection } from "../../contracts/RejectedLogContract.ts"
import { connection as connectionTo, natsServer } from "../../NatsForTests.ts"
import { describeOnServers, type SharedServer } from "./NatsServers.ts"

const kB = 1024

/** An opener is a process of its own: its connection, its memory. */
const opening = (
  { connection }: Pick<SharedServer, "connection">,
  options: Partial<NatsRejectedLog.NatsRejectedLogOptions>
) =>
  Effect.flatMap(
    connection,
    (own) => Effect.provideService(NatsRejectedLog.make({ replicas: 1, ...options }), NatsConnection, own)
  )

const some = (writer: string, count: number, reason: RejectionReason) => {
  const raw = new Uint8Array(2 * kB)
  return Array.from(
    { length: count },
    (_, i) => rejection(i, { id: `${writer}-${i}`, raw, rawBytes: raw.length, reason })
  )
}

describeOnServers("NatsRejectedLog", (shared) => {
  describeRejectedLog({
    name: "NatsRejectedLog",
    remembersLonger: true,
    harness: (limitBytes) =>
      Effect.sync(() => {
        const prefix = shared.prefix()
        return { open: opening(shared, { prefix, limitBytes }) }
      })
  })

  it.live("counts what several processes have written, also for one that comes when most of it has gone", () =>
    Effect.gen(function*() {
      const options = { prefix: shared.prefix(), limitBytes: 256 * kB }
      const writers = yield* Effect.forEach(["a", "b", "c"] as const, () => opening(shared, options))
      const given = [some("a", 250, "future"), some("b", 170, "bad-time"), some("c", 90, "future")]

      yield* Effect.forEach(
        writers,
        (writer, i) => Effect.forEach(given[i] ?? [], (one) => writer.record([one]), { discard: true }),
        { concurrency: "unbounded" }
      )
      const fresh = yield* opening(shared, options)
      const { dropped, ...rest } = yield* fresh.counts
      const held = yield* allIds(fresh, 100)

      assert.deepStrictEqual(rest, { byReason: { future: 340, "bad-time": 170 }, total: 510 })
      assert.isAbove(dropped, 300)
      assert.strictEqual(dropped + held.length, 510)
      for (const writer of writers) assert.deepStrictEqual(yield* writer.counts, { dropped, ...rest })
    }))

  it.live("keeps an id once that two processes record at the same time", () =>
    Effect.gen(function*() {
      const options = { prefix: shared.prefix() }
      const writers = yield* Effect.forEach([1, 2], () => opening(shared, options))
      const same = some("same", 50, "future")

      yield* Effect.forEach(writers, (writer) => writer.record(same), { concurrency: "unbounded" })

      for (const { counts } of writers) assert.strictEqual((yield* counts).total, 50)
    }))

  it.live("says how many there were, of a reason nobody knows any more, when somebody has emptied the stream", () =>
    Effect.gen(function*() {
      const options = { prefix: shared.prefix() }
      yield* Effect.scoped(Effect.flatMap(opening(shared, options), (log) => log.record(some("a", 20, "future"))))
      const { manager } = yield* shared.connection
      yield* Effect.promise(() => manager.streams.purge(`${options.prefix}_REJECTED`))

      const log = yield* opening(shared, options)
      yield* log.record(some("b", 1, "future"))

      assert.deepStrictEqual(yield* log.counts, { byReason: { future: 1, unknown: 20 }, total: 21, dropped: 20 })
      assert.deepStrictEqual(yield* allIds(log, 10), ["b-0"])
    }))

  it.live("shows what another program has put there as what it is", () =>
    Effect.gen(function*() {
      const prefix = shared.prefix()
      const log = yield* opening(shared, { prefix })
      const { client } = yield* shared.connection
      yield* Effect.promise(() => client.request(`${prefix}.rejected.anything`, "hello", { timeout: 5_000 }))
      yield* log.record(some("a", 1, "future"))

      const { items } = yield* log.list({ limit: 10 })

      assert.deepStrictEqual(items.map(({ id }) => id), ["a-0", "foreign:1"])
      assert.deepStrictEqual(yield* log.counts, { byReason: { anything: 1, future: 1 }, total: 2, dropped: 0 })
    }))
})

describe("NatsRejectedLog and a server that is killed", () => {
  it.live("has all once, though what fails is recorded again", () =>
    Effect.gen(function*() {
      const server = yield* natsServer()
      const log = yield* opening({ connection: Effect.orDie(connectionTo(server)) }, {})
      const many = some("a", 600, "future")
      let recorded = 0

      const recording = yield* Effect.forkScoped(
        Effect.forEach(many, (one) =>
          log.record([one]).pipe(
            Effect.retry(Schedule.spaced("50 millis")),
            Effect.andThen(Effect.sync(() => recorded++))
          ), { discard: true })
      )
      yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => recorded >= 200 })
      yield* server.kill
      const away = yield* log.counts
      yield* server.start
      yield* Fiber.join(recording)

      assert.isAtLeast(away.total, 200)
      assert.deepStrictEqual(yield* allIds(log, 1000), many.map(({ id }) => id).toReversed())
    }))
})
