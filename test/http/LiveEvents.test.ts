/** Live events: what a subscriber may rely on, over real sockets and a real event log. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import type { EventLog } from "../../src/ports/EventLog.ts"
import { encodeCityEvent } from "../../src/schemas/CityEvent.ts"
import { cityEvent, eventsUpTo } from "../contracts/EventLogContract.ts"
import { temporaryFolder } from "../ingest/Logs.ts"
import { type EventsClient, eventsClient, eventsServer, until } from "./EventsServer.ts"
import { ask, assertProblem } from "./Requests.ts"

const MiB = 1024 * 1024

const served = (options: Parameters<typeof eventsServer>[1] = {}) =>
  Effect.flatMap(temporaryFolder, (folder) => eventsServer(folder, options))

const got = (client: EventsClient, count: number) => until(() => client.events.length >= count)
const idsOf = (client: EventsClient): ReadonlyArray<number> => client.events.map(({ id }) => Number(id))
const span = (first: number, last: number): ReadonlyArray<number> =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** More than a small log keeps. */
const publishMuch = (log: EventLog["Service"], first: number, last: number) =>
  Effect.forEach(
    span(first, last),
    (nth) => log.publish([cityEvent(nth, { data: "x".repeat(20_000) })]),
    { discard: true, concurrency: 50 }
  )
const small = { limitBytes: 3 * MiB }

describe("a stream of events", () => {
  it.live("has id, short type and the CloudEvent of each event on one line, from the next event on", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      yield* log.publish(eventsUpTo(3))
      const client = yield* eventsClient(port)
      const event = cityEvent(4, { type: "anomaly", sensor: "bus/22", data: { text: "a\nb" } })

      yield* log.publish([event])
      yield* got(client, 1)

      assert.strictEqual(client.status, 200)
      assert.match(client.head, /content-type: text\/event-stream/i)
      assert.match(client.head, /cache-control: no-store, no-transform/i)
      assert.match(client.head, /x-content-type-options: nosniff/i)
      assert.deepStrictEqual(client.retries, ["3000"])
      assert.deepStrictEqual(client.events, [{ id: "4", event: "anomaly", data: JSON.parse(encodeCityEvent(event)) }])
    }))

  it.live("tells its position before the first event, so that who leaves at once comes back without a gap", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      yield* log.publish(eventsUpTo(3))
      const first = yield* eventsClient(port)
      first.close()
      yield* log.publish([cityEvent(4)])

      const second = yield* eventsClient(port, "/v1/events", { "last-event-id": first.lastId ?? "" })
      yield* got(second, 1)

      assert.deepStrictEqual([first.lastId, idsOf(second)], ["3", [4]])
    }))

  it.live("goes on after Last-Event-ID or `after`, the header first", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      yield* log.publish(eventsUpTo(30))

      const byHeader = yield* eventsClient(port, "/v1/events", { "last-event-id": "20" })
      const byParameter = yield* eventsClient(port, "/v1/events?after=0")
      const byBoth = yield* eventsClient(port, "/v1/events?after=3", { "last-event-id": "29" })
      yield* log.publish([cityEvent(31)])
      for (const client of [byHeader, byParameter, byBoth]) yield* until(() => client.lastId === "31")

      assert.deepStrictEqual(idsOf(byHeader), span(21, 31))
      assert.deepStrictEqual(idsOf(byParameter), span(1, 31))
      assert.deepStrictEqual(idsOf(byBoth), [30, 31])
    }))

  it.live("lets through what all given filters let through", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      const paths = [
        "/v1/events?district=Keh%C3%A4%20I",
        "/v1/events?sensor=bus%2F22",
        "/v1/events?type=health",
        "/v1/events?type=health,anomaly",
        "/v1/events?type=anomaly&district=kallio&sensor=bus%2F22"
      ]
      const clients = yield* Effect.forEach(paths, (path) => eventsClient(port, `${path}`))

      yield* log.publish([
        cityEvent(1),
        cityEvent(2, { district: "Kehä I", type: "health" }),
        cityEvent(3, { sensor: "bus/22", type: "anomaly" }),
        cityEvent(4, { sensor: "bus/22", district: "Kehä I", type: "window" }),
        cityEvent(5, { sensor: "bus/23", type: "anomaly" })
      ])
      yield* Effect.forEach(clients, (client, i) => got(client, [2, 2, 1, 3, 1][i] ?? 0))

      assert.deepStrictEqual(clients.map(idsOf), [[2, 4], [3, 4], [2], [2, 3, 5], [3]])
    }))

  it.live("says something at least every heartbeat, and moves the position of a client whose filter lets nothing through", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served({ events: { heartbeat: Duration.millis(100) } })
      const client = yield* eventsClient(port, "/v1/events?type=model")

      yield* log.publish(eventsUpTo(7))
      yield* until(() => client.comments.length >= 2 && client.lastId === "7")

      assert.deepStrictEqual(client.events, [])
      assert.strictEqual(client.comments[0], "heartbeat")
    }))

  it.live("is not compressed for those who would take it so", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      const client = yield* eventsClient(port, "/v1/events", { "accept-encoding": "gzip, br" })

      yield* log.publish(eventsUpTo(50))
      yield* got(client, 50)

      assert.notMatch(client.head, /content-encoding/i)
      assert.deepStrictEqual(idsOf(client), span(1, 50))
    }))

  it.live("is the same for HEAD, without a body and without a client that stays", () =>
    Effect.gen(function*() {
      const { base } = yield* served()

      const head = yield* ask(`${base}/v1/events`, { method: "HEAD" })
      const metrics = yield* ask(`${base}/metrics`)

      assert.strictEqual(head.status, 200)
      assert.match(head.headers.get("content-type") ?? "", /^text\/event-stream/)
      assert.match(metrics.body, /^vicinity_http_event_clients\S* 0$/m)
    }))
})

describe("a position that cannot be honoured", () => {
  it.live("that retention dropped is answered with a reset, then comes what is kept: a browser after an hour", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served({ log: small, events: { ringBytes: 256 * 1024 } })
      yield* publishMuch(log, 1, 400)
      const { first, last } = yield* log.bounds

      const client = yield* eventsClient(port, "/v1/events", { "last-event-id": "17" })
      yield* until(() => client.lastId === String(last))
      yield* log.publish([cityEvent(401)])
      yield* until(() => client.lastId === "401")

      assert.isAbove(first, 18)
      const [reset, ...events] = client.events
      assert.deepStrictEqual([reset?.id, reset?.event], [String(first - 1), "reset"])
      assert.deepStrictEqual([reset?.data.first, reset?.data.last], [first, last])
      assert.include(reset?.data.sentence, "load the state from the API again")
      assert.deepStrictEqual(events.map(({ id }) => Number(id)), span(first, 401))
    }))

  it.live("that is ahead of the log, of another data folder, is too", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served()
      yield* log.publish(eventsUpTo(2))

      const client = yield* eventsClient(port, "/v1/events?after=500")
      yield* got(client, 3)

      assert.deepStrictEqual(client.events.map(({ event, id }) => [event, id]), [
        ["reset", "0"],
        ["quality", "1"],
        ["quality", "2"]
      ])
      assert.include(client.events[0]?.data.sentence, "ahead")
    }))

  it.live("that a slow client lost while it was connected is a reset in its stream", () =>
    Effect.gen(function*() {
      const { log, port } = yield* served({ log: small, events: { ringBytes: 256 * 1024 } })
      const client = yield* eventsClient(port)
      client.pause()

      // What the sockets of both sides hold is some megabytes: more than that, and all of the log behind it.
      yield* publishMuch(log, 1, 1_500)
      client.resume()
      yield* until(() => client.lastId === "1500")

      const ids = idsOf(client)
      const at = client.events.findIndex(({ event }) => event === "reset")
      assert.isAbove(at, 0)
      const lastBefore = ids[at - 1] ?? 0
      const firstAfter = ids[at + 1] ?? 0
      assert.isAbove(firstAfter, lastBefore + 1)
      assert.deepStrictEqual(ids.slice(0, at), span(1, lastBefore))
      assert.deepStrictEqual(ids.slice(at + 1), span(firstAfter, 1_500))
    }))

  for (
    const [query, headers, parameter] of [
      ["?after=abc", {}, "after"],
      ["?after=-1", {}, "after"],
      ["?after=1.5", {}, "after"],
      ["?after=", {}, "after"],
      ["?after=9999999999999999", {}, "after"],
      ["", { "last-event-id": "quality:kallio" }, "Last-Event-ID"],
      ["?type=quality,weather", {}, "type"],
      ["?type=", {}, "type"],
      ["?type=quality&type=window", {}, "type"],
      ["?district=", {}, "district"],
      [`?sensor=${"x".repeat(200)}`, {}, "sensor"],
      ["?distrct=kallio", {}, "distrct"]
    ] as const
  ) {
    it.live(`${query.slice(0, 40)} ${JSON.stringify(headers)} is a 400 that names ${parameter}`, () =>
      Effect.gen(function*() {
        const { base } = yield* served()

        const answer = yield* ask(`${base}/v1/events${query}`, { headers })

        assertProblem(answer, 400, "bad-parameter")
        assert.strictEqual(answer.body.parameter, parameter)
      }))
  }
})

describe("live events and the server", () => {
  it.live("end at once when it stops, and go on without gap or repeat when it is there again", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const first = yield* eventsServer(folder)
      const clients = yield* Effect.forEach(span(1, 5), () => eventsClient(first.port))
      yield* first.log.publish(eventsUpTo(10))
      yield* Effect.forEach(clients, (client) => got(client, 10))

      yield* first.stop
      yield* until(() => clients.every(({ isClosed }) => isClosed))
      const second = yield* eventsServer(folder, { port: first.port })
      yield* second.log.publish(eventsUpTo(25))
      const again = yield* Effect.forEach(
        clients,
        ({ lastId }) => eventsClient(second.port, "/v1/events", { "last-event-id": lastId ?? "" })
      )
      yield* Effect.forEach(again, (client) => got(client, 15))

      for (const client of clients) assert.deepStrictEqual(idsOf(client), span(1, 10))
      for (const client of again) assert.deepStrictEqual(idsOf(client), span(11, 25))
    }))

  it.live("do not keep it from stopping when a client takes nothing", () =>
    Effect.gen(function*() {
      const server = yield* served({ log: { limitBytes: 64 * MiB } })
      const client = yield* eventsClient(server.port)
      client.pause()
      yield* publishMuch(server.log, 1, 1_000)
      yield* until(() => server.heldBytes() > 0)

      // Node would wait 20 seconds for a response that has begun, as long as a test may take.
      yield* server.stop

      assert.isBelow(client.events.length, 1_000)
    }))

  it.live("do not keep it from stopping when a little is left that a client does not take", () =>
    Effect.gen(function*() {
      const server = yield* served({ log: { limitBytes: 64 * MiB } })
      const client = yield* eventsClient(server.port)
      client.pause()
      let nth = 0
      let held = 0
      while (held === 0 || held !== server.heldBytes()) {
        yield* server.log.publish([cityEvent(++nth, { data: "x".repeat(20_000) })])
        yield* Effect.sleep("1 millis")
        held = server.heldBytes()
        // Still the same in a while: it is not on its way.
        if (held > 0) yield* Effect.sleep("100 millis")
      }

      yield* server.stop

      assert.isBelow(client.events.length, nth)
    }))

  it.live("refuse a client more than the limit with 503, until one leaves", () =>
    Effect.gen(function*() {
      const { base, log, port } = yield* served({ events: { clientsMax: 2 } })
      const one = yield* eventsClient(port)
      yield* eventsClient(port)

      const refused = yield* ask(`${base}/v1/events`)
      const full = yield* ask(`${base}/metrics`)
      one.close()
      const third = yield* Effect.repeat(eventsClient(port), { until: ({ status }) => status === 200 })
      yield* log.publish([cityEvent(1)])
      yield* got(third, 1)

      assertProblem(refused, 503, "too-many-clients")
      assert.strictEqual(refused.headers.get("retry-after"), "5")
      assert.match(full.body, /^vicinity_http_event_clients\S* 2$/m)
    }))
})
