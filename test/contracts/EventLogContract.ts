/** The promises of `ports/EventLog.ts`, each as at least one test, for any adapter. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import {
  eventBytesMax,
  type EventFeed,
  eventIdLengthMax,
  type EventLog,
  type LoggedEvent
} from "../../src/ports/EventLog.ts"
import { type CityEvent, districtSource, encodeCityEvent } from "../../src/schemas/CityEvent.ts"

type Log = EventLog["Service"]

/** One log that can be opened again and again. */
export interface EventLogHarness {
  readonly open: Effect.Effect<Log, { readonly message: string }, Scope.Scope>
}

export interface EventLogAdapter {
  readonly name: string
  /** Whether an id that is not among the newest may be known a while longer, so that nothing can be said of when it is published again. */
  readonly remembersLonger?: boolean
  /** A new, empty log that holds about `limitBytes` and remembers so many ids. */
  readonly harness: (
    limits: { readonly limitBytes: number; readonly idsRemembered: number }
  ) => Effect.Effect<EventLogHarness, never, Scope.Scope>
}

const MiB = 1024 * 1024
const roomy = { limitBytes: 64 * MiB, idsRemembered: 1_000 }

export const cityEvent = (nth: number, changes: Partial<CityEvent> = {}): CityEvent => ({
  id: `quality:kallio:${nth}`,
  type: "quality",
  district: "kallio",
  time: 1_790_000_000_000 + nth,
  source: districtSource("kallio"),
  data: { nth },
  ...changes
})

export const eventsUpTo = (
  count: number,
  changes: (nth: number) => Partial<CityEvent> = () => ({})
): ReadonlyArray<CityEvent> => Array.from({ length: count }, (_, i) => cityEvent(i + 1, changes(i + 1)))

const utf8 = new TextDecoder()

interface Taken extends Omit<LoggedEvent, "json"> {
  readonly json: string
}

/** Takes until the event at `last` came. */
export const takeUntil = Effect.fnUntraced(function*(feed: EventFeed, last: number, bytesMax = MiB) {
  const taken: Array<Taken> = []
  while ((taken.at(-1)?.position ?? 0) < last) {
    taken.push(...(yield* feed.take(bytesMax)).map((event) => ({ ...event, json: utf8.decode(event.json) })))
  }
  return taken
})

/** Everything that is kept. */
export const allEvents = Effect.fnUntraced(function*(log: Log) {
  const { first, last } = yield* log.bounds
  if (last < first) return []
  const feed = yield* log.subscribe({ stream: log.stream, sequence: first - 1 })
  return yield* takeUntil(feed, last)
}, Effect.scoped)

const idsOf = (events: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> => events.map(({ id }) => id)

export const describeEventLog = (adapter: EventLogAdapter): void => {
  const opened = adapter.harness(roomy).pipe(Effect.flatMap(({ open }) => open))
  describe(`${adapter.name}: publishing`, () => publishing(opened))
  describe(`${adapter.name}: an id once`, () => idOnce(adapter))
  describe(`${adapter.name}: reading`, () => reading(adapter, opened))
  describe(`${adapter.name}: retention`, () => retention(adapter))
}

type Opened = Effect.Effect<Log, { readonly message: string }, Scope.Scope>

const publishing = (opened: Opened): void => {
  it.live("is empty at first", () =>
    Effect.gen(function*() {
      const log = yield* opened

      assert.deepStrictEqual(yield* log.bounds, { first: 1, last: 0 })
    }))

  it.live("keeps what was published, in order, as one line of CloudEvents JSON, with what may be filtered by", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const odd = cityEvent(2, {
        id: 'anomaly:söme/id "quoted"\n',
        type: "anomaly",
        district: "Kehä I/é",
        sensor: "bus/22, 1234",
        data: { text: "two\nlines\r\u2028end" }
      })
      const nowhere = cityEvent(3, { type: "model", district: "", source: "/v1/models", data: null })

      yield* log.publish([cityEvent(1), odd])
      yield* log.publish([nowhere])

      const [first, second, third] = yield* allEvents(log)
      assert.deepStrictEqual(first, {
        position: 1,
        id: "quality:kallio:1",
        type: "quality",
        district: "kallio",
        sensor: "",
        json: encodeCityEvent(cityEvent(1))
      })
      assert.deepStrictEqual(second, {
        position: 2,
        id: odd.id,
        type: "anomaly",
        district: odd.district,
        sensor: "bus/22, 1234",
        json: encodeCityEvent(odd)
      })
      assert.notMatch(second?.json ?? "", /[\r\n]/)
      assert.deepStrictEqual([third?.position, third?.type, third?.district], [3, "model", ""])
      assert.deepStrictEqual(yield* log.bounds, { first: 1, last: 3 })
    }))

  it.live("takes nothing, and more at once than fits one write", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const large = eventsUpTo(80, () => ({ data: "x".repeat(256 * 1024) }))

      yield* log.publish([])
      yield* log.publish(large)

      assert.deepStrictEqual(idsOf(yield* allEvents(log)), idsOf(large))
    }))

  it.live("keeps the order of each call when several publish at the same time", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const calls = ["a", "b", "c", "d"].map((name) => eventsUpTo(100, (nth) => ({ id: `${name}:${nth}` })))

      yield* Effect.forEach(calls, (events) => log.publish(events), { concurrency: "unbounded" })

      const ids = idsOf(yield* allEvents(log))
      assert.lengthOf(ids, 400)
      for (const events of calls) {
        const name = events[0]?.id.slice(0, 2) ?? ""
        assert.deepStrictEqual(ids.filter((id) => id.startsWith(name)), idsOf(events))
      }
    }))

  it.live("refuses an event that is too large, keeps none of that call, and takes its id later", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const refusal = yield* log.publish([cityEvent(1, { data: "x".repeat(2 * eventBytesMax) })]).pipe(Effect.flip)
      yield* log.publish([cityEvent(1)])

      assert.strictEqual(refusal._tag, "LogUnavailable")
      assert.deepStrictEqual((yield* allEvents(log)).map(({ json }) => json), [encodeCityEvent(cityEvent(1))])
    }))

  it.live("dies of an event that cannot be encoded, and goes on with others", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const faults = [{ time: Number.NaN }, { data: 1n }, { id: "" }, { id: "i".repeat(eventIdLengthMax + 1) }]

      for (const fault of faults) {
        const exit = yield* log.publish([cityEvent(1), cityEvent(2, fault)]).pipe(Effect.exit)
        assert.strictEqual(exit._tag, "Failure")
      }
      yield* log.publish([cityEvent(1), cityEvent(2)])

      assert.deepStrictEqual(idsOf(yield* allEvents(log)), idsOf(eventsUpTo(2)))
    }))
}

const idOnce = (adapter: EventLogAdapter): void => {
  const few = { limitBytes: 64 * MiB, idsRemembered: 10 }

  it.live("in one call, in another, and in calls at the same time, which succeed when it is durable", () =>
    Effect.gen(function*() {
      const log = yield* adapter.harness(roomy).pipe(Effect.flatMap(({ open }) => open))

      yield* log.publish([cityEvent(1), cityEvent(1), cityEvent(2)])
      yield* log.publish([cityEvent(2), cityEvent(3)])
      const seen = yield* Effect.forEach(
        Array.from({ length: 6 }),
        () => Effect.andThen(log.publish([cityEvent(4)]), log.bounds),
        { concurrency: "unbounded" }
      )

      assert.deepStrictEqual(idsOf(yield* allEvents(log)), idsOf(eventsUpTo(4)))
      assert.deepStrictEqual(seen.map(({ last }) => last), Array.from({ length: 6 }, () => 4))
    }))

  it.live("writes it itself where the call that was about to is interrupted before it does, in the order given", () =>
    Effect.gen(function*() {
      const log = yield* adapter.harness(roomy).pipe(Effect.flatMap(({ open }) => open))
      const large = eventsUpTo(40, () => ({ data: "x".repeat(256 * 1024) }))
      const [ahead, behind] = [large.slice(0, 12), large.slice(12)]
      const publish = (events: ReadonlyArray<CityEvent>) =>
        Effect.forkScoped(log.publish(events), { startImmediately: true })

      const first = yield* publish(ahead)
      const second = yield* publish(behind.slice(1))
      const third = yield* publish(behind)
      yield* Fiber.interrupt(second)
      yield* Fiber.join(first)
      yield* Fiber.join(third)

      assert.deepStrictEqual(idsOf(yield* allEvents(log)), idsOf(large))
    }))

  it.live("also when the log is opened again: a stage that did not commit does it all again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(roomy)
      const events = eventsUpTo(500)
      yield* Effect.scoped(Effect.flatMap(open, (log) => log.publish(events.slice(0, 300))))

      const log = yield* open
      yield* log.publish(events)

      assert.deepStrictEqual(idsOf(yield* allEvents(log)), idsOf(events))
    }))

  if (adapter.remembersLonger === true) return
  it.live("among the newest so many; an older one is published again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(few)
      const last = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* log.publish(eventsUpTo(15))
        yield* log.publish([cityEvent(6), cityEvent(15)])
        assert.strictEqual((yield* log.bounds).last, 15)
        yield* log.publish([cityEvent(5)])
        return (yield* log.bounds).last
      }))

      const log = yield* open
      yield* log.publish([cityEvent(7), cityEvent(5)])
      const after = yield* log.bounds
      yield* log.publish([cityEvent(6)])

      assert.strictEqual(last, 16)
      assert.strictEqual(after.last, 16)
      assert.strictEqual((yield* log.bounds).last, 17)
    }))
}

const reading = (adapter: EventLogAdapter, opened: Opened): void => {
  it.live("gives what comes after a position, at most about so many bytes at a time", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.publish(eventsUpTo(50, () => ({ data: "x".repeat(1_000) })))

      const feed = yield* log.subscribe({ stream: log.stream, sequence: 20 })
      const first = yield* feed.take(5_000)
      const positions = first.map(({ position }) => position)
      const rest = yield* takeUntil(feed, 50, 1)

      assert.strictEqual(positions[0], 21)
      assert.isAtMost(first.reduce((sum, { json }) => sum + json.length, 0), 5_000)
      assert.deepStrictEqual(
        [...positions, ...rest.map(({ position }) => position)],
        Array.from({ length: 30 }, (_, i) => i + 21)
      )
    }))

  it.live("waits for news, for several readers, and is woken by it", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.publish(eventsUpTo(3))
      const readers = yield* Effect.forEach([3, 3, 1], (sequence) =>
        Effect.forkScoped(
          Effect.flatMap(log.subscribe({ stream: log.stream, sequence }), (feed) => takeUntil(feed, 5)),
          { startImmediately: true }
        ))

      yield* log.publish([cityEvent(4)])
      yield* log.publish([cityEvent(5)])

      const taken = yield* Effect.forEach(readers, (reader) => Fiber.join(reader))
      assert.deepStrictEqual(taken.map((events) => events.map(({ position }) => position)), [[4, 5], [4, 5], [
        2,
        3,
        4,
        5
      ]])
    }))

  it.live("refuses a position ahead of the log, one of another log and one that is none", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const other = yield* opened
      yield* log.publish(eventsUpTo(3))
      const reasonOf = (stream: string, sequence: number) =>
        log.subscribe({ stream, sequence }).pipe(
          Effect.flip,
          Effect.map((refusal) => refusal._tag === "PositionNotHonoured" ? refusal.reason : refusal._tag)
        )

      assert.notStrictEqual(other.stream, log.stream)
      assert.strictEqual(yield* reasonOf(log.stream, 4), "ahead-of-log")
      assert.strictEqual(yield* reasonOf(log.stream, 1.5), "ahead-of-log")
      assert.strictEqual(yield* reasonOf(other.stream, 3), "other-identity")
    }))

  it.live("has it all when it is opened again, under the same positions", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(roomy)
      const before = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* log.publish(eventsUpTo(20))
        return { stream: log.stream, events: yield* allEvents(log) }
      }))

      const log = yield* open
      yield* log.publish([cityEvent(21)])

      assert.strictEqual(log.stream, before.stream)
      assert.deepStrictEqual((yield* allEvents(log)).slice(0, 20), before.events)
      assert.deepStrictEqual(yield* log.bounds, { first: 1, last: 21 })
    }))
}

const retention = (adapter: EventLogAdapter): void => {
  const small = { limitBytes: 3 * MiB, idsRemembered: 100_000 }
  const many = eventsUpTo(3_000, () => ({ data: "x".repeat(4_000) }))
  const inParts = Array.from({ length: 30 }, (_, i) => many.slice(100 * i, 100 * i + 100))
  const publishAll = (log: Log) => Effect.forEach(inParts, (part) => log.publish(part), { discard: true })

  it.live("drops the oldest beyond its limit, says what is kept, and has all of that", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const log = yield* open

      yield* publishAll(log)
      const { first, last } = yield* log.bounds
      const { bytes, limitBytes } = yield* log.usage
      const kept = yield* allEvents(log)

      assert.strictEqual(last, 3_000)
      assert.isAbove(first, 1)
      assert.isAtMost(bytes, limitBytes)
      assert.isAtLeast(kept.length, 250)
      assert.deepStrictEqual(idsOf(kept), idsOf(many.slice(first - 1)))
    }))

  it.live("answers a position whose next event is gone with what happened, to new readers and to slow ones", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const log = yield* open
      yield* log.publish(inParts[0] ?? [])
      const slow = yield* log.subscribe({ stream: log.stream, sequence: 0 })
      yield* slow.take(1)

      yield* Effect.forEach(inParts.slice(1), (part) => log.publish(part), { discard: true })
      const { first } = yield* log.bounds
      const refused = yield* log.subscribe({ stream: log.stream, sequence: first - 2 }).pipe(Effect.flip)
      const stopped = yield* takeUntil(slow, 3_000).pipe(Effect.flip)
      const honoured = yield* log.subscribe({ stream: log.stream, sequence: first - 1 })
      const [next] = yield* honoured.take(1)

      assert.strictEqual(refused._tag === "PositionNotHonoured" ? refused.reason : refused._tag, "purged")
      assert.strictEqual(stopped._tag === "PositionNotHonoured" ? stopped.reason : stopped._tag, "purged")
      assert.strictEqual(next?.position, first)
    }))

  it.live("knows an id whose event is gone while it is open, and one whose event is kept when opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const first = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* publishAll(log)
        yield* publishAll(log)
        assert.strictEqual((yield* log.bounds).last, 3_000)
        return (yield* log.bounds).first
      }))

      const log = yield* open
      yield* log.publish(many.slice(first - 1))
      const same = yield* log.bounds

      assert.deepStrictEqual(same, { first, last: 3_000 })
      if (adapter.remembersLonger === true) return
      yield* log.publish(many.slice(first - 2, first - 1))
      assert.strictEqual((yield* log.bounds).last, 3_001)
    }))
}
