/** Many clients of live events, some of which never read: the others get everything, and what is held for those is bounded. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { connect, type Socket } from "node:net"
import { eventsUpTo } from "../contracts/EventLogContract.ts"
import { temporaryFolder } from "../ingest/Logs.ts"
import { eventsServer, until } from "./EventsServer.ts"
import { ask } from "./Requests.ts"

const request = "GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n"

/** Counts events and whether their ids come one after the other; cheap, as there are millions of them. */
class CountingClient {
  count = 0
  lastId = 0
  isOrdered = true
  isReady = false
  private rest = ""
  readonly socket: Socket

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1", () => this.socket.write(request))
    this.socket.setEncoding("latin1").on("error", () => undefined).on("data", (text: string) => this.read(text))
  }

  private read(text: string): void {
    this.isReady = true
    const all = this.rest + text
    const end = all.lastIndexOf("\n") + 1
    this.rest = all.slice(end)
    for (let at = all.indexOf("id: "); at >= 0 && at < end; at = all.indexOf("id: ", at + 4)) {
      const line = all.indexOf("\n", at)
      // An id without an event is a heartbeat or the beginning.
      if (line + 1 >= end || !all.startsWith("event: quality", line + 1)) {
        if (line + 1 < end) continue
        this.rest = all.slice(at)
        return
      }
      const id = Number(all.slice(at + 4, line))
      this.isOrdered &&= id === this.lastId + 1
      this.lastId = id
      this.count++
    }
  }
}

/** Connected, asked, and never read from. */
const deafClient = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect({ port, host: "127.0.0.1", onread: { buffer: Buffer.alloc(1), callback: () => false } })
      socket.pause()
      socket.on("error", () => undefined)
      socket.on("connect", () => {
        socket.write(request)
        resume(Effect.succeed(socket))
      })
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("200 clients of which 50 never read", () => {
  it.live(
    "150 get all of 20,000 events in order, little is held for the 50, and they are disconnected and counted",
    () =>
      Effect.gen(function*() {
        const eventCount = 20_000
        const { base, heldBytes, log, port } = yield* eventsServer(yield* temporaryFolder, {
          events: { slowAfter: Duration.seconds(2) }
        })
        const clients = yield* Effect.acquireRelease(
          Effect.sync(() => Array.from({ length: 150 }, () => new CountingClient(port))),
          (clients) => Effect.sync(() => clients.forEach(({ socket }) => socket.destroy()))
        )
        yield* Effect.forEach(Array.from({ length: 50 }), () => deafClient(port), { concurrency: 10 })
        yield* until(() => clients.every(({ isReady }) => isReady))
        const metric = (name: string) =>
          Effect.map(
            ask(`${base}/metrics`),
            ({ body }) => Number(new RegExp(`^${name}\\S* (\\d+)$`, "m").exec(body)?.[1])
          )
        const clientsBefore = yield* metric("vicinity_http_event_clients")
        const sentBefore = yield* metric("vicinity_http_events_sent_total")
        let heldMost = 0
        const events = eventsUpTo(eventCount, (nth) => ({ data: { nth, text: "x".repeat(200) } }))

        for (let at = 0; at < eventCount; at += 200) {
          yield* log.publish(events.slice(at, at + 200))
          heldMost = Math.max(heldMost, heldBytes())
        }
        yield* until(() => {
          heldMost = Math.max(heldMost, heldBytes())
          return clients.every(({ count }) => count === eventCount)
        })
        yield* Effect.repeat(metric("vicinity_http_event_clients"), { until: (now) => now === 150 })

        assert.deepStrictEqual(clients.filter(({ isOrdered }) => !isOrdered), [])
        assert.strictEqual(clientsBefore, 200)
        assert.isAtLeast((yield* metric("vicinity_http_events_sent_total")) - sentBefore, 150 * eventCount)
        assert.strictEqual(yield* metric("vicinity_http_slow_clients_total"), 50)
        // 64 KiB of the socket and one chunk of 32 KiB for each, deaf or not. All events of one client are 9 MB.
        assert.isAtMost(heldMost, 200 * 100 * 1024)
        assert.isAbove(heldMost, 0)
      }),
    60_000
  )
})
