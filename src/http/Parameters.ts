/**
 * Parameters of queries that are more than a word or a number. Pure: text in, value or `BadParameter` out, whose sentence
 * says what is expected and what came.
 */
import { Effect } from "effect"
import { type EventType, eventTypes } from "../schemas/CityEvent.ts"
import { idProblem } from "../schemas/Identifiers.ts"
import { observedProperties, observedProperty } from "../schemas/ObservedProperties.ts"
import { BadParameter } from "./Refusals.ts"

export type Bbox = readonly [west: number, south: number, east: number, north: number]

const refuse = (parameter: string, expected: string, text: string) =>
  Effect.fail(new BadParameter({ parameter, detail: `${parameter} must be ${expected}, not ${JSON.stringify(text)}` }))

/** As sent, or cut, so that an answer never echoes more than a line. */
const shown = (text: string): string => text.length > 80 ? `${text.slice(0, 80)}…` : text

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

/** `w,s,e,n` in degrees (RFC 7946 §5); west > east crosses the antimeridian. */
export const parseBbox = (text: string): Effect.Effect<Bbox, BadParameter> => {
  const parts = text.split(",")
  const [west, south, east, north] = parts.map((part) => decimal.test(part) ? Number(part) : Number.NaN)
  const longitude = (x: number | undefined): x is number => x !== undefined && x >= -180 && x <= 180
  const latitude = (x: number | undefined): x is number => x !== undefined && x >= -90 && x <= 90
  return parts.length === 4 && longitude(west) && latitude(south) && longitude(east) && latitude(north)
      && south <= north
    ? Effect.succeed([west, south, east, north])
    : refuse("bbox", "west,south,east,north in degrees (south ≤ north), like 24.8,60.1,25.1,60.3", shown(text))
}

// RFC 3339 §5.6, with seconds and fraction as it demands; the offset is not optional, so that a time is never a guess.
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** Epoch milliseconds, or `undefined` for what is no instant of RFC 3339. */
const instant = (text: string): number | undefined => {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  // Date.parse takes 30 February for 1 March.
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  const millis = Date.parse(text.toUpperCase().replace(" ", "T"))
  return Number.isNaN(millis) ? undefined : millis
}

/** An instant in RFC 3339, as epoch milliseconds. A `+` that the query turned into a space is taken as it was meant. */
export const parseInstant = (parameter: string, text: string): Effect.Effect<number, BadParameter> => {
  const millis = instant(text) ?? instant(text.replace(/ (\d{2}:\d{2})$/, "+$1"))
  return millis === undefined
    ? refuse(parameter, "an instant in RFC 3339, like 2012-03-01T08:00:00Z", shown(text))
    : Effect.succeed(millis)
}

/** The name of an observed property. */
export const parseProperty = (text: string): Effect.Effect<string, BadParameter> =>
  observedProperty(text) === undefined
    ? refuse("property", `one of ${observedProperties.map((property) => property.name).join(", ")}`, shown(text))
    : Effect.succeed(text)

/** Names of event types, separated by commas. */
export const parseEventTypes = (text: string): Effect.Effect<ReadonlyArray<EventType>, BadParameter> => {
  const types = text.split(",").map((name) => eventTypes.find((type) => type === name))
  return types.every((type) => type !== undefined)
    ? Effect.succeed(types)
    : refuse("type", `one or more of ${eventTypes.join(", ")}, separated by commas`, shown(text))
}

/** A position in the events. */
export const parseEventPosition = (parameter: string, text: string): Effect.Effect<number, BadParameter> => {
  const position = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(position)
    ? Effect.succeed(position)
    : refuse(parameter, "the id of an event as the stream gave it, a whole number", shown(text))
}

/** An id that something of ours may have. */
export const parseId = (parameter: string, text: string): Effect.Effect<string, BadParameter> => {
  const problem = idProblem(text)
  return problem === undefined
    ? Effect.succeed(text)
    : Effect.fail(new BadParameter({ parameter, detail: `${parameter} ${problem}` }))
}

/** The value that `decode` finds in a cursor. */
export const parseCursor = <A>(
  text: string,
  decode: (text: string) => A | undefined
): Effect.Effect<A, BadParameter> => {
  const cursor = decode(text)
  return cursor === undefined
    ? Effect.fail(
      new BadParameter({
        parameter: "cursor",
        detail: "cursor is not one that this list has given; begin without it"
      })
    )
    : Effect.succeed(cursor)
}
