/**
 * How late a vehicle is against its timetable, from where it is and the trip it says it drives. The rule, in this order:
 *
 * 1. Within `withinMetres` of the first or last stop of the trip there is no delay: there vehicles wait for their departure, or stand
 *    with the old trip still shown.
 * 2. The trip's stops, in the order of arrival, are joined by straight lines; where the vehicle is within `withinMetres` of a line it is
 *    expected at the arrival times of the two stops, interpolated at its nearest point. Further away from all there is no delay.
 * 3. Where lines that near are expected more than three minutes apart (a loop, out and back on one street) there is no delay.
 * 4. The delay is the time of day minus the expected one of the nearest line (of those as near to a metre, the first of the trip).
 *    Times of day count from noon minus 12 hours of the service day (GTFS: they may pass 24:00); of the days around, the one
 *    that makes the smallest delay.
 * 5. A delay beyond `withinSeconds` is none: the vehicle drives another trip than it says.
 *
 * Promise: a function of the tables and the row alone. Where a rule says "no delay" nothing is guessed.
 */
import { Effect, type FileSystem, Path } from "effect"
import { cityTime } from "../analytics/CityTime.ts"
import { degrees } from "./CellReader.ts"
import { csvRows } from "./CsvFile.ts"
import type { CsvRecord } from "./CsvReader.ts"
import { zoneConverter } from "./LocalTime.ts"
import { locationRefusal, type Refusal, shown } from "./Refusals.ts"
import { type LongMapping, type ScheduleDelay, separatorOf } from "./ReplayMapping.ts"
import { type BadValue, ReplayDataInvalid } from "./ReplayStep.ts"

/** Most rows of a timetable (about 500 MB of memory). */
export const rowsMax = 5_000_000
const badRowsMax = 10_000
const withinMetresDefault = 50
const withinSecondsDefault = 3600
const ambiguousSeconds = 180
/** So that the last bit of a distance does not choose between out and back on one street. */
const equallyNearMetres = 1
/** Mean radius of the Earth R₁ (Moritz, Geodetic Reference System 1980, table 3), per degree of a great circle. */
const metresPerDegree = (6_371_008.8 * Math.PI) / 180
const day = 86_400_000

/** Stops of a trip by arrival: seconds of the service day, longitude and latitude in degrees. */
type Arrival = readonly [seconds: number, longitude: number, latitude: number]

/** Lateness in seconds, `undefined` where there is none to tell. */
export type DelayReader = (
  trip: string,
  time: number,
  position: readonly [longitude: number, latitude: number]
) => number | undefined

export interface Timetable {
  readonly delayOf: DelayReader
  /** Rows of the tables that are none, at most 10,000: more is a mapping that does not fit. */
  readonly bad: ReadonlyArray<BadValue>
}

/** Reads the tables of a timetable. */
export const scheduleDelay = Effect.fnUntraced(function*(
  folder: string,
  mapping: LongMapping,
  derived: ScheduleDelay
): Effect.fn.Return<Timetable, ReplayDataInvalid, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const { stops, stopTimes } = derived
  const separator = separatorOf(mapping)
  const tables = new TimetableTables(mapping, derived)
  const stopColumns = [stops.stop, stops.latitude, stops.longitude]
  yield* csvRows(path.join(folder, stops.file), stops.file, separator, stopColumns, (cells, record) => {
    tables.addStop(cells, record)
  })
  const timeColumns = [stopTimes.trip, stopTimes.stop, stopTimes.arrival]
  yield* csvRows(path.join(folder, stopTimes.file), stopTimes.file, separator, timeColumns, (cells, record) => {
    tables.addArrival(cells, record)
  })
  const detail = tables.problem
  if (detail !== undefined) return yield* new ReplayDataInvalid({ file: stopTimes.file, detail })
  return { delayOf: delayReader(tables.trips(), mapping.timeZone, derived), bad: tables.bad }
})

const delayReader = (
  trips: ReadonlyMap<string, ReadonlyArray<Arrival>>,
  timeZone: string,
  derived: ScheduleDelay
): DelayReader => {
  const secondsSince = serviceClock(timeZone)
  const metresMax = derived.withinMetres ?? withinMetresDefault
  const secondsMax = derived.withinSeconds ?? withinSecondsDefault
  return (trip, time, position) => {
    const expected = expectedAt(trips.get(trip) ?? [], position, metresMax)
    if (expected === undefined) return undefined
    const delay = secondsSince(time, expected)
    return Math.abs(delay) <= secondsMax ? delay : undefined
  }
}

class TimetableTables {
  readonly bad: Array<BadValue> = []
  private readonly mapping: LongMapping
  private readonly derived: ScheduleDelay
  private readonly places = new Map<string, readonly [longitude: number, latitude: number]>()
  private readonly arrivals = new Map<string, Array<Arrival>>()
  private rows = 0
  private badRows = 0

  constructor(mapping: LongMapping, derived: ScheduleDelay) {
    this.mapping = mapping
    this.derived = derived
  }

  addStop([stop = "", latitude = "", longitude = ""]: ReadonlyArray<string>, record: CsvRecord): void {
    if (++this.rows > rowsMax) return
    const place = [degrees(longitude, this.mapping), degrees(latitude, this.mapping)] as const
    const refusal = locationRefusal(`stop ${shown(stop)}`, ...place)
    if (refusal === undefined) this.places.set(stop, place)
    else this.refuse(this.derived.stops.file, record, refusal)
  }

  addArrival([trip = "", stop = "", arrival = ""]: ReadonlyArray<string>, record: CsvRecord): void {
    // GTFS leaves the arrival out where a stop is no time point; the line through it is straight.
    if (++this.rows > rowsMax || (arrival === "" && record.problem === undefined)) return
    const seconds = secondsOfDay(arrival)
    const place = this.places.get(stop)
    if (Number.isNaN(seconds) || place === undefined) {
      return this.refuse(this.derived.stopTimes.file, record, arrivalRefusal(arrival, stop, seconds))
    }
    const known = this.arrivals.get(trip)
    if (known === undefined) this.arrivals.set(trip, [[seconds, ...place]])
    else known.push([seconds, ...place])
  }

  /** Why these are no tables to work with. */
  get problem(): string | undefined {
    if (this.rows > rowsMax) return `and the table of stops hold more than ${rowsMax} rows: keep only what was driven`
    if (this.badRows <= badRowsMax) return undefined
    const [first] = this.bad
    return `more than ${badRowsMax} rows of the timetable are none (${first?.file} line ${first?.line}: ${first?.refusal.detail}):`
      + " the mapping does not fit"
  }

  /** The stops of each trip in the order of arrival. */
  trips(): ReadonlyMap<string, ReadonlyArray<Arrival>> {
    for (const stops of this.arrivals.values()) stops.sort((a, b) => a[0] - b[0])
    return this.arrivals
  }

  private refuse(file: string, record: CsvRecord, refusal: Refusal): void {
    if (++this.badRows <= badRowsMax) {
      this.bad.push({ file, line: record.line, column: "", refusal, raw: record.text })
    }
  }
}

/** `H:MM:SS`, hours beyond 24 included; NaN where a text is none. */
const secondsOfDay = (text: string): number => {
  const match = /^(\d{1,2}):([0-5]\d):([0-5]\d)$/.exec(text)
  return match === null ? NaN : (Number(match[1]) * 60 + Number(match[2])) * 60 + Number(match[3])
}

const arrivalRefusal = (text: string, stop: string, seconds: number): Refusal =>
  Number.isNaN(seconds)
    ? { reason: "bad-time", detail: `arrival ${shown(text)} is none: expected H:MM:SS` }
    : { reason: "bad-location", detail: `stop ${shown(stop)} has no place in the table of stops` }

/** The second of the service day at which the timetable expects a vehicle of these stops here, or `undefined`. */
const expectedAt = (
  stops: ReadonlyArray<Arrival>,
  [longitude, latitude]: readonly [number, number],
  metresMax: number
): number | undefined => {
  const metresEast = metresPerDegree * Math.cos((latitude * Math.PI) / 180)
  const near: Array<{ readonly metres: number; readonly at: number }> = []
  for (let i = 0; i < stops.length; i++) {
    const [seconds, stopLongitude, stopLatitude] = stops[i] as Arrival
    const east = (stopLongitude - longitude) * metresEast
    const north = (stopLatitude - latitude) * metresPerDegree
    const isTerminal = i === 0 || i === stops.length - 1
    if (isTerminal && Math.hypot(east, north) <= metresMax) return undefined
    if (i === stops.length - 1) break
    const [nextSeconds, nextLongitude, nextLatitude] = stops[i + 1] as Arrival
    const alongEast = (nextLongitude - stopLongitude) * metresEast
    const alongNorth = (nextLatitude - stopLatitude) * metresPerDegree
    const square = alongEast ** 2 + alongNorth ** 2
    const share = square === 0 ? 0 : Math.min(1, Math.max(0, -(east * alongEast + north * alongNorth) / square))
    const metres = Math.hypot(east + share * alongEast, north + share * alongNorth)
    if (metres <= metresMax) near.push({ metres, at: seconds + share * (nextSeconds - seconds) })
  }
  const times = near.map(({ at }) => at)
  if (Math.max(...times) - Math.min(...times) > ambiguousSeconds) return undefined
  const nearest = Math.min(...near.map(({ metres }) => metres))
  return near.find(({ metres }) => metres <= nearest + equallyNearMetres)?.at
}

/** Seconds from the nearest instant that is `second` of a service day to `time`. */
const serviceClock = (timeZone: string): (time: number, second: number) => number => {
  const zone = cityTime(timeZone)
  const instant = zoneConverter(timeZone)
  const starts = new Map<number, number>()
  const startOf = (localDay: number): number => {
    let start = starts.get(localDay)
    if (start === undefined) {
      start = instant(localDay * day + day / 2) - day / 2
      starts.set(localDay, start)
    }
    return start
  }
  return (time, second) => {
    const today = Math.floor((time + zone.offset(time)) / day)
    let best = Infinity
    // A trip of yesterday runs on after midnight; one of tomorrow may be early before it.
    for (const localDay of [today, today - 1, today + 1]) {
      const delay = (time - startOf(localDay)) / 1000 - second
      if (Math.abs(delay) < Math.abs(best)) best = delay
    }
    return best
  }
}
