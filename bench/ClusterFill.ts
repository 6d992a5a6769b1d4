/**
 * Fills the observation log of a NATS server as the ingest role would: URL LIMIT_GIB DATASTREAMS ROUNDS INTERVAL_MS REPORTS_PER_ROUND TICKS
 * DISTRICTS; one datastream a sensor. The last line is JSON.
 */
import { Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as NatsShardedLog from "../src/adapters/nats/NatsShardedLog.ts"
import { type Append, ObservationLog } from "../src/ports/ShardedLog.ts"
import { cpuSeconds } from "./Child.ts"
import { makeLoad } from "./Workload.ts"

const [url = "", limitGiB, ...numbers] = process.argv.slice(2)
const [datastreams = 0, rounds = 0, intervalMillis = 0, reportsPerRound = 1, , districts = 1] = numbers.map(Number)
const ticks = numbers[4] === "live" ? "live" : "history"

const fill = Effect.gen(function*() {
  const log = yield* ObservationLog
  const load = makeLoad({
    datastreams,
    rounds,
    intervalMillis,
    reportsPerRound,
    ticks,
    districts,
    datastreamsPerSensor: 1
  })
  let records: Array<Append> = []
  const figures = { records: 0, bytes: 0 }
  const collect = (shard: number, payload: Uint8Array): void => {
    records.push({ shard, payload })
    figures.records++
    figures.bytes += payload.length
  }
  const flush = Effect.gen(function*() {
    for (let at = 0; at < records.length; at += 4096) yield* log.append(records.slice(at, at + 4096))
    records = []
  })
  load.begin(collect)
  for (let round = 0; round < rounds; round++) {
    load.round(collect)
    yield* flush
  }
  load.rest(collect)
  yield* flush
  return figures
})

const options = { limitBytes: Number(limitGiB) * 2 ** 30, consumers: ["sensor"] }
const layer = NatsShardedLog.observationLogLayer({ ...options, minRetainedBytes: 256 * 2 ** 20 }).pipe(
  Layer.provide(NatsConnection.layer({ url: Redacted.make(url), name: "bench fill" }))
)
const startedAt = performance.now()
const figures = await Effect.runPromise(Effect.provide(fill, layer))
console.log(JSON.stringify({
  ...figures,
  observations: datastreams * rounds * reportsPerRound,
  seconds: (performance.now() - startedAt) / 1000,
  cpuSeconds: cpuSeconds()
}))
