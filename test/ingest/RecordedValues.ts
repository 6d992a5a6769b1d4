/**
 * The recordings beside the project (../shared/data; never copied into it) as an oracle: read by the obvious means, with no code of the
 * product. Every value in the order of the files, in the unit it is kept in.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"

export const dataFolder = path.resolve(import.meta.dirname, "../../../shared/data")
export const has = (folder: string): boolean => fs.existsSync(path.join(dataFolder, folder))

export interface RecordedValue {
  readonly sensor: string
  readonly property: string
  /** Epoch milliseconds. */
  readonly time: number
  readonly result: number
  readonly location?: readonly [longitude: number, latitude: number]
}
export interface RecordedValues {
  readonly values: ReadonlyArray<RecordedValue>
  readonly rejected: number
  readonly missing: number
}

export const linesOf = (file: string): ReadonlyArray<string> => {
  const bytes = fs.readFileSync(path.join(dataFolder, file))
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split(/\r?\n/).filter((line) =>
    line !== ""
  )
}
const rowsOf = (file: string, separator = ","): ReadonlyArray<ReadonlyArray<string>> =>
  linesOf(file).slice(1).map((line) => line.split(separator))

const formats = new Map<string, Intl.DateTimeFormat>()
const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone) ?? new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" })
  formats.set(timeZone, known)
  return known
}

/** Hours from UTC of a zone at an instant. */
const hoursAt = (timeZone: string, instant: number): number => {
  const name = formatOf(timeZone).formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value ?? ""
  return Number(/^GMT([+-]\d\d):00$/.exec(name)?.[1] ?? NaN)
}

/** A local time of Chicago, the first of two; hours that do not exist are not in the data. */
const chicago = (local: number): number => {
  const hours = [-5, -6].find((offset) => hoursAt("America/Chicago", local - offset * 3_600_000) === offset) ?? NaN
  return local - hours * 3_600_000
}

const beijing = (): RecordedValues => {
  const values: Array<RecordedValue> = []
  let missing = 0
  for (const [, year, month, day, hour, pm, , temperature] of rowsOf("beijing-pm25/pollution.csv")) {
    const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour) - 8)
    if (pm === "NA") missing++
    else values.push({ sensor: "beijing-us-embassy", property: "pm2_5", time, result: Number(pm) })
    values.push({ sensor: "beijing-airport", property: "temperature", time, result: Number(temperature) })
  }
  return { values, missing, rejected: 0 }
}

const metro = (): RecordedValues => {
  const values: Array<RecordedValue> = []
  let rejected = 0
  const zone = new Map<string, number>()
  for (const row of rowsOf("metro-interstate/Metro_Interstate_Traffic_Volume.csv")) {
    const text = row[8] ?? ""
    let time = zone.get(text)
    if (time === undefined) {
      const [, day, month, year, hour] = /^(\d\d)-(\d\d)-(\d{4}) (\d\d):00$/.exec(text)?.map(Number) ?? []
      time = chicago(Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour))
      zone.set(text, time)
    }
    const [flow, kelvin, rain] = [Number(row[0]), Number(row[2]), Number(row[3])]
    values.push({ sensor: "i94-atr-301", property: "vehicle_flow", time, result: flow })
    if (kelvin === 0) rejected++
    else values.push({ sensor: "i94-weather", property: "temperature", time, result: kelvin - 273.15 })
    if (rain > 500) rejected++
    else values.push({ sensor: "i94-weather", property: "precipitation", time, result: rain })
  }
  return { values, rejected, missing: 0 }
}

const italy = (): RecordedValues => {
  const values: Array<RecordedValue> = []
  let missing = 0
  for (const row of rowsOf("air-quality-italy/AirQualityUCI.csv", ";")) {
    if (row[0] === "") continue
    const [day, month, year] = (row[0] ?? "").split("/").map(Number)
    const time = Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, Number((row[1] ?? "").slice(0, 2)) - 1)
    const columns = [[2, "reference", "co"], [9, "reference", "no2"], [12, "multisensor", "temperature"], [
      13,
      "multisensor",
      "relative_humidity"
    ]] as const
    for (const [column, device, property] of columns) {
      const result = Number((row[column] ?? "").replace(",", "."))
      if (result === -200) missing++
      else values.push({ sensor: `italy-road-${device}`, property, time, result })
    }
  }
  return { values, missing, rejected: 0 }
}

type Place = readonly [longitude: number, latitude: number]

/** Delay of a bus by the rule of the mapping: along the straight lines between its stops. */
const delays = () => {
  const stops = new Map(
    linesOf("austin-buses/stops_20160821_20170121.csv.gz").slice(1).map((line): readonly [string, Place] => {
      const cells = line.split(",")
      return [cells[0] ?? "", [Number(cells.at(-1)), Number(cells.at(-2))]]
    })
  )
  const trips = new Map<string, Array<{ readonly second: number; readonly place: Place }>>()
  for (const [trip = "", arrival = "", stop = ""] of rowsOf("austin-buses/schedule_20160821_20170121.csv.gz")) {
    const [h = NaN, m = NaN, s = NaN] = arrival.split(":").map(Number)
    const place = stops.get(stop) ?? [NaN, NaN]
    trips.set(trip, [...trips.get(trip) ?? [], { second: h * 3600 + m * 60 + s, place }])
  }
  const metres = 111_195.0802335329
  return (trip: string, time: number, [lon, lat]: Place): number | undefined => {
    const points = (trips.get(trip) ?? []).map(({ place, second }) => ({
      second,
      x: (place[0] - lon) * metres * Math.cos(lat / 180 * Math.PI),
      y: (place[1] - lat) * metres
    }))
    const [first, last] = [points[0], points.at(-1)]
    if (first === undefined || last === undefined) return undefined
    if ([first, last].some(({ x, y }) => Math.sqrt(x * x + y * y) <= 50)) return undefined
    const near = points.slice(1).flatMap((b, i) => {
      const a = points[i] ?? b
      const length = Math.hypot(b.x - a.x, b.y - a.y)
      const along = length === 0 ? 0 : ((0 - a.x) * (b.x - a.x) + (0 - a.y) * (b.y - a.y)) / length
      const share = length === 0 ? 0 : along < 0 ? 0 : along > length ? 1 : along / length
      const away = Math.hypot(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
      return away <= 50 ? [{ away, second: a.second + (b.second - a.second) * share }] : []
    })
    const seconds = near.map(({ second }) => second)
    if (near.length === 0 || Math.max(...seconds) - Math.min(...seconds) > 180) return undefined
    const nearest = Math.min(...near.map(({ away }) => away))
    const expected = near.find(({ away }) => away < nearest + 1)?.second ?? NaN
    // Both days and those around are of standard time, six hours behind UTC.
    const ofDay = ((time - 6 * 3_600_000) % 86_400_000) / 1000
    const delay = [0, 86_400, -86_400].map((day) => ofDay + day - expected)
      .reduce((best, other) => Math.abs(other) < Math.abs(best) ? other : best)
    return Math.abs(delay) <= 3600 ? delay : undefined
  }
}

const austin = (): RecordedValues => {
  const values: Array<RecordedValue> = []
  let missing = 0
  const delayOf = delays()
  for (const day of ["24", "25"]) {
    for (const [vehicle, timestamp, speed, , trip, latitude, longitude] of rowsOf(`austin-buses/2016-11-${day}.csv`)) {
      const time = Date.parse(timestamp ?? "")
      const location: Place = [Number(longitude), Number(latitude)]
      const common = { sensor: `austin-bus-${vehicle}`, time, location }
      values.push({ ...common, property: "vehicle_speed", result: Number(speed) * 3.6 })
      const delay = delayOf(trip ?? "", time, location)
      if (delay === undefined) missing++
      else values.push({ ...common, property: "schedule_delay", result: delay })
    }
  }
  return { values, missing, rejected: 0 }
}

const readers = {
  "austin-buses": austin,
  "beijing-pm25": beijing,
  "metro-interstate": metro,
  "air-quality-italy": italy
} as const
export type RecordingName = keyof typeof readers
export const recordingNames: ReadonlyArray<RecordingName> = [
  "austin-buses",
  "beijing-pm25",
  "metro-interstate",
  "air-quality-italy"
]

const read = new Map<RecordingName, RecordedValues>()
export const recordedValues = (name: RecordingName): RecordedValues => {
  const known = read.get(name) ?? readers[name]()
  read.set(name, known)
  return known
}
