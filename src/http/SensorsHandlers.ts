/** Questions about sensors, answered by their shards, by the history of windows and by what is kept of late ones and anomalies. */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { DatastreamUnknown, SensorQueries } from "../actors/SensorProtocol.ts"
import { AnomalyStore } from "../ports/AnomalyStore.ts"
import { LateStore } from "../ports/LateStore.ts"
import { WindowStore } from "../ports/WindowStore.ts"
import type { SensorDetail, SensorHealth } from "../schemas/Sensor.ts"
import type { SensorFilter } from "../schemas/SensorFilter.ts"
import { shardCount } from "../schemas/Shards.ts"
import type { WindowSize } from "../schemas/Window.ts"
import { type AnomaliesQuery, anomalyPage } from "./AnomalyPages.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { spanOf, type SpanQuery } from "./HistorySpan.ts"
import { decodeLateCursor, encodeLateCursor } from "./LateCursor.ts"
import { pageLimitDefault } from "./Paging.ts"
import { parseBbox, parseCursor, parseProperty } from "./Parameters.ts"
import { answering, BadParameter } from "./Refusals.ts"
import { decodeSensorCursor, encodeSensorCursor, firstSensor } from "./SensorCursor.ts"
import { windowsOfSensor } from "./WindowsOfSensor.ts"

interface ListQuery {
  readonly district?: string
  readonly property?: string
  readonly bbox?: string
  readonly health?: SensorHealth
  readonly limit?: number
  readonly cursor?: string
}

const filterOf = Effect.fnUntraced(function*(query: ListQuery) {
  const filter: SensorFilter = {
    ...(query.district === undefined ? {} : { district: query.district }),
    ...(query.property === undefined ? {} : { property: yield* parseProperty(query.property) }),
    ...(query.health === undefined ? {} : { health: query.health }),
    ...(query.bbox === undefined ? {} : { bbox: yield* parseBbox(query.bbox) })
  }
  return filter
})

/** The answer is put together from texts: decoding and encoding a list by its schema costs more than making it (docs/adr/0019). */
const listSensors = Effect.fnUntraced(function*(queries: SensorQueries["Service"], query: ListQuery) {
  yield* requireScope("sensors:read")
  const filter = yield* filterOf(query)
  const limit = query.limit ?? pageLimitDefault
  let { number, shard } = query.cursor === undefined
    ? firstSensor
    : yield* parseCursor(query.cursor, decodeSensorCursor)
  let sensors = 0
  let items = ""
  while (shard <= shardCount && sensors < limit) {
    const page = yield* queries.sensorsOfShard(shard, number, limit - sensors, filter)
    sensors += page.sensors
    items = items === "" || page.json === "" ? items + page.json : `${items},${page.json}`
    shard = page.next === null ? shard + 1 : shard
    number = page.next ?? 0
  }
  const nextCursor = shard > shardCount ? null : encodeSensorCursor({ shard, number })
  return HttpServerResponse.text(`{"items":[${items}],"nextCursor":${JSON.stringify(nextCursor)}}`, {
    contentType: "application/json"
  })
})

/** The property that is meant where none is given: the only one among these. */
const onlyPropertyOf = Effect.fnUntraced(function*(datastreams: SensorDetail["datastreams"]) {
  const [only] = datastreams
  if (only !== undefined && datastreams.length === 1) return only.property
  return yield* new BadParameter({
    parameter: "property",
    detail: datastreams.length === 0
      ? "property is needed: the sensor has not reported anything yet"
      : `property is needed: the sensor reports ${datastreams.map(({ property }) => property).join(", ")}`
  })
})

/** The property given, or the only one of the sensor, which is asked only where it matters. */
const propertyOf = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  sensorId: string,
  given: string | undefined
) {
  if (given !== undefined) return yield* parseProperty(given)
  return yield* onlyPropertyOf((yield* queries.detail(sensorId)).datastreams)
})

interface WindowsQuery extends SpanQuery {
  readonly property?: string
  readonly size?: WindowSize
}

const listWindows = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  store: WindowStore["Service"],
  sensorId: string,
  query: WindowsQuery
) {
  yield* requireScope("sensors:read")
  const span = yield* spanOf(query)
  const property = yield* propertyOf(queries, sensorId, query.property)
  return yield* windowsOfSensor(queries, store, { ...span, sensorId, property, size: query.size ?? "5m" })
})

interface LateQuery {
  readonly property?: string
  readonly limit?: number
  readonly cursor?: string
}

const listLate = Effect.fnUntraced(function*(
  queries: SensorQueries["Service"],
  store: LateStore["Service"],
  sensorId: string,
  query: LateQuery
) {
  yield* requireScope("sensors:read")
  const after = query.cursor === undefined ? undefined : yield* parseCursor(query.cursor, decodeLateCursor)
  const given = query.property === undefined ? undefined : yield* parseProperty(query.property)
  // The store has nothing of a datastream that nobody has heard of, and nothing of one that is always in time.
  const { datastreams } = yield* queries.detail(sensorId)
  const property = given ?? (yield* onlyPropertyOf(datastreams))
  if (!datastreams.some((stream) => stream.property === property)) {
    return yield* new DatastreamUnknown({ sensorId, property })
  }
  const page = yield* store.late({ sensorId, property, limit: query.limit ?? pageLimitDefault, after })
  return { items: page.items, nextCursor: page.next === null ? null : encodeLateCursor(page.next) }
})

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "sensors",
  Effect.fnUntraced(function*(handlers) {
    const queries = yield* SensorQueries
    const store = yield* WindowStore
    const lateStore = yield* LateStore
    const anomalyStore = yield* AnomalyStore
    const anomalies = Effect.fnUntraced(function*(sensorId: string, query: AnomaliesQuery) {
      yield* requireScope("sensors:read")
      // The store has nothing of a sensor that nobody has heard of, and nothing of one that is always as expected.
      yield* queries.detail(sensorId)
      return yield* anomalyPage(anomalyStore, { sensorId }, query)
    })
    const baseline = Effect.fnUntraced(function*(sensorId: string, property: string | undefined) {
      yield* requireScope("sensors:read")
      return yield* queries.baseline(sensorId, yield* propertyOf(queries, sensorId, property))
    })
    return handlers
      .handle("list", ({ query }) => answering(listSensors(queries, query)))
      .handle("windows", ({ params, query }) => answering(listWindows(queries, store, params.id, query)))
      .handle("baseline", ({ params, query }) => answering(baseline(params.id, query.property)))
      .handle("late", ({ params, query }) => answering(listLate(queries, lateStore, params.id, query)))
      .handle("anomalies", ({ params, query }) => answering(anomalies(params.id, query)))
  })
)
