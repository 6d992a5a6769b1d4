/**
 * An API that has no shard itself, beside a city in the same process: its questions go to the entities of the city as they would from
 * another runner, and its lists to a view where it has one. Lives as long as its scope; gives its URL.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { sensorQueriesLayer } from "../../src/actors/ClusterSensorQueries.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { latestViewPart } from "../../src/apps/ClusterEdges.ts"
import type { openCity } from "../../src/apps/EmbeddedCity.ts"
import * as CityHttp from "../../src/http/CityHttp.ts"
import { LatestView, type LatestViewService } from "../../src/ports/LatestView.ts"
import { Readiness } from "../../src/ports/Readiness.ts"

type City = Effect.Success<ReturnType<typeof openCity>>

export const apiElsewhere = Effect.fnUntraced(function*(
  { context, timeZone }: Pick<City, "context" | "timeZone">,
  view: LatestViewService | undefined
) {
  const queries = yield* Layer.build(sensorQueriesLayer.pipe(Layer.provide(Layer.fresh(LocalShards.layer)))).pipe(
    Effect.provide(context),
    Effect.provideService(LatestView, view)
  )
  const parts = view === undefined ? Effect.succeed([]) : Effect.map(latestViewPart(view), (part) => [part])
  const served = yield* Layer.build(
    CityHttp.layer({ version: "test", timeZone }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    )
  ).pipe(
    Effect.provide(Context.merge(context, queries)),
    Effect.provideService(Readiness, { hasShards: false, parts })
  )
  return HttpServer.formatAddress(Context.get(served, HttpServer.HttpServer).address)
})
