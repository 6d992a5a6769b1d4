/** Where the sensors of a recording stand: from the mapping's table of locations, or from its one constant sensor. */
import { Effect, FileSystem, Path, Stream } from "effect"
import { degrees } from "./CellReader.ts"
import { columnIndexes, csvRecords } from "./CsvFile.ts"
import type { CsvRecord } from "./CsvReader.ts"
import { locationRefusal, type Refusal, sensorIdRefusal } from "./Refusals.ts"
import { type ReplayMapping, separatorOf } from "./ReplayMapping.ts"
import type { BadValue, ReplayDataInvalid } from "./ReplayStep.ts"

export interface SensorPlace {
  readonly sensorId: string
  readonly name: string | undefined
  readonly location: readonly [longitude: number, latitude: number]
}

export interface SensorPlaces {
  /** By sensor id, in the order of the table. */
  readonly places: ReadonlyMap<string, SensorPlace>
  readonly bad: ReadonlyArray<BadValue>
}

export const sensorPlaces = Effect.fnUntraced(function*(
  folder: string,
  mapping: ReplayMapping
): Effect.fn.Return<SensorPlaces, ReplayDataInvalid, FileSystem.FileSystem | Path.Path> {
  const places = new Map<string, SensorPlace>()
  const bad: Array<BadValue> = []
  if (mapping.shape === "long" && "id" in mapping.sensor) {
    const { id, latitude, longitude, name } = mapping.sensor
    if (latitude !== undefined && longitude !== undefined) {
      places.set(id, { sensorId: id, name, location: [longitude, latitude] })
    }
  }
  const table = mapping.locations
  if (table === undefined) return { places, bad }
  const path = yield* Path.Path
  const records = yield* csvRecords(path.join(folder, table.file), table.file, separatorOf(mapping)).pipe(
    Stream.flattenIterable,
    Stream.filter((record) => record.text.trim() !== ""),
    Stream.runCollect
  )
  const [header, ...rows] = records
  const empty: CsvRecord = { line: 1, text: "", fields: [] }
  const columns = [table.sensor, table.latitude, table.longitude, ...(table.name === undefined ? [] : [table.name])]
  const indexes = yield* columnIndexes(table.file, header ?? empty, columns)
  for (const record of rows) {
    const place = readPlace(record, indexes, mapping)
    if ("reason" in place) {
      bad.push({ file: table.file, line: record.line, column: "", refusal: place, raw: record.text })
    } else {
      places.set(place.sensorId, place)
    }
  }
  return { places, bad }
})

const readPlace = (
  record: CsvRecord,
  indexes: ReadonlyArray<number>,
  mapping: ReplayMapping
): SensorPlace | Refusal => {
  const [sensorId, latitude, longitude, name] = indexes.map((index) => record.fields[index]?.trim() ?? "")
  if (sensorId === undefined || sensorId === "" || latitude === undefined || longitude === undefined) {
    return { reason: "missing-field", detail: "row has no sensor id: expected sensor id, latitude and longitude" }
  }
  const location: readonly [number, number] = [degrees(longitude, mapping), degrees(latitude, mapping)]
  const refusal = sensorIdRefusal(sensorId) ?? locationRefusal("location", ...location)
  return refusal ?? { sensorId, name: name === "" ? undefined : name, location }
}
