/**
 * What recorded data mean: which columns hold time, sensor and values, in which unit, zone and place. Written as JSON, beside
 * the data (`vicinity-mapping.json`), given by name, or built in; docs/replay-mapping.md explains every field with examples.
 * Promise: a mapping that decodes names known properties, convertible units, a real zone and readable time formats; one that
 * does not is refused with the field at fault. Paths are relative to the data folder and stay inside it;
 * a file whose name ends in `.gz` is read through gzip.
 */
import { DateTime, Option, Schema } from "effect"
import { SensorId } from "../schemas/Identifiers.ts"
import { observedProperty, PropertyName } from "../schemas/ObservedProperties.ts"
import { Latitude, Longitude } from "../schemas/Quantities.ts"
import { conversion, convertibleUnits } from "../schemas/Units.ts"
import { instantFormats, isTimeFormat, localReader } from "./LocalTime.ts"

const check = <A>(problem: (value: A) => string | undefined) => Schema.makeFilter(problem)

/** Also a file name and the end of a source name. */
const Name = Schema.String.check(
  check((name: string) =>
    /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) ? undefined : "expected 1 to 64 of a–z 0–9 . _ -, first a letter or digit"
  )
)
const TimeZone = Schema.String.check(
  check((zone: string) =>
    Option.isSome(DateTime.zoneMakeNamed(zone)) ? undefined : "expected an IANA time zone such as Europe/Helsinki"
  )
)
const RelativePath = Schema.NonEmptyString.check(
  check((path: string) =>
    path.startsWith("/") || /^[a-z]:/i.test(path) || path.split(/[/\\]/).includes("..")
      ? "expected a path inside the data folder"
      : undefined
  )
)
const Column = Schema.NonEmptyString
const StepSeconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))
export const startPattern = "YYYY-MM-DDTHH:mm"
const readStart = localReader(startPattern)
const LocalStart = Schema.String.check(
  check((start: string) => Number.isNaN(readStart(start)) ? `expected local time as ${startPattern}` : undefined)
)

const Separator = Schema.Literals([",", ";", "\t", "|"])

const common = {
  name: Name,
  description: Schema.optionalKey(Schema.String),
  /** Zone of local times. */
  timeZone: TimeZone,
  separator: Schema.optionalKey(Separator),
  decimalComma: Schema.optionalKey(Schema.Boolean),
  /** Event time between ticks, which let silent datastreams close their windows; 300 unless set. */
  tickSeconds: Schema.optionalKey(StepSeconds),
  /** Texts (or numbers, whatever their spelling) that stand for no value; an empty cell always does. */
  missing: Schema.optionalKey(Schema.Array(Schema.String)),
  /** A table of the places of sensors. */
  locations: Schema.optionalKey(Schema.Struct({
    file: RelativePath,
    sensor: Column,
    latitude: Column,
    longitude: Column,
    name: Schema.optionalKey(Column)
  })),
  /** Square matrix of neighbourhood, in the order of the sensors. */
  adjacency: Schema.optionalKey(Schema.Struct({ file: RelativePath }))
}

const unitProblem = ({ property, unit }: { readonly property: string; readonly unit?: string }): string | undefined => {
  const kept = observedProperty(property)?.unit
  return kept === undefined || unit === undefined || conversion(unit, kept) !== undefined
    ? undefined
    : `unit "${unit}" is not one of ${property}: expected ${convertibleUnits(kept).join(", ")}`
}

/** One row per time step, one column per sensor, the header names the sensors. */
export const MatrixMapping = Schema.Struct({
  ...common,
  shape: Schema.Literal("matrix"),
  file: RelativePath,
  /** Local time of the first row; each row is `stepSeconds` of elapsed time later, also across a change of the clocks. */
  start: LocalStart,
  stepSeconds: StepSeconds,
  property: PropertyName,
  unit: Schema.optionalKey(Schema.String)
}).check(check(unitProblem))
export type MatrixMapping = typeof MatrixMapping.Type

/** A column whose cells are results. */
export const ValueColumn = Schema.Struct({
  column: Column,
  property: PropertyName,
  unit: Schema.optionalKey(Schema.String),
  /** Added to the sensor id, where one row holds several devices. */
  sensorSuffix: Schema.optionalKey(Schema.NonEmptyString)
}).check(check(unitProblem))
export type ValueColumn = typeof ValueColumn.Type

/**
 * Lateness of a vehicle against its timetable, from where it is and which trip it drives; the rule is in `Timetable.ts`. The tables are
 * those of GTFS (`stop_times.txt`, `stops.txt`) or alike.
 */
export const ScheduleDelay = Schema.Struct({
  kind: Schema.Literal("schedule-delay"),
  /** Column of the trip, in the files of the observations. */
  trip: Column,
  stopTimes: Schema.Struct({ file: RelativePath, trip: Column, stop: Column, arrival: Column }),
  stops: Schema.Struct({ file: RelativePath, stop: Column, latitude: Column, longitude: Column }),
  /** A vehicle further than this from the line through its stops is elsewhere: no value; 50 unless set. */
  withinMetres: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  /** One that is earlier or later than this drives another trip than it says: no value; 3600 unless set. */
  withinSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 7200 })))
})
export type ScheduleDelay = typeof ScheduleDelay.Type

/** One row per observation (or several of the same time and sensor), in any order. */
export const LongMapping = Schema.Struct({
  ...common,
  shape: Schema.Literal("long"),
  files: Schema.NonEmptyArray(RelativePath),
  sensor: Schema.Union([
    Schema.Struct({ column: Column, prefix: Schema.optionalKey(Schema.NonEmptyString) }),
    Schema.Struct({
      id: SensorId,
      name: Schema.optionalKey(Schema.String),
      latitude: Schema.optionalKey(Latitude),
      longitude: Schema.optionalKey(Longitude)
    })
  ]),
  /** The texts of the columns joined by a space are read in the format. */
  time: Schema.Struct({
    columns: Schema.NonEmptyArray(Column),
    format: Schema.String.check(
      check((format: string) =>
        isTimeFormat(format)
          ? undefined
          : `expected ${instantFormats.join(", ")} or a pattern of YYYY MM DD HH mm ss with at least YYYY, MM and DD`
      )
    ),
    /** Zone in which local times are written, where it is not that of the place (a logger without summer time). */
    timeZone: Schema.optionalKey(TimeZone)
  }),
  values: Schema.NonEmptyArray(ValueColumn),
  /** Results that are computed from a row and tables beside it. */
  derived: Schema.optionalKey(Schema.NonEmptyArray(ScheduleDelay)),
  /** Where the sensor was, for such as move. */
  position: Schema.optionalKey(Schema.Struct({ latitude: Column, longitude: Column })),
  /** Rows of the same span of event time travel together; 60 unless set. */
  stepSeconds: Schema.optionalKey(StepSeconds)
}).check(
  check(({ derived, position }) =>
    derived === undefined || position !== undefined ? undefined : "a schedule-delay needs the columns of a position"
  )
)
export type LongMapping = typeof LongMapping.Type

export const ReplayMapping = Schema.Union([MatrixMapping, LongMapping])
export type ReplayMapping = typeof ReplayMapping.Type

export const separatorOf = (mapping: ReplayMapping): string => mapping.separator ?? ","

/** Files of a mapping that a replay reads, in order: data first. */
export const replayFiles = (mapping: ReplayMapping): ReadonlyArray<string> => [
  ...(mapping.shape === "matrix" ? [mapping.file] : mapping.files),
  ...(mapping.shape === "matrix" ? [] : mapping.derived ?? []).flatMap(({ stopTimes, stops }) => [
    stopTimes.file,
    stops.file
  ]),
  ...(mapping.locations === undefined ? [] : [mapping.locations.file])
]
