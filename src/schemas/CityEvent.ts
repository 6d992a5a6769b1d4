/**
 * What happened in the city, for whoever subscribes: a window was computed, a quality of life, an anomaly. As it travels it is a
 * CloudEvents 1.0 event in JSON on one line (https://github.com/cloudevents/spec, JSON event format §3) with the
 * extensions `district` and `sensor`. Promise: the same event is the same bytes; attributes come first and `data` last.
 */
import { Schema } from "effect"
import { toToken } from "./Identifiers.ts"
import { toRfc3339 } from "./Quantities.ts"

export const eventTypes = ["anomaly", "window", "quality", "forecast", "health", "model"] as const
export const EventType = Schema.Literals(eventTypes)
export type EventType = typeof EventType.Type

export interface CityEvent {
  /** Says what it is about, so that the same thing published again has the same id: `quality:kallio:2026-11-24T10:05:00.000Z:r0`. */
  readonly id: string
  readonly type: EventType
  /** Empty where it is of no district: then neither `district` nor `subject` is said. */
  readonly district: string
  readonly sensor?: string | undefined
  /** When it happened, epoch milliseconds. */
  readonly time: number
  /** Path of what it is about in the API, as `districtSource` and `sensorSource` give it. */
  readonly source: string
  /** Plain JSON, by the type of the event. */
  readonly data: unknown
}

/** The event as a subscriber gets it. */
export const CloudEvent = Schema.Struct({
  specversion: Schema.Literal("1.0"),
  id: Schema.NonEmptyString.annotate({ description: "The same event has the same id: deduplicate by it" }),
  source: Schema.NonEmptyString.annotate({ description: "Path of what it is about, in this API" }),
  type: Schema.Literals(eventTypes.map((type) => `vicinity.${type}` as const)),
  subject: Schema.optionalKey(
    Schema.NonEmptyString.annotate({ description: "Id of the sensor, else of the district" })
  ),
  time: Schema.String.annotate({ description: "When it happened, RFC 3339 UTC" }),
  datacontenttype: Schema.Literal("application/json"),
  district: Schema.optionalKey(Schema.NonEmptyString),
  sensor: Schema.optionalKey(Schema.NonEmptyString),
  data: Schema.Unknown.annotate({ description: "By the type of the event" })
}).annotate({
  identifier: "CloudEvent",
  description: "CloudEvents 1.0 with the extensions `district` and `sensor`",
  examples: [{
    specversion: "1.0",
    id: "quality:kallio:2026-11-24T10:05:00.000Z:r0",
    source: "/v1/districts/kallio",
    type: "vicinity.quality",
    subject: "kallio",
    time: "2026-11-24T10:11:00.000Z",
    datacontenttype: "application/json",
    district: "kallio",
    data: { district: "kallio", revision: 0, final: false }
  }]
})
export type CloudEvent = typeof CloudEvent.Type

export const sensorSource = (sensor: string): string => `/v1/sensors/${toToken(sensor)}`
export const districtSource = (district: string): string => `/v1/districts/${toToken(district)}`

const present = (text: string | undefined): string | undefined => text === "" ? undefined : text

/** The CloudEvents JSON, one line. Throws where `data` is no JSON or `time` no instant: a fault of the publisher. */
export const encodeCityEvent = ({ data, district, id, sensor, source, time, type }: CityEvent): string =>
  JSON.stringify({
    specversion: "1.0",
    id,
    source,
    type: `vicinity.${type}`,
    subject: present(sensor) ?? present(district),
    time: toRfc3339(time),
    datacontenttype: "application/json",
    district: present(district),
    sensor: present(sensor),
    data: data ?? null
  })
