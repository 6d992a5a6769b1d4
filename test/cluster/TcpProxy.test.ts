/** A line that can be spoilt: what comes through it, and what becomes of those at its ends. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { tcpProxy } from "../../stack/TcpProxy.ts"

/** Sends back what it gets. */
const echo = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket))
    await once(server.listen(0, "127.0.0.1"), "listening")
    return server
  }),
  (server) => Effect.sync(() => server.close())
)

class Client {
  readonly socket: Socket
  received = Buffer.alloc(0)
  /** Also by a reset. */
  readonly closed: Promise<unknown>

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true })
    this.socket.on("data", (chunk: Buffer) => this.received = Buffer.concat([this.received, chunk]))
    this.socket.on("error", () => undefined)
    this.closed = new Promise((resolve) => this.socket.on("close", resolve))
  }

  readonly heard = (bytes: number) =>
    Effect.promise(async () => {
      while (this.received.length < bytes) await once(this.socket, "data")
    })
}

const proxied = Effect.gen(function*() {
  const server = yield* echo
  const proxy = yield* tcpProxy({
    to: (server.address() as AddressInfo).port,
    latencyMillis: 5,
    bytesPerSecond: 5_000_000
  })
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new Client(proxy.port)),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )
  return { proxy, client }
})

const numbers = (n: number) => Buffer.from(Uint32Array.from({ length: n }, (_, i) => i).buffer)

describe("a line", () => {
  it.live("brings everything through in order, slow or not", () =>
    Effect.gen(function*() {
      const { client, proxy } = yield* proxied
      const sent = numbers(200_000)

      client.socket.write(sent.subarray(0, 200_000))
      yield* proxy.set("slow")
      client.socket.write(sent.subarray(200_000, 500_001))
      yield* client.heard(300_000)
      yield* proxy.set("whole")
      client.socket.write(sent.subarray(500_001))
      yield* client.heard(sent.length)

      assert.isTrue(client.received.equals(sent))
    }).pipe(Effect.scoped))

  it.live("that is cut closes everything and turns away who comes, until it is whole", () =>
    Effect.gen(function*() {
      const { client, proxy } = yield* proxied
      client.socket.write("a")
      yield* client.heard(1)

      yield* proxy.set("cut")
      yield* Effect.promise(() => client.closed)
      yield* Effect.promise(() => new Client(proxy.port).closed)
      yield* proxy.set("whole")
      const next = new Client(proxy.port)
      next.socket.write("bc")
      yield* next.heard(2)
      next.socket.destroy()

      assert.strictEqual(next.received.toString(), "bc")
    }).pipe(Effect.scoped))

  it.live("that is half-open swallows what is sent and closes nothing; whole again, it breaks off what lacks something", () =>
    Effect.gen(function*() {
      const { client, proxy } = yield* proxied
      const silent = new Client(proxy.port)
      for (const { heard, socket } of [client, silent]) {
        socket.write("a")
        yield* heard(1)
      }

      yield* proxy.set("half-open")
      client.socket.write("b")
      const during = new Client(proxy.port)
      during.socket.write("c")
      yield* Effect.sleep("100 millis")
      const wasClosed = [client, silent, during].map(({ socket }) => socket.closed)
      yield* proxy.set("whole")
      yield* Effect.promise(() => Promise.all([client.closed, during.closed]))
      silent.socket.write("d")
      yield* silent.heard(2)
      silent.socket.destroy()

      assert.deepStrictEqual(wasClosed, [false, false, false])
      assert.strictEqual(client.received.toString(), "a")
      assert.strictEqual(during.received.length, 0)
      assert.strictEqual(silent.received.toString(), "ad")
    }).pipe(Effect.scoped))
})
