/**
 * `GET /v1/sensors/{id}`, the hottest question. A plain route with the path of its contract: no decoding and encoding by
 * schema, which halve the rate (docs/adr/0009); the type of what `SensorQueries` answers is that of the contract.
 */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { SensorQueries } from "../actors/SensorProtocol.ts"
import type { SensorDetail } from "../schemas/Sensor.ts"
import { requireScope } from "./Authorization.ts"
import { answering } from "./Refusals.ts"
import { detail } from "./SensorsApi.ts"

const encode = (sensor: typeof SensorDetail.Encoded): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(sensor), { contentType: "application/json" })

export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const router = yield* HttpRouter.HttpRouter
  const queries = yield* SensorQueries
  yield* router.add(
    detail.method,
    detail.path,
    answering(
      requireScope("sensors:read").pipe(
        Effect.andThen(HttpRouter.params),
        Effect.flatMap((params) => Effect.map(queries.detail(params["id"] ?? ""), encode))
      )
    )
  )
}))
