/**
 * One pass over a filled observation log on a NATS server: MODE URL LIMIT_GIB. `count`: the client library's own consumers, messages counted;
 * `read`: our feeds, records counted; `decode`: our feeds and every batch decoded. The last line is JSON.
 */
import { jetstream } from "@nats-io/jetstream"
import { Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as NatsShardedLog from "../src/adapters/nats/NatsShardedLog.ts"
import { ObservationLog } from "../src/ports/ShardedLog.ts"
import { BatchReader } from "../src/schemas/BatchReader.ts"
import { recordKinds } from "../src/schemas/Records.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSeconds } from "./Child.ts"
import { everyRecord } from "./EveryRecord.ts"

const [mode = "", url = "", limitGiB] = process.argv.slice(2)

/** More of them for every shard are more than the server holds for one connection, and it cuts it. */
const messagesAhead = 64

/** Until the last message of each stream: those of the library, as a program without Vicinity would. */
const counted = Effect.gen(function*() {
  const { client, manager } = yield* NatsConnection.NatsConnection
  const stream = jetstream(client)
  const countShard = async (shard: number): Promise<number> => {
    const name = `vicinity_obs_${shard}`
    const { last_seq: last } = (await manager.streams.info(name)).state
    const consumer = await stream.consumers.get(name)
    const messages = await consumer.consume({ max_messages: messagesAhead })
    let n = 0
    for await (const { seq } of messages) {
      n++
      if (seq === last) break
    }
    return n
  }
  return yield* Effect.promise(async () => (await Promise.all(shards.map(countShard))).reduce((a, b) => a + b, 0))
})

const read = Effect.fnUntraced(function*(visit: (payload: Uint8Array) => void) {
  let n = 0
  yield* everyRecord(yield* ObservationLog, (_shard, payload) => {
    n++
    visit(payload)
  })
  return n
})

const decoding = () => {
  const reader = new BatchReader()
  return (payload: Uint8Array): void => {
    if (payload[2] === recordKinds.batch) reader.read(payload)
  }
}

const connection = NatsConnection.layer({ url: Redacted.make(url), name: `bench ${mode}` })
const options = { limitBytes: Number(limitGiB) * 2 ** 30, consumers: ["sensor"] }
const layer = NatsShardedLog.observationLogLayer({ ...options, minRetainedBytes: 256 * 2 ** 20 }).pipe(
  Layer.provideMerge(connection)
)
const pass = Effect.gen(function*() {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  const records = yield* mode === "count" ? counted : read(mode === "read" ? () => undefined : decoding())
  return { records, cpuSeconds: cpuSeconds(before), seconds: (performance.now() - startedAt) / 1000 }
})
console.log(JSON.stringify(await Effect.runPromise(Effect.provide(Effect.scoped(pass), layer))))
process.exit(0)
