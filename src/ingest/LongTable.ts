/**
 * Reads long tables (one row per observation, in any order) as steps. Rows of different files and sensors are seldom in the
 * order of time, so all are read first, into columns of at most 48 bytes an observation and at most `observationsMax` of them,
 * and then sorted by time; equal times keep the order of the files. Rows outside the span are as if they were not there.
 */
import { Effect, FileSystem, Path, Stream } from "effect"
import { observedProperties, type ObservedProperty, observedProperty } from "../schemas/ObservedProperties.ts"
import { type CellReader, cellReader, degrees } from "./CellReader.ts"
import { columnIndexes, csvRecords } from "./CsvFile.ts"
import type { CsvRecord } from "./CsvReader.ts"
import { timeReader } from "./LocalTime.ts"
import { locationRefusal, type Refusal, sensorIdRefusal, shown } from "./Refusals.ts"
import { type LongMapping, separatorOf } from "./ReplayMapping.ts"
import type { ReplaySpan } from "./ReplaySpan.ts"
import { type BadValue, ReplayDataInvalid, type ReplayStep, type ReplayTable } from "./ReplayStep.ts"
import { type DelayReader, scheduleDelay } from "./Timetable.ts"

/** Most observations of a replayed long table (about 500 MB of memory). */
export const observationsMax = 10_000_000

/** Bad values are handed to `onBad` while reading, so that a bad file needs no memory. */
export const longTable = Effect.fnUntraced(function*<E, R>(
  folder: string,
  mapping: LongMapping,
  span: ReplaySpan,
  onBad: (bad: ReadonlyArray<BadValue>) => Effect.Effect<void, E, R>
): Effect.fn.Return<ReplayTable, E | ReplayDataInvalid, R | FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const delays: Array<DelayReader> = []
  for (const derived of mapping.derived ?? []) {
    const { bad, delayOf } = yield* scheduleDelay(folder, mapping, derived)
    delays.push(delayOf)
    if (bad.length > 0) yield* onBad(bad)
  }
  const rows = new LongRows(mapping, span, delays)
  for (const file of mapping.files) {
    let indexes: ReadonlyArray<number> | undefined = undefined
    yield* csvRecords(path.join(folder, file), file, separatorOf(mapping)).pipe(
      Stream.runForEach(Effect.fnUntraced(function*(records) {
        if (records.length === 0) return
        if (indexes === undefined) indexes = yield* columnIndexes(file, records[0] ?? emptyRecord, rows.columns)
        for (const record of records) {
          if (record.line > 1 && record.text.trim() !== "") rows.add(file, record, indexes)
        }
        if (rows.count > observationsMax) {
          return yield* new ReplayDataInvalid({
            file,
            detail: `holds more than ${observationsMax} observations: split the data into several folders`
          })
        }
        const bad = rows.takeBad()
        if (bad.length > 0) yield* onBad(bad)
      }))
    )
    if (indexes === undefined) return yield* new ReplayDataInvalid({ file, detail: "is empty" })
  }
  return { values: rows.count, missing: rows.missing, steps: Stream.fromIterable(rows.steps()) }
})

const delayProperty = observedProperty("schedule_delay") ?? observedProperties[0] as ObservedProperty
const emptyRecord: CsvRecord = { line: 1, text: "", fields: [] }

class LongRows {
  /** Names of the columns read, in the order of the indexes given to `add`. */
  readonly columns: ReadonlyArray<string>
  missing = 0
  private readonly mapping: LongMapping
  private readonly readTime: (text: string) => number
  private readonly cells: ReadonlyArray<CellReader>
  /** Per value column: the sensor of a cell, by the text that names it. */
  private readonly sensorOf: ReadonlyArray<Map<string, number | Refusal>>
  private readonly sensors: Array<string> = []
  private readonly sensorNumbers = new Map<string, number>()
  private bad: Array<BadValue> = []
  private readonly times: Array<number> = []
  private readonly results: Array<number> = []
  private readonly sensorAt: Array<number> = []
  private readonly valueAt: Array<number> = []
  private readonly longitudes: Array<number> = []
  private readonly latitudes: Array<number> = []
  private readonly span: ReplaySpan
  private readonly delays: ReadonlyArray<DelayReader>
  /** Of the value columns, then of the derived ones. */
  private readonly properties: ReadonlyArray<ObservedProperty>

  constructor(mapping: LongMapping, span: ReplaySpan, delays: ReadonlyArray<DelayReader>) {
    this.mapping = mapping
    this.span = span
    this.delays = delays
    this.readTime = timeReader(mapping.time.format, mapping.time.timeZone ?? mapping.timeZone)
    this.cells = mapping.values.map(({ property, unit }) => cellReader(property, unit, mapping))
    this.properties = [...this.cells.map(({ property }) => property), ...delays.map(() => delayProperty)]
    this.sensorOf = this.properties.map(() => new Map())
    this.columns = [
      ...mapping.time.columns,
      ...mapping.values.map(({ column }) => column),
      ...("column" in mapping.sensor ? [mapping.sensor.column] : []),
      ...(mapping.position === undefined ? [] : [mapping.position.longitude, mapping.position.latitude]),
      ...(mapping.derived ?? []).map(({ trip }) => trip)
    ]
  }

  get count(): number {
    return this.times.length
  }

  takeBad(): ReadonlyArray<BadValue> {
    const { bad } = this
    this.bad = []
    return bad
  }

  add(file: string, record: CsvRecord, indexes: ReadonlyArray<number>): void {
    const refuse = (column: string, refusal: Refusal): void => {
      this.bad.push({ file, line: record.line, column, refusal, raw: record.text })
    }
    if (record.problem !== undefined) {
      return refuse("", {
        reason: "wrong-type",
        detail: `row ${shown(record.text)} ${record.problem}: expected plain fields`
      })
    }
    const { mapping } = this
    const cell = (at: number): string => record.fields[indexes[at] ?? -1] ?? ""
    const timeColumns = mapping.time.columns.length
    const timeText = mapping.time.columns.length === 1 ? cell(0) : mapping.time.columns.map((_, i) => cell(i)).join(" ")
    // Rows of separators only end some exported tables; they hold nothing, not even a wrong time.
    if (/^[\s,;|"]*$/.test(record.text)) return
    const time = this.readTime(timeText)
    if (!(time >= 0)) return refuse(mapping.time.columns.join("+"), this.timeRefusal(timeText, time))
    if (time < this.span.from || time >= this.span.to) return
    const hasSensorColumn = "column" in mapping.sensor
    const sensorText = hasSensorColumn ? cell(timeColumns + mapping.values.length).trim() : ""
    const positionAt = timeColumns + mapping.values.length + (hasSensorColumn ? 1 : 0)
    const position = mapping.position === undefined ? undefined : this.position(cell(positionAt), cell(positionAt + 1))
    if (position !== undefined && "reason" in position) return refuse("", position)
    const tripAt = positionAt + (mapping.position === undefined ? 0 : 2)
    for (let value = 0; value < this.properties.length; value++) {
      const delayOf = this.delays[value - this.cells.length]
      const result = delayOf === undefined
        ? (this.cells[value] as CellReader).read(cell(timeColumns + value))
        : position && delayOf(cell(tripAt + value - this.cells.length).trim(), time, position)
      const sensor = this.sensorNumber(value, sensorText)
      if (result === undefined) {
        this.missing++
      } else if (typeof result !== "number") {
        refuse(mapping.values[value]?.column ?? "", result)
      } else if (typeof sensor !== "number") {
        return refuse(hasSensorColumn ? mapping.sensor.column : "", sensor)
      } else {
        this.push(time, sensor, value, result, position)
      }
    }
  }

  private push(
    time: number,
    sensor: number,
    value: number,
    result: number,
    position: readonly [number, number] | undefined
  ): void {
    this.times.push(time)
    this.sensorAt.push(sensor)
    this.valueAt.push(value)
    this.results.push(result)
    if (this.mapping.position === undefined) return
    this.longitudes.push(position?.[0] ?? NaN)
    this.latitudes.push(position?.[1] ?? NaN)
  }

  private timeRefusal(text: string, time: number): Refusal {
    const { format } = this.mapping.time
    return Number.isNaN(time)
      ? { reason: "bad-time", detail: `time ${shown(text)} is none: expected ${format}` }
      : { reason: "ancient", detail: `time ${shown(text)} is too long ago: expected 1970 or later` }
  }

  /** `undefined` where the row has no position. */
  private position(longitude: string, latitude: string): readonly [number, number] | Refusal | undefined {
    if (longitude.trim() === "" && latitude.trim() === "") return undefined
    const location: readonly [number, number] = [degrees(longitude, this.mapping), degrees(latitude, this.mapping)]
    return locationRefusal("position", ...location) ?? location
  }

  private sensorNumber(value: number, text: string): number | Refusal {
    const numbers = this.sensorOf[value] as Map<string, number | Refusal>
    const known = numbers.get(text)
    if (known !== undefined) return known
    const found = this.newSensor(value, text)
    // Refused ones are not remembered: there may be as many as rows.
    if (typeof found === "number") numbers.set(text, found)
    return found
  }

  private newSensor(value: number, text: string): number | Refusal {
    const { sensor } = this.mapping
    if ("column" in sensor && text === "") {
      return { reason: "missing-field", detail: `${sensor.column} is empty: expected the id of the sensor` }
    }
    const base = "column" in sensor ? `${sensor.prefix ?? ""}${text}` : sensor.id
    const id = base + (this.mapping.values[value]?.sensorSuffix ?? "")
    const refusal = sensorIdRefusal(id)
    if (refusal !== undefined) return refusal
    const number = this.sensorNumbers.get(id) ?? this.sensors.push(id) - 1
    this.sensorNumbers.set(id, number)
    return number
  }

  /** Steps of the mapping's length, aligned to the epoch; empty ones are left out. */
  *steps(): Generator<ReplayStep> {
    const { times } = this
    const order = Uint32Array.from({ length: times.length }, (_, index) => index)
      .sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
    const span = (this.mapping.stepSeconds ?? 60) * 1000
    for (let from = 0; from < order.length;) {
      const receivedAt = (Math.floor((times[order[from] as number] as number) / span) + 1) * span
      let to = from + 1
      while (to < order.length && (times[order[to] as number] as number) < receivedAt) to++
      const observations = Array.from(order.subarray(from, to), (row) => this.observation(row))
      from = to
      yield { receivedAt, observations, bad: [], missing: 0 }
    }
  }

  private observation(row: number): ReplayStep["observations"][number] {
    const longitude = this.longitudes[row] ?? NaN
    return {
      sensorId: this.sensors[this.sensorAt[row] as number] as string,
      property: this.properties[this.valueAt[row] as number] as ObservedProperty,
      phenomenonTime: this.times[row] as number,
      result: this.results[row] as number,
      location: Number.isNaN(longitude) ? undefined : [longitude, this.latitudes[row] as number]
    }
  }
}
