/**
 * The TCP between the processes of a city: Effect's own layers for it (NodeClusterSocket), put together with two differences. Promises:
 * an answer that can no longer be given is given up (`EndingSocketServer`); a question goes out at once. Without `noDelay` the kernel
 * holds a small message back until the one before it is confirmed, which takes up to 40 ms: of questions asked several at a time
 * the median took 8 ms instead of 2, one in a hundred 76 instead of 5.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Layer, Option } from "effect"
import { RunnerHealth, Runners, ShardingConfig, SocketRunner } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import { endingSocketServer } from "./EndingSocketServer.ts"

const openMillis = 1_000
/** Of a connection that carries nothing. */
const quietMillis = 5_500

const clients = Layer.effect(
  Runners.RpcClientProtocol,
  Effect.gen(function*() {
    const serialization = yield* RpcSerialization.RpcSerialization
    return {
      codecFor: serialization.codecFor,
      make: Effect.fnUntraced(function*({ host, port }) {
        const socket = yield* NodeSocket.makeNet({
          openTimeout: openMillis,
          timeout: quietMillis,
          host,
          port,
          noDelay: true
        })
        return yield* RpcClient.makeProtocolSocket().pipe(
          Effect.provideService(Socket.Socket, socket),
          Effect.provideService(RpcSerialization.RpcSerialization, serialization)
        )
      }, Effect.orDie)
    }
  })
)

const server = Layer.unwrap(Effect.gen(function*() {
  const { runnerAddress, runnerListenAddress } = yield* ShardingConfig.ShardingConfig
  const address = Option.orElse(runnerListenAddress, () => runnerAddress)
  if (Option.isNone(address)) return yield* Effect.die(new Error("a process that holds shards needs an address"))
  return endingSocketServer(
    NodeSocketServer.layer({ host: address.value.host, port: address.value.port, noDelay: true })
  )
}))

const health = RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc))

/** Of a process that holds shards. */
export const runnerSockets = (config: Partial<ShardingConfig.ShardingConfig["Service"]>) =>
  SocketRunner.layer.pipe(
    Layer.provide(server),
    Layer.provide(health),
    Layer.provide(clients),
    Layer.provide(ShardingConfig.layer(config)),
    Layer.provide(RpcSerialization.layerSchemaBinary())
  )

/** Of one that asks those, and holds none. */
export const clientSockets = (config: Partial<ShardingConfig.ShardingConfig["Service"]>) =>
  SocketRunner.layerClientOnly.pipe(
    Layer.provide(clients),
    Layer.provide(ShardingConfig.layer(config)),
    Layer.provide(RpcSerialization.layerSchemaBinary())
  )
