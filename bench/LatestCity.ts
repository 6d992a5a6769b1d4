/**
 * A city of many sensors with two APIs that have no shard of their own: FOLDER SENSORS REDIS_PORT (a Redis that runs). One asks the doors of the
 * shards, the other the view in Redis, which the city writes. Prints "listening on DOORS VIEW" and ends with its input.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { sensorQueriesLayer } from "../src/actors/ClusterSensorQueries.ts"
import { writeLatest } from "../src/actors/LatestViewWriter.ts"
import { LocalShards } from "../src/actors/LocalShards.ts"
import * as RedisPorts from "../src/adapters/redis/RedisPorts.ts"
import { openCity } from "../src/apps/EmbeddedCity.ts"
import * as CityHttp from "../src/http/CityHttp.ts"
import { LatestView, type LatestViewService } from "../src/ports/LatestView.ts"
import { ObservationLog } from "../src/ports/ShardedLog.ts"
import { shards } from "../src/schemas/Shards.ts"
import { settingsOf } from "./Settings.ts"
import { makeLoad } from "./Workload.ts"

const [folder = "", sensors = "", redisPort = ""] = process.argv.slice(2)
type City = Effect.Success<ReturnType<typeof openCity>>

const api = Effect.fnUntraced(function*({ context, timeZone }: City, view: LatestViewService | undefined) {
  const queries = yield* Layer.build(sensorQueriesLayer.pipe(Layer.provide(Layer.fresh(LocalShards.layer)))).pipe(
    Effect.provide(context),
    Effect.provideService(LatestView, view)
  )
  const served = yield* Layer.build(
    CityHttp.layer({ version: "bench", timeZone }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    )
  ).pipe(Effect.provide(Context.merge(context, queries)), Effect.provideService(LatestView, view))
  return new URL(HttpServer.formatAddress(Context.get(served, HttpServer.HttpServer).address)).port
})

const run = Effect.gen(function*() {
  const city = yield* openCity(settingsOf(folder), "Europe/Helsinki")
  const log = Context.get(city.context, ObservationLog)
  const local = Context.get(city.context, LocalShards)
  const load = makeLoad({ datastreams: 2 * Number(sensors), rounds: 1_000, intervalMillis: 60_000, districts: 60 })
  /** Every datastream once, until it is stored: what is measured shall not share the machine with commits. */
  const round = Effect.gen(function*() {
    const records: Array<{ shard: number; payload: Uint8Array }> = []
    load.round((shard, payload) => records.push({ shard, payload }))
    for (let at = 0; at < records.length; at += 1024) yield* log.append(records.slice(at, at + 1024))
    for (const shard of shards) {
      while (local.entry(shard).committed < (yield* log.bounds(shard)).last) yield* Effect.sleep("5 millis")
    }
  })
  yield* round
  const redis = RedisPorts.layer({ url: Redacted.make(`redis://127.0.0.1:${redisPort}`) })
  const view = Context.get(yield* Layer.build(redis).pipe(Effect.provide(city.context)), LatestView)
  if (view === undefined) return yield* Effect.die("there is no view")
  yield* Effect.forkScoped(writeLatest(view).pipe(Effect.provide(city.context)))
  for (const shard of shards) {
    while ((yield* Effect.orElseSucceed(view.read(shard, 0, 1), () => undefined)) === undefined) {
      yield* Effect.sleep("20 millis")
    }
  }
  console.log(`listening on ${yield* api(city, undefined)} ${yield* api(city, view)}`)
  yield* Effect.promise(() => new Promise<void>((resolve) => process.stdin.on("end", resolve).resume()))
}).pipe(Effect.scoped)

await Effect.runPromise(run)
