/**
 * A server of sockets whose writes end with the connection. As Effect 4.1 makes them, a write that comes after its connection has broken waits
 * for room in it, or for another one, and neither ever comes: after a process of the city had been frozen, answers to it waited for ever, and
 * with them the hand-over of their shards and the end of the process. Promise: such a write fails.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Effect, Layer, Option } from "effect"
import { Socket, SocketServer } from "effect/socket"
import type { Socket as Connection } from "node:net"

const gone = Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1006 }) }))

const endingWith = (connection: Connection, socket: Socket.Socket): Socket.Socket => {
  let hasEnded = false
  const end = Effect.sync(() => {
    hasEnded = true
  })
  const isOpen = (): boolean => !hasEnded && !connection.destroyed
  return Socket.make({
    reader: Effect.tap(socket.reader, () => Effect.addFinalizer(() => end)),
    writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
      write: (chunk) => Effect.suspend(() => isOpen() ? write(chunk) : gone),
      writeAll: (chunks) => Effect.suspend(() => isOpen() ? writeAll(chunks) : gone)
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
        run: (handler) =>
          inner.run((socket) =>
            Effect.flatMap(Effect.serviceOption(NodeSocket.NetSocket), (connection) =>
              Option.isSome(connection)
                ? handler(endingWith(connection.value, socket))
                : Effect.die(new Error("the server of sockets does not say which connection it is")))
          )
      }))
  ).pipe(Layer.provide(server))
