/**
 * Reads a matrix (one row per time step, one column per sensor) as steps, row by row, however long it is. A row that does not
 * fit the header is refused whole, because its values would go to the wrong sensors; it keeps its place in time. So does a
 * blank line between rows; blank lines at the end are none.
 */
import { Effect, FileSystem, Path, Stream } from "effect"
import { type CellReader, cellReader } from "./CellReader.ts"
import { csvRecords } from "./CsvFile.ts"
import type { CsvRecord } from "./CsvReader.ts"
import { localReader, zoneConverter } from "./LocalTime.ts"
import { type Refusal, sensorIdRefusal, shown } from "./Refusals.ts"
import { type MatrixMapping, separatorOf, startPattern } from "./ReplayMapping.ts"
import type { ReplaySpan } from "./ReplaySpan.ts"
import {
  type BadValue,
  type RecordedObservation,
  ReplayDataInvalid,
  type ReplayStep,
  type ReplayTable
} from "./ReplayStep.ts"

export const matrixTable = Effect.fnUntraced(function*(
  folder: string,
  mapping: MatrixMapping,
  values: number,
  span: ReplaySpan
): Effect.fn.Return<ReplayTable, never, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const fs = yield* FileSystem.FileSystem
  const rows = new MatrixRows(mapping)
  const steps = csvRecords(path.join(folder, mapping.file), mapping.file, separatorOf(mapping)).pipe(
    Stream.mapEffect((records) => rows.steps(records)),
    Stream.flattenIterable,
    Stream.takeWhile((step) => step.receivedAt < span.to),
    Stream.filter((step) => step.receivedAt >= span.from),
    Stream.provideService(FileSystem.FileSystem, fs)
  )
  return { values, missing: 0, steps }
})

class MatrixRows {
  private readonly mapping: MatrixMapping
  private readonly cells: CellReader
  private sensors: ReadonlyArray<string> | undefined = undefined
  private time: number
  private blank: Array<CsvRecord> = []

  constructor(mapping: MatrixMapping) {
    this.mapping = mapping
    this.cells = cellReader(mapping.property, mapping.unit, mapping)
    this.time = zoneConverter(mapping.timeZone)(localReader(startPattern)(mapping.start))
  }

  readonly steps = Effect.fnUntraced({ self: this }, function*(
    this: MatrixRows,
    records: ReadonlyArray<CsvRecord>
  ): Effect.fn.Return<ReadonlyArray<ReplayStep>, ReplayDataInvalid> {
    const steps: Array<ReplayStep> = []
    for (const record of records) {
      if (this.sensors === undefined) {
        this.sensors = yield* header(this.mapping.file, record)
      } else if (record.text.trim() === "") {
        this.blank.push(record)
      } else {
        for (const blank of this.blank.splice(0)) steps.push(this.step(blank, this.sensors))
        steps.push(this.step(record, this.sensors))
      }
    }
    return steps
  })

  private step(record: CsvRecord, sensors: ReadonlyArray<string>): ReplayStep {
    const receivedAt = this.time
    this.time += this.mapping.stepSeconds * 1000
    const refusal = rowRefusal(record, sensors.length)
    if (refusal !== undefined) {
      return { receivedAt, observations: [], bad: [this.bad(record, "", refusal, record.text)], missing: 0 }
    }
    const observations: Array<RecordedObservation> = []
    const bad: Array<BadValue> = []
    const { property, read } = this.cells
    for (let i = 0; i < sensors.length; i++) {
      const cell = record.fields[i] ?? ""
      const result = read(cell)
      const sensorId = sensors[i] ?? ""
      if (typeof result === "number") {
        observations.push({ sensorId, property, phenomenonTime: receivedAt, result, location: undefined })
      } else if (result !== undefined) {
        bad.push(this.bad(record, sensorId, result, cell))
      }
    }
    return { receivedAt, observations, bad, missing: sensors.length - observations.length - bad.length }
  }

  private bad(record: CsvRecord, column: string, refusal: Refusal, raw: string): BadValue {
    return { file: this.mapping.file, line: record.line, column, refusal, raw }
  }
}

const rowRefusal = (record: CsvRecord, columns: number): Refusal | undefined => {
  if (record.problem !== undefined) {
    return { reason: "wrong-type", detail: `row ${shown(record.text)} ${record.problem}: expected ${columns} numbers` }
  }
  return record.fields.length === columns ? undefined : {
    reason: record.fields.length < columns ? "missing-field" : "wrong-type",
    detail: `row ${
      shown(record.text)
    } has ${record.fields.length} fields: expected ${columns}, one per sensor of the first line`
  }
}

const header = Effect.fnUntraced(function*(
  file: string,
  record: CsvRecord
): Effect.fn.Return<ReadonlyArray<string>, ReplayDataInvalid> {
  const sensors = record.fields.map((field) => field.trim())
  if (record.problem !== undefined || sensors.length === 0) {
    return yield* new ReplayDataInvalid({ file, detail: `its first line ${record.problem ?? "is empty"}` })
  }
  const seen = new Set<string>()
  for (const [index, sensor] of sensors.entries()) {
    const problem = sensorIdRefusal(sensor)?.detail ??
      (seen.has(sensor) ? `sensorId ${shown(sensor)} is there twice` : undefined)
    if (problem !== undefined) {
      return yield* new ReplayDataInvalid({
        file,
        detail: `column ${index + 1} of its first line is no sensor of its own: ${problem}`
      })
    }
    seen.add(sensor)
  }
  return sensors
})
