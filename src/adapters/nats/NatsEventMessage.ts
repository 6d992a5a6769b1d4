/**
 * An event as a message: the subject says type, district and sensor, `Nats-Msg-Id` the id, the body is the CloudEvents JSON. Promise:
 * what may be filtered by is read without looking into the body.
 */
import type { Msg } from "@nats-io/transport-node"
import { eventBytesMax, eventIdLengthMax, type LoggedEvent } from "../../ports/EventLog.ts"
import { LogUnavailable } from "../../ports/ShardedLog.ts"
import { type CityEvent, encodeCityEvent } from "../../schemas/CityEvent.ts"
import { eventSubject, parseEventSubject } from "../../schemas/Subjects.ts"
import { type IdentifiedPublication, publishedId } from "./NatsPublisher.ts"

/** CloudEvents, structured: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md */
const eventHeaders = { "Content-Type": "application/cloudevents+json" }

/** Subject, headers and what the server counts beside the body. */
const aroundBytes = 4_096

/** The value of a header: printable ASCII, so almost every id is itself. Reversible. */
const idHeader = (id: string): string => id.replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent)

const encoder = new TextEncoder()

/** Throws on a fault of the publisher. */
export const encodeEvent = (prefix: string, stream: string, event: CityEvent): IdentifiedPublication => {
  const { district, id, sensor = "", type } = event
  if (id.length === 0 || id.length > eventIdLengthMax) {
    throw new RangeError(`an event has an id of ${id.length} characters, it must have 1 to ${eventIdLengthMax}`)
  }
  const payload = encoder.encode(encodeCityEvent(event))
  return {
    stream,
    subject: eventSubject(prefix, { type, district, sensor }),
    payload,
    id: idHeader(id),
    headers: eventHeaders
  }
}

/** Why an event is not sent at all: the server would end the connection for it. */
export const tooLarge = (
  { id, payload }: IdentifiedPublication,
  serverBytesMax: number
): LogUnavailable | undefined => {
  const bytesMax = Math.min(eventBytesMax, serverBytesMax - aroundBytes)
  if (payload.length <= bytesMax) return undefined
  const mend = bytesMax < eventBytesMax ? "; raise max_payload of the NATS server" : ""
  const detail = `event ${id} has ${payload.length} bytes, at most ${bytesMax} are taken${mend}`
  return new LogUnavailable({ operation: "append", detail })
}

/** An event as it comes from a feed. */
export interface ReadEvent {
  readonly sequence: number
  readonly payload: Uint8Array
  readonly event: LoggedEvent
}

/** The event of a message, its body not copied. */
export const readEvent = (prefix: string) => (sequence: number, message: Msg): ReadEvent => {
  const { data, subject } = message
  const place = parseEventSubject(prefix, subject)
  // Every message has a position, so one that is none of ours is not left out; and a line that ends inside of it would end the
  // event of a server-sent stream.
  const event = place === undefined || data.includes(10) || data.includes(13)
    ? foreign(sequence)
    : { position: sequence, id: decoded(publishedId(message)), ...place, json: data }
  return { sequence, payload: data, event }
}

/** In the place of a message that somebody else has put into the stream: an event that says nothing. */
const foreign = (position: number): LoggedEvent => {
  const about = { id: `foreign:${position}`, type: "model", district: "" } as const
  const json = encoder.encode(encodeCityEvent({ ...about, time: 0, source: "/", data: null }))
  return { position, ...about, sensor: "", json }
}

const decoded = (header: string): string => {
  try {
    return decodeURIComponent(header)
  } catch {
    return header
  }
}
