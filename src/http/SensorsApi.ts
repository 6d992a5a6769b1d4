/** The contract of sensors: lists, one sensor, its windows, its baseline, what came too late, its anomalies. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Baseline } from "../schemas/Baseline.ts"
import { LateObservation } from "../schemas/LateObservation.ts"
import { Sensor, SensorDetail, SensorHealth } from "../schemas/Sensor.ts"
import { Window, WindowSize } from "../schemas/Window.ts"
import { anomaliesQuery, AnomalyPage } from "./AnomalyPages.ts"
import { Bbox, Cursor, describePageLimit, Instant, limit, NextCursor, Property } from "./Paging.ts"
import { problems } from "./Problems.ts"

const onlyProperty = Schema.optionalKey(
  Schema.String.annotate({ description: "May be left out where the sensor reports just one", examples: ["noise"] })
)

const SensorId = Schema.String.annotate({
  description: "Id of the sensor, percent-encoded as one segment: `/` is `%2F`",
  examples: ["noise-kallio-1"]
})

const sensorExample: Sensor = {
  id: "lam-23128",
  name: "lam-23128",
  location: null,
  district: null,
  health: "ok",
  latest: [{ property: "vehicle_speed", phenomenonTime: "2026-11-24T08:00:00.000Z", result: 62.5, unit: "km/h" }]
}

export const SensorPage = Schema.Struct({ items: Schema.Array(Sensor), nextCursor: NextCursor }).annotate({
  identifier: "SensorPage",
  examples: [{ items: [sensorExample], nextCursor: null }]
})

export const WindowPage = Schema.Struct({ items: Schema.Array(Window), nextCursor: NextCursor }).annotate({
  identifier: "WindowPage",
  examples: [{
    items: [{
      property: "vehicle_speed",
      start: "2026-11-24T08:00:00.000Z",
      end: "2026-11-24T08:05:00.000Z",
      count: 5,
      mean: 61.2,
      variance: 2.5,
      min: 58.5,
      max: 63,
      last: 62.5,
      revision: 0,
      final: true
    }],
    nextCursor: null
  }]
})

export const LatePage = Schema.Struct({ items: Schema.Array(LateObservation), nextCursor: NextCursor }).annotate({
  identifier: "LatePage",
  examples: [{
    items: [{
      property: "vehicle_speed",
      phenomenonTime: "2026-11-24T07:40:00.000Z",
      resultTime: null,
      result: 58.5,
      unit: "km/h",
      receivedAt: "2026-11-24T08:00:02.150Z"
    }],
    nextCursor: null
  }]
})

const list = HttpApiEndpoint.get("list", "/v1/sensors", {
  query: {
    district: Schema.optionalKey(
      Schema.String.annotate({ description: "Id of a district; sensors outside all are in none", examples: ["kallio"] })
    ),
    property: Schema.optionalKey(Property("noise")),
    bbox: Schema.optionalKey(Bbox("")),
    health: Schema.optionalKey(
      SensorHealth.annotate({ description: "Only sensors that are so", examples: ["stuck"] })
    ),
    limit,
    cursor: Schema.optionalKey(Cursor)
  },
  success: SensorPage,
  error: problems(400, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Sensors, each with the latest value of everything it reports",
  description:
    "All given filters must hold. Ordered so that a cursor stays valid while sensors are added; the last page may be empty.",
  transform: describePageLimit
}))

const windows = HttpApiEndpoint.get("windows", "/v1/sensors/:id/windows", {
  params: { id: SensorId },
  query: {
    property: onlyProperty,
    size: Schema.optionalKey(WindowSize.annotate({ description: "Default 5m", examples: ["1h"] })),
    from: Schema.optionalKey(Instant("Windows that start at or after it")),
    to: Schema.optionalKey(Instant("Windows that start before it")),
    limit,
    cursor: Schema.optionalKey(Cursor),
    at: Schema.optionalKey(
      Instant(
        "The history as it was recorded at this instant, without windows that are still open. The clock is that of the server: what "
          + "was sent long after it was measured was not known before it was sent"
      )
    )
  },
  success: WindowPage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Windows of a sensor, ascending by start",
  description:
    "Without `from` and `cursor`: the newest windows (before `to`, where given) up to `limit`, so that a city replayed from "
    + "long ago answers too; go back with `to` = the first `start`. With `from`: from there on, page by page. The newest may "
    + "still be open (`final` false).",
  transform: describePageLimit
}))

const baseline = HttpApiEndpoint.get("baseline", "/v1/sensors/:id/baseline", {
  params: { id: SensorId },
  query: {
    property: onlyProperty
  },
  success: Baseline,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "What is normal for a sensor at each hour of the week",
  description: "Hours in the city's time zone; an hour that was never observed is not listed."
}))

const late = HttpApiEndpoint.get("late", "/v1/sensors/:id/late", {
  params: { id: SensorId },
  query: {
    property: onlyProperty,
    limit,
    cursor: Schema.optionalKey(Cursor)
  },
  success: LatePage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Observations of a sensor that came too late, newest received first",
  description:
    "What comes for a window that is closed is counted as `late` and kept here, but changes no window. It shows once it is "
    + "committed, a few seconds after it came.",
  transform: describePageLimit
}))

const anomalies = HttpApiEndpoint.get("anomalies", "/v1/sensors/:id/anomalies", {
  params: { id: SensorId },
  query: anomaliesQuery,
  success: AnomalyPage,
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Anomalies of a sensor, newest opened first",
  description:
    "An anomaly is an episode in which what a sensor reported was far from what was expected of it. It shows a moment after "
    + "it was found; the event of it may come before.",
  transform: describePageLimit
}))

/** Apart, because it is asked most often and is served by a route of its own (`SensorRoute`). */
export const detail = HttpApiEndpoint.get("detail", "/v1/sensors/:id", {
  params: { id: SensorId },
  success: SensorDetail.annotate({
    examples: [{
      ...sensorExample,
      datastreams: [{
        property: "vehicle_speed",
        health: "ok",
        counted: 12,
        duplicate: 0,
        superseded: 0,
        late: 0,
        overflow: 0,
        watermark: "2026-11-24T07:55:00.000Z"
      }]
    }]
  }),
  error: problems(400, 404, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "One sensor, and where every observation of it went"
}))

const title = OpenApi.annotations({ title: "Sensors", description: "Devices and what they report" })

export class SensorsApi
  extends HttpApiGroup.make("sensors").add(list).add(windows).add(baseline).add(late).add(anomalies).annotateMerge(
    title
  )
{}
export class SensorApi extends HttpApiGroup.make("sensor").add(detail).annotateMerge(title) {}
