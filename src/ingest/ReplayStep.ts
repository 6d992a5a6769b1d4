/**
 * Recorded data cut into steps of event time: what the readers of tables give and the replay sends. Promise: steps depend on
 * the data and the mapping alone, come in the order of event time, and name every value that cannot be kept with file and line.
 */
import { Effect, FileSystem, Schema, Stream } from "effect"
import type { ObservedProperty } from "../schemas/ObservedProperties.ts"
import { CsvReader, type CsvRecord } from "./CsvReader.ts"
import type { Refusal } from "./Refusals.ts"

export interface RecordedObservation {
  readonly sensorId: string
  readonly property: ObservedProperty
  /** Epoch milliseconds. */
  readonly phenomenonTime: number
  /** In the unit of the property. */
  readonly result: number
  /** Longitude and latitude in degrees, where the row has them. */
  readonly location: readonly [number, number] | undefined
}

/** A value or row that is not sent. */
export interface BadValue {
  readonly file: string
  readonly line: number
  /** Name of the column; empty for a whole row. */
  readonly column: string
  readonly refusal: Refusal
  readonly raw: string
}

export interface ReplayStep {
  /** End of the step's event time: nothing in it is later. Epoch milliseconds. */
  readonly receivedAt: number
  readonly observations: ReadonlyArray<RecordedObservation>
  readonly bad: ReadonlyArray<BadValue>
  /** Values that stand for none. */
  readonly missing: number
}

/** Opened data: how much there is, and the steps. */
export interface ReplayTable {
  /** Values in the steps (good, bad and missing): exact for long tables, an estimate from the line breaks for a matrix. */
  readonly values: number
  /** Missing values found before the first step. */
  readonly missing: number
  readonly steps: Stream.Stream<ReplayStep, ReplayDataInvalid>
}

/** The data cannot be replayed as a whole: a file is unreadable, or has no such column. */
export class ReplayDataInvalid extends Schema.TaggedError<ReplayDataInvalid>()("ReplayDataInvalid", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

export const unreadable = (file: string) => (error: { readonly message: string }): ReplayDataInvalid =>
  new ReplayDataInvalid({ file, detail: `cannot be read: ${error.message}` })

/** The records of a CSV file, an array per chunk of the file. */
export const csvRecords = (
  path: string,
  file: string,
  separator: string
): Stream.Stream<ReadonlyArray<CsvRecord>, ReplayDataInvalid, FileSystem.FileSystem> =>
  Stream.unwrap(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const reader = new CsvReader(separator)
    return fs.stream(path).pipe(
      Stream.decodeText(),
      Stream.map((text) => reader.push(text)),
      Stream.concat(Stream.suspend(() => Stream.succeed(reader.end()))),
      Stream.mapError(unreadable(file))
    )
  }))

/** Where the named columns are in a header; fails with the first that is not there. */
export const columnIndexes = Effect.fnUntraced(function*(
  file: string,
  header: CsvRecord,
  columns: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<number>, ReplayDataInvalid> {
  const names = header.fields.map((field) => field.trim())
  const indexes = columns.map((column) => names.indexOf(column))
  const absent = columns.find((_, index) => indexes[index] === -1)
  if (absent === undefined) return indexes
  return yield* new ReplayDataInvalid({
    file,
    detail: `has no column "${absent}": its first line has ${names.slice(0, 30).join(", ").slice(0, 300)}`
  })
})
