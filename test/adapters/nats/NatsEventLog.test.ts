/** The event log in JetStream keeps the promises of an event log, on an old and on a current server. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schedule } from "effect"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../../../src/adapters/nats/NatsEventLog.ts"
import { streamOf } from "../../../src/schemas/Subjects.ts"
import { allEvents, cityEvent, describeEventLog, eventsUpTo, takeUntil } from "../../contracts/EventLogContract.ts"
import { connection as connectionTo, natsServer } from "../../NatsForTests.ts"
import { describeOnServers, type SharedServer, untilForgotten } from "./NatsServers.ts"

const MiB = 1024 * 1024

/** An opener is a process of its own: its connection, its memory. */
const opening = (
  { connection }: Pick<SharedServer, "connection">,
  options: Partial<NatsEventLog.NatsEventLogOptions>
) =>
  Effect.flatMap(connection, (own) =>
    Effect.provideService(
      NatsEventLog.make({ replicas: 1, limitBytes: 64 * MiB, ...options }),
      NatsConnection,
      own
    ))

const ids = (count: number): ReadonlyArray<string> => eventsUpTo(count).map(({ id }) => id)

describeOnServers("NatsEventLog", (shared) => {
  describeEventLog({
    name: "NatsEventLog",
    remembersLonger: true,
    harness: (limits) =>
      Effect.sync(() => {
        const prefix = shared.prefix()
        return { open: opening(shared, { prefix, ...limits }) }
      })
  })

  describe("beyond the duplicate window of the server", () => {
    it.live("publishes nothing twice: neither who has published it, nor who was open all the time, nor who comes new", () =>
      Effect.gen(function*() {
        const prefix = shared.prefix()
        const open = opening(shared, { prefix, duplicateWindow: Duration.millis(100) })
        const other = yield* open
        yield* other.publish([cityEvent(1)])
        const log = yield* open
        yield* log.publish(eventsUpTo(300))

        yield* untilForgotten(yield* shared.connection, `${prefix}.events.model.@none`)
        yield* log.publish(eventsUpTo(300))
        yield* other.publish(eventsUpTo(400))
        yield* Effect.scoped(Effect.flatMap(open, (fresh) => fresh.publish(eventsUpTo(500))))

        const found = (yield* allEvents(log)).map(({ id }) => id)
        assert.deepStrictEqual(found.filter((id) => id.startsWith("quality")), ids(500))
      }))

    it.live("takes an id again only when it is neither among the newest nor younger than the window", () =>
      Effect.gen(function*() {
        const prefix = shared.prefix()
        const log = yield* opening(shared, { prefix, idsRemembered: 10, duplicateWindow: Duration.millis(100) })
        yield* log.publish(eventsUpTo(15))
        yield* untilForgotten(yield* shared.connection, `${prefix}.events.model.@none`)
        const { last } = yield* log.bounds

        yield* log.publish([cityEvent(12), cityEvent(15)])
        const after = yield* log.bounds
        yield* log.publish([cityEvent(2)])

        assert.strictEqual(after.last, last)
        assert.strictEqual((yield* log.bounds).last, last + 1)
      }))
  })

  it.live("gives what somebody else has put there as an event that says nothing, on one line", () =>
    Effect.gen(function*() {
      const prefix = shared.prefix()
      const log = yield* opening(shared, { prefix })
      const { client } = yield* shared.connection
      yield* log.publish([cityEvent(1)])
      for (const [subject, body] of [["anything", "{}"], ["quality.kallio", "two\n\ndata: lines"]] as const) {
        yield* Effect.promise(() => client.request(`${prefix}.events.${subject}`, body, { timeout: 5_000 }))
      }
      yield* log.publish([cityEvent(2)])

      const found = yield* allEvents(log)

      assert.deepStrictEqual(found.map(({ position, type }) => [position, type]), [
        [1, "quality"],
        [2, "model"],
        [3, "model"],
        [4, "quality"]
      ])
      for (const { json } of found) assert.strictEqual(JSON.parse(json).specversion, "1.0")
    }))

  it.live("tells who follows a stream that was made anew that it is another one", () =>
    Effect.gen(function*() {
      const prefix = shared.prefix()
      const log = yield* opening(shared, { prefix })
      yield* log.publish(eventsUpTo(3))
      const feed = yield* log.subscribe({ stream: log.stream, sequence: 0 })
      yield* takeUntil(feed, 3)
      const waiting = yield* Effect.forkScoped(Effect.flip(feed.take(1)), { startImmediately: true })

      const { manager } = yield* shared.connection
      yield* Effect.promise(() => manager.streams.delete(streamOf(prefix, "EVENTS")))
      const anew = yield* opening(shared, { prefix })

      const failure = yield* Fiber.join(waiting)
      assert.strictEqual(failure._tag === "PositionNotHonoured" ? failure.reason : failure._tag, "other-identity")
      assert.notStrictEqual(anew.stream, log.stream)
    }))
})

describe("NatsEventLog and a server that is killed", () => {
  it.live("has every acknowledged event once and in order, though each call is repeated until it succeeds; a reader misses none", () =>
    Effect.gen(function*() {
      const server = yield* natsServer()
      const log = yield* opening({ connection: Effect.orDie(connectionTo(server)) }, {})
      const events = eventsUpTo(3_000)
      const feed = yield* log.subscribe({ stream: log.stream, sequence: 0 })
      const reader = yield* Effect.forkScoped(takeUntil(feed, events.length), { startImmediately: true })
      let published = 0

      const publishing = yield* Effect.forkScoped(
        Effect.forEach(
          Array.from({ length: 300 }, (_, i) => events.slice(10 * i, 10 * i + 10)),
          (part) =>
            log.publish(part).pipe(
              Effect.retry(Schedule.spaced("50 millis")),
              Effect.andThen(Effect.sync(() => published++))
            ),
          { discard: true }
        )
      )
      for (const parts of [50, 150]) {
        yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => published >= parts })
        yield* server.kill
        const { last } = yield* log.bounds
        assert.isAtLeast(last, 10 * parts)
        yield* server.start
      }
      yield* Fiber.join(publishing)

      assert.deepStrictEqual((yield* Fiber.join(reader)).map(({ id }) => id), ids(3_000))
      assert.deepStrictEqual((yield* allEvents(log)).map(({ id }) => id), ids(3_000))
    }))
})
