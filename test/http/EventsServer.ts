/**
 * Live events over real HTTP, on a real event log in files, without a city behind them; and a client that reads the stream from a
 * raw socket, so that nothing of a library stands between. Each lives as long as its scope.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Exit, Layer, Scope } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import * as FileEventLog from "../../src/adapters/embedded/FileEventLog.ts"
import { serveOptions } from "../../src/http/CityHttp.ts"
import { HttpSettings, httpSettings, type LiveEventsSettings } from "../../src/http/HttpSettings.ts"
import * as LiveEvents from "../../src/http/LiveEvents.ts"
import { LiveEventsApi } from "../../src/http/LiveEventsApi.ts"
import * as LiveEventsHandlers from "../../src/http/LiveEventsHandlers.ts"
import * as Pages from "../../src/http/Pages.ts"
import * as RequestEdge from "../../src/http/RequestEdge.ts"
import { EventLog } from "../../src/ports/EventLog.ts"

const EventsApi = HttpApi.make("vicinity").add(LiveEventsApi).annotate(HttpApi.QueryParseOptions, {
  onExcessProperty: "error"
})

export interface EventsServer {
  readonly base: string
  readonly port: number
  readonly log: EventLog["Service"]
  /** Bytes that the server's sockets hold because their clients have not taken them. */
  readonly heldBytes: () => number
  /** Takes the server down, as a stop does; resolves when it is down. */
  readonly stop: Effect.Effect<void>
}

export const eventsServer = Effect.fnUntraced(function*(
  folder: string,
  options: {
    readonly events?: Partial<LiveEventsSettings>
    readonly log?: Partial<FileEventLog.FileEventLogOptions>
    readonly port?: number
  } = {}
): Effect.fn.Return<EventsServer, unknown, Scope.Scope> {
  const sockets = new Set<Socket>()
  const server = () =>
    createServer().on("connection", (socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    })
  const settings = Layer.succeed(
    HttpSettings,
    httpSettings({ version: "test", timeZone: "Europe/Helsinki", events: options.events })
  )
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(EventsApi).pipe(Layer.provide(LiveEventsHandlers.layer)),
    Pages.layer
  ).pipe(Layer.provide(RequestEdge.layer), Layer.provide(settings))
  const served = LiveEvents.endBeforeServer.pipe(
    Layer.provideMerge(HttpRouter.serve(routes, serveOptions)),
    Layer.provide(LiveEvents.layer.pipe(Layer.provide(settings))),
    Layer.provideMerge(NodeHttpServer.layer(server, { port: options.port ?? 0, host: "127.0.0.1" })),
    Layer.provideMerge(FileEventLog.layer({ folder, ...options.log }))
  )
  const scope = yield* Scope.fork(yield* Effect.scope)
  const context = yield* Layer.build(served).pipe(Scope.provide(scope))
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  const base = HttpServer.formatAddress(address)
  return {
    base,
    port: Number(new URL(base).port),
    log: yield* Effect.provideContext(EventLog, context),
    heldBytes: () => [...sockets].reduce((sum, socket) => sum + socket.writableLength, 0),
    stop: Scope.close(scope, Exit.void)
  }
})

export interface Received {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: any
}

/** A client as a browser is one: it remembers the last id and gives out what has data. */
export class EventsClient {
  readonly events: Array<Received> = []
  readonly comments: Array<string> = []
  readonly retries: Array<string> = []
  head = ""
  lastId: string | undefined
  isClosed = false
  private readonly socket: Socket
  private text = ""
  private block = ""

  constructor(port: number, path: string, headers: Readonly<Record<string, string>> = {}) {
    this.socket = connect(port, "127.0.0.1")
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.setEncoding("latin1").on("data", (text: string) => this.read(text))
    this.socket.on("error", () => undefined).on("close", () => {
      this.isClosed = true
    })
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join("")}\r\n`)
  }

  get status(): number {
    return Number(this.head.slice(9, 12))
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  close(): void {
    this.socket.destroy()
  }

  private read(text: string): void {
    this.text += text
    if (this.head === "") {
      const end = this.text.indexOf("\r\n\r\n")
      if (end < 0) return
      this.head = this.text.slice(0, end)
      this.text = this.text.slice(end + 4)
    }
    if (!this.head.includes("chunked")) return
    for (let end = this.text.indexOf("\r\n"); end >= 0; end = this.text.indexOf("\r\n")) {
      const length = Number.parseInt(this.text.slice(0, end), 16)
      const start = end + 2
      if (Number.isNaN(length)) throw new Error(`no chunk: ${this.text.slice(0, 100)}`)
      // Read as Latin-1, so that a character is a byte.
      if (this.text.length < start + length + 2) return
      this.block += this.text.slice(start, start + length)
      this.text = this.text.slice(start + length + 2)
      this.blocks()
    }
  }

  private blocks(): void {
    const parts = this.block.split("\n\n")
    this.block = parts.pop() ?? ""
    for (const part of parts) this.dispatch(Buffer.from(part, "latin1").toString("utf8").split("\n"))
  }

  private dispatch(lines: ReadonlyArray<string>): void {
    let event: string | undefined
    let data: string | undefined
    for (const line of lines) {
      const colon = line.indexOf(":")
      const field = line.slice(0, colon)
      const value = line.slice(colon + 1).replace(/^ /, "")
      if (field === "") this.comments.push(value)
      else if (field === "id") this.lastId = value
      else if (field === "event") event = value
      else if (field === "data") data = value
      else if (field === "retry") this.retries.push(value)
    }
    if (data !== undefined) this.events.push({ id: this.lastId, event, data: JSON.parse(data) })
  }
}

/** A client that is there and gone with the scope; ready once it has been answered. */
export const eventsClient = (port: number, path = "/v1/events", headers: Readonly<Record<string, string>> = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => new EventsClient(port, path, headers)),
    (client) => Effect.sync(() => client.close())
  ).pipe(Effect.tap((client) => until(() => client.lastId !== undefined || client.isClosed)))

/** Waits until it holds; the test's own limit of time says when to give up. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => holds() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(holds)))
