/**
 * A cheap HTTP/1.1 load generator on raw sockets: one request under way on each connection. Client of the benchmarks only;
 * a real one would take more of the machine than the server that is measured.
 */
import { connect, type Socket } from "node:net"
import { quantile } from "./Rows.ts"

export interface LoadResult {
  readonly requests: number
  readonly errors: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const headEnd = Buffer.from("\r\n\r\n")

/**
 * Sends the requests that `next` gives, on `connections`, for `seconds`; each connection begins one at most every so many milliseconds,
 * or as soon as the one before was answered.
 */
export const load = async (
  port: number,
  connections: number,
  seconds: number,
  next: () => Buffer,
  expected: string,
  everyMillis = 0
): Promise<LoadResult> => {
  const latencies: Array<number> = []
  let errors = 0
  let isOver = false
  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0)
      let sentAt = 0
      const send = (): void => {
        if (isOver) {
          socket.destroy()
          resolve()
          return
        }
        sentAt = performance.now()
        socket.write(next())
      }
      socket.on("data", (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const head = received.indexOf(headEnd)
        if (head < 0) return
        const text = received.toString("latin1", 0, head)
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (received.length < head + 4 + length) return
        latencies.push(performance.now() - sentAt)
        if (!text.startsWith(`HTTP/1.1 ${expected}`)) errors++
        received = received.subarray(head + 4 + length)
        const waitMillis = sentAt + everyMillis - performance.now()
        if (waitMillis > 1) setTimeout(send, waitMillis)
        else send()
      })
      socket.on("error", reject)
      send()
    })
  const sockets = await Promise.all(Array.from({ length: connections }, () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket))
      socket.setNoDelay(true)
      socket.once("error", reject)
    })))
  const startedAt = performance.now()
  setTimeout(() => {
    isOver = true
  }, seconds * 1000)
  await Promise.all(sockets.map(drive))
  latencies.sort((a, b) => a - b)
  return {
    requests: latencies.length,
    errors,
    seconds: (performance.now() - startedAt) / 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99)
  }
}

export const getRequest = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)

export const postRequest = (path: string, contentType: string, body: string): Buffer => {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${contentType}\r\ncontent-length: ${bytes.length}\r\n\r\n`
    ),
    bytes
  ])
}
