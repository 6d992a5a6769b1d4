/**
 * Where events and observations travel in NATS: `<prefix>.events.<type>.<district>[.<sensor>]` and `<prefix>.in.>`. Ids are
 * tokens (`toToken`). Promise: what an event may be filtered by can be read back from its subject. The names of the streams that
 * outsiders may use follow from the prefix too.
 */
import { type EventType, eventTypes } from "./CityEvent.ts"
import { fromToken, toToken } from "./Identifiers.ts"

/** Unless set otherwise. */
export const defaultPrefix = "vicinity"

/** `vicinity` and `obs`, 7 are `vicinity_obs_7`. */
export const streamName = (prefix: string, ...parts: ReadonlyArray<string | number>): string =>
  [prefix.replaceAll(".", "_"), ...parts].join("_")

/** The JetStream stream of a city for outsiders: `vicinity_EVENTS`. */
export const streamOf = (prefix: string, log: "EVENTS" | "REJECTED" | "INBOX"): string => streamName(prefix, log)

/** In the place of a district where an event is of none. No id becomes this token, as `@` is escaped in ids. */
export const noDistrictToken = "@none"

/** What of an event is said by its subject. */
export interface EventPlace {
  readonly type: EventType
  /** Empty where it is of none. */
  readonly district: string
  /** Empty where it is of none. */
  readonly sensor: string
}

export const eventSubject = (prefix: string, { district, sensor, type }: EventPlace): string => {
  const ofDistrict = `${prefix}.events.${type}.${district === "" ? noDistrictToken : toToken(district)}`
  return sensor === "" ? ofDistrict : `${ofDistrict}.${toToken(sensor)}`
}

const isEventType = (text: string): text is EventType => eventTypes.some((type) => type === text)

/** What a subject says; `undefined` where it is none of an event. */
export const parseEventSubject = (prefix: string, subject: string): EventPlace | undefined => {
  const start = `${prefix}.events.`
  if (!subject.startsWith(start)) return undefined
  const [type = "", district = "", sensor, ...more] = subject.slice(start.length).split(".")
  if (!isEventType(type) || district === "" || sensor === "" || more.length > 0) return undefined
  try {
    return {
      type,
      district: district === noDistrictToken ? "" : fromToken(district),
      sensor: sensor === undefined ? "" : fromToken(sensor)
    }
  } catch {
    return undefined
  }
}

/** All events of the city. */
export const eventSubjects = (prefix: string): string => `${prefix}.events.>`

/** Rejected input, by its reason. */
export const rejectionSubjects = (prefix: string): string => `${prefix}.rejected.*`

/** Where anyone may send observations; what follows the prefix is theirs to choose. */
export const inboxSubjects = (prefix: string): string => `${prefix}.in.>`
