/**
 * A server of sockets whose writes end with the connection. As Effect 4.1 makes them, a write that comes after its connection has broken waits
 * until there is another one, which a server never gets: after a process of the city had been frozen, answers to it waited for ever, and
 * with them the hand-over of their shards and the end of the process. Promise: such a write fails.
 */
import { Effect, Layer } from "effect"
import { Socket, SocketServer } from "effect/socket"

const gone = Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1006 }) }))

const endingWithReader = (socket: Socket.Socket): Socket.Socket => {
  let hasEnded = false
  const end = Effect.sync(() => {
    hasEnded = true
  })
  return Socket.make({
    reader: Effect.tap(socket.reader, () => Effect.addFinalizer(() => end)),
    writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
      write: (chunk) => Effect.suspend(() => hasEnded ? gone : write(chunk)),
      writeAll: (chunks) => Effect.suspend(() => hasEnded ? gone : writeAll(chunks))
    }))
  })
}

export const endingSocketServer = <E, R>(
  server: Layer.Layer<SocketServer.SocketServer, E, R>
): Layer.Layer<SocketServer.SocketServer, E, R> =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.map(SocketServer.SocketServer, (inner) =>
      SocketServer.SocketServer.of({
        ...inner,
        run: (handler) => inner.run((socket) => handler(endingWithReader(socket)))
      }))
  ).pipe(Layer.provide(server))
