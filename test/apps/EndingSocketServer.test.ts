/** What happens to an answer whose connection broke before it could be given. */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer } from "effect"
import { type Socket, SocketServer } from "effect/socket"
import { connect } from "node:net"
import { endingSocketServer } from "../../src/apps/EndingSocketServer.ts"

describe("a server of sockets", () => {
  it.live("answers while there is a connection, and a write that comes too late fails and waits for nothing", () =>
    Effect.gen(function*() {
      const layer = endingSocketServer(NodeSocketServer.layer({ host: "127.0.0.1", port: 0 }))
      const server = yield* Effect.provide(SocketServer.SocketServer, yield* Layer.build(layer))
      const answered = yield* Deferred.make<string>()
      const late = yield* Deferred.make<ReadonlyArray<Exit.Exit<void, Socket.SocketError>>>()
      yield* server.run((socket) =>
        Effect.gen(function*() {
          const writer = yield* socket.writer
          const written = Effect.all([
            Effect.exit(writer.write("too late")),
            Effect.exit(writer.writeAll(["too", "late"]))
          ])
          const whileRead = yield* Effect.gen(function*() {
            const { pull } = yield* socket.reader
            const [question] = yield* pull
            yield* writer.write(question)
            yield* Effect.ignore(Effect.forever(pull))
            return yield* written
          }).pipe(Effect.scoped)
          const exits = [...whileRead, ...(yield* written)]
          yield* Deferred.succeed(late, exits)
        }).pipe(Effect.scoped)
      ).pipe(Effect.forkScoped)
      const { port } = server.address as { readonly port: number }

      const client = connect(port, "127.0.0.1", () => client.write("question"))
      client.on("data", (bytes) => {
        Deferred.doneUnsafe(answered, Exit.succeed(bytes.toString()))
        client.resetAndDestroy()
      })

      assert.strictEqual(yield* Deferred.await(answered), "question")
      for (const exit of yield* Deferred.await(late)) {
        assert.isTrue(Exit.isFailure(exit))
        assert.include(String(exit), "SocketError")
      }
    }).pipe(Effect.scoped))
})
