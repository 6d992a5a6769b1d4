/** Sensors and datastreams as rows, and back: the numbering of a shard, with the names a report needs. */
import { Array as Arr, Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { NewDatastream, SensorRow, StageName } from "../../ports/ShardStore.ts"
import { observedProperties } from "../../schemas/ObservedProperties.ts"
import { shardBase, slotsMax } from "./DatastreamIds.ts"
import { int4s, nullableFloat8s, texts } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Rows of one statement. */
const chunkRows = 2_000

const upsertSensors = `INSERT INTO vicinity.sensor
    (sensor, sensor_id, name, longitude, latitude, district, stage)
  SELECT n.sensor, n.sensor_id, n.name, n.longitude, n.latitude, n.district, $7
  FROM unnest($1::int4[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[])
    AS n(sensor, sensor_id, name, longitude, latitude, district)
  ON CONFLICT (sensor) DO UPDATE SET sensor_id = excluded.sensor_id, name = excluded.name,
    longitude = excluded.longitude, latitude = excluded.latitude, district = excluded.district, changed_at = now()`

const upsertDatastreams = `INSERT INTO vicinity.datastream
    (datastream, sensor_id, property, unit, property_number, stage)
  SELECT n.datastream, n.sensor_id, n.property, n.unit, n.property_number, $6
  FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::int4[])
    AS n(datastream, sensor_id, property, unit, property_number)
  ON CONFLICT (datastream) DO UPDATE SET sensor_id = excluded.sensor_id, property = excluded.property,
    unit = excluded.unit, property_number = excluded.property_number`

const selectSensors = `SELECT sensor, sensor_id, name, longitude, latitude, district FROM vicinity.sensor
  WHERE sensor >= $1::int4 AND sensor < $2::int4 ORDER BY sensor LIMIT ${chunkRows}`
const selectDatastreams = `SELECT datastream, sensor_id, property_number FROM vicinity.datastream
  WHERE datastream >= $1::int4 AND datastream < $2::int4 ORDER BY datastream LIMIT ${chunkRows}`

/** What Postgres cannot keep in a text (NUL, half a surrogate pair) becomes U+FFFD: a name must never stop a shard. */
const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")
const storableOrNull = (text: string | null): string | null => text === null ? null : storable(text)

/** Of a sensor that is given twice the last counts. */
export const writeSensors = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  sensors: ReadonlyArray<SensorRow>
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  for (const chunk of Arr.chunksOf(new Map(sensors.map((sensor) => [sensor.number, sensor])).values(), chunkRows)) {
    yield* run(upsertSensors, [
      int4s(Int32Array.from(chunk, (sensor) => base + sensor.number)),
      texts(chunk.map((sensor) => storable(sensor.sensorId))),
      texts(chunk.map((sensor) => storable(sensor.name))),
      nullableFloat8s(chunk.map((sensor) => sensor.longitude)),
      nullableFloat8s(chunk.map((sensor) => sensor.latitude)),
      texts(chunk.map((sensor) => storableOrNull(sensor.district))),
      stage
    ])
  }
})

export const writeDatastreams = Effect.fnUntraced(function*(
  run: Run,
  stage: StageName,
  shard: number,
  datastreams: ReadonlyArray<NewDatastream>
): Effect.fn.Return<void, SqlError> {
  const base = shardBase(stage, shard)
  for (
    const chunk of Arr.chunksOf(
      new Map(datastreams.map((datastream) => [datastream.slot, datastream])).values(),
      chunkRows
    )
  ) {
    const properties = chunk.map(({ property }) => observedProperties[property])
    yield* run(upsertDatastreams, [
      int4s(Int32Array.from(chunk, (datastream) => base + datastream.slot)),
      texts(chunk.map((datastream) => storable(datastream.sensorId))),
      // A number beyond this program's catalogue (a rollback) keeps its place; the name comes with the next upsert.
      texts(properties.map((property, index) => property?.name ?? `property ${chunk[index]?.property}`)),
      texts(properties.map((property) => property?.unit ?? "")),
      int4s(Int32Array.from(chunk, (datastream) => datastream.property)),
      stage
    ])
  }
})

/** All rows of a shard, page by page; `key` is the number in the first column. */
const readRange = Effect.fnUntraced(function*<A>(
  run: Run,
  statement: string,
  base: number,
  toItem: (row: ReadonlyArray<unknown>, number: number) => A
): Effect.fn.Return<ReadonlyArray<A>, SqlError> {
  const items: Array<A> = []
  for (let from = base;;) {
    const rows = yield* run(statement, [from, base + slotsMax])
    for (const row of rows) {
      from = row[0] as number
      items.push(toItem(row, from - base))
    }
    if (rows.length < chunkRows) return items
    from += 1
  }
})

export const readSensors = (
  run: Run,
  stage: StageName,
  shard: number
): Effect.Effect<ReadonlyArray<SensorRow>, SqlError> =>
  readRange(run, selectSensors, shardBase(stage, shard), (row, number) => {
    const [, sensorId, name, longitude, latitude, district] = row as [
      number,
      string,
      string,
      number | null,
      number | null,
      string | null
    ]
    return { number, sensorId, name, longitude, latitude, district }
  })

export const readDatastreams = (
  run: Run,
  stage: StageName,
  shard: number
): Effect.Effect<ReadonlyArray<NewDatastream>, SqlError> =>
  readRange(run, selectDatastreams, shardBase(stage, shard), (row, slot) => {
    const [, sensorId, property] = row as [number, string, number]
    return { slot, sensorId, property }
  })
