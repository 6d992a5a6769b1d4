/**
 * A line to a server that can be spoilt: between one client and one server on loopback, so that others have a good line to the same server.
 * Promises: what goes through a whole or slow line comes out complete and in order; nothing is kept open when the scope closes.
 */
import { Effect } from "effect"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/**
 * whole: as if it were not there. cut: everything is closed at once, and whoever comes is turned away. slow: a latency and a bandwidth for
 * each direction. half-open: bytes vanish and nothing is closed, as behind a router that has forgotten.
 */
export type LineState = "whole" | "cut" | "slow" | "half-open"

export interface TcpProxy {
  readonly port: number
  readonly set: (state: LineState) => Effect.Effect<void>
}

export interface TcpProxyOptions {
  /** Of the server. */
  readonly to: number
  /** Of a slow line, each way. */
  readonly latencyMillis?: number | undefined
  readonly bytesPerSecond?: number | undefined
}

/** Of one connection, on their way while the line is slow; more wait in the buffers of the sockets. */
const underWayBytesMax = 65_536

class Line {
  state: LineState = "whole"
  readonly pairs = new Set<Pair>()
  /** Until when a direction of the slow line is taken. */
  readonly takenUntil: { up: number; down: number } = { up: 0, down: 0 }
  readonly to: number
  readonly latencyMillis: number
  readonly bytesPerMilli: number

  constructor({ bytesPerSecond = 262_144, latencyMillis = 100, to }: TcpProxyOptions) {
    this.to = to
    this.latencyMillis = latencyMillis
    this.bytesPerMilli = bytesPerSecond / 1_000
  }

  accept(client: Socket): void {
    if (this.state === "cut") client.resetAndDestroy()
    else this.pairs.add(new Pair(this, client))
  }

  set(state: LineState): void {
    this.state = state
    // What has lost bytes cannot go on: who sends next is told so.
    for (const pair of this.pairs) if (state === "cut" || (pair.isTorn && state !== "half-open")) pair.close()
  }
}

/** A client's connection and ours to the server. */
class Pair {
  isTorn = false
  private readonly line: Line
  private readonly client: Socket
  private readonly server: Socket | undefined

  constructor(line: Line, client: Socket) {
    this.line = line
    this.client = client
    if (line.state === "half-open") {
      this.isTorn = true
      client.on("data", () => undefined).on("error", () => undefined)
      return
    }
    this.server = connect({ host: "127.0.0.1", port: line.to, noDelay: true, allowHalfOpen: true })
    this.join(client, this.server, "up")
    this.join(this.server, client, "down")
  }

  close(): void {
    this.line.pairs.delete(this)
    this.client.resetAndDestroy()
    this.server?.resetAndDestroy()
  }

  private join(from: Socket, to: Socket, direction: "up" | "down"): void {
    const { line } = this
    let underWay = 0
    let last = Promise.resolve()
    const write = (chunk: Buffer): void => {
      if (to.destroyed || to.write(chunk)) return
      from.pause()
      if (to.listenerCount("drain") === 0) to.once("drain", () => from.resume())
    }
    const after = (millis: number, then: () => void): void => {
      const due = new Promise((resolve) => setTimeout(resolve, millis))
      last = last.then(() => due).then(then)
    }
    const later = (chunk: Buffer): void => {
      const now = performance.now()
      const begun = Math.max(now, line.takenUntil[direction])
      const millis = line.state === "slow" ? line.latencyMillis + begun - now : 0
      if (line.state === "slow") line.takenUntil[direction] = begun + chunk.length / line.bytesPerMilli
      underWay += chunk.length
      if (underWay > underWayBytesMax) from.pause()
      after(millis, () => {
        underWay -= chunk.length
        from.resume()
        write(chunk)
      })
    }
    from.on("data", (chunk: Buffer) => {
      if (line.state === "half-open" || this.isTorn) this.isTorn = true
      else if (line.state === "slow" || underWay > 0) later(chunk)
      else write(chunk)
    })
    from.on("end", () => {
      if (line.state === "half-open") this.isTorn = true
      else if (underWay > 0) after(0, () => to.end())
      else to.end()
    })
    from.on("error", () => undefined)
    from.on("close", (hadError) => {
      if (line.state === "half-open") this.isTorn = true
      else if (hadError || to.destroyed || to.writableEnded) this.forget(to, hadError)
    })
  }

  private forget(to: Socket, hadError: boolean): void {
    if (hadError) to.resetAndDestroy()
    if (this.client.destroyed && (this.server?.destroyed ?? true)) this.line.pairs.delete(this)
  }
}

/** Runs until the scope closes. */
export const tcpProxy = Effect.fnUntraced(function*(options: TcpProxyOptions) {
  const line = new Line(options)
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => line.accept(client))
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.sync(() => {
        server.close()
        line.set("cut")
      })
  )
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    set: (state) => Effect.sync(() => line.set(state))
  }
  return proxy
})
