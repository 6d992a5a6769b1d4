/**
 * Vicinity's side of the comparison with its peers: MODE FILE|FOLDER ROWS|FOLDER. `bare FILE ROWS`: the file through the check of the door into
 * batches and these through the sensor stage; no log, no commit. `city FILE FOLDER`: the file offered to the door of a city of one process,
 * until all is committed. `rows FOLDER ROWS`: the windows that such a city has stored. Where the file ends the clock ticks, hours later, which
 * seals what is open. The last line of `bare` and `city` is JSON.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Context, Effect } from "effect"
import { closeSync, createReadStream, openSync, writeSync } from "node:fs"
import { LocalShards } from "../src/actors/LocalShards.ts"
import { SensorShard } from "../src/actors/SensorStage.ts"
import { hour } from "../src/analytics/Datastreams.ts"
import type { SealedWindows } from "../src/analytics/SealedWindows.ts"
import { openCity } from "../src/apps/EmbeddedCity.ts"
import { Door } from "../src/ingest/Door.ts"
import { Lane } from "../src/ingest/Lane.ts"
import { ObservationCheck } from "../src/ingest/ObservationCheck.ts"
import { parseLines } from "../src/ingest/ObservationItems.ts"
import { noDistricts } from "../src/ingest/Placement.ts"
import { Locations } from "../src/ingest/SensorLocations.ts"
import { ObservationLog } from "../src/ports/ShardedLog.ts"
import { observedProperties } from "../src/schemas/ObservedProperties.ts"
import { encodeTick } from "../src/schemas/Records.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSecondsBelow } from "./ProcessTree.ts"
import { settingsOf } from "./Settings.ts"

const [mode = "", from = "", to = ""] = process.argv.slice(2)
const readBytes = 1 << 20
/** What is applied shard by shard, as the processors do with what stands in the log; Bytewax takes as much at a time. */
const groupObservations = 100_000
const pendingRowsMax = 20_000

/** Whole lines of the file, about a megabyte at a time. */
async function* linesOf(file: string): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { highWaterMark: readBytes }) as AsyncIterable<Buffer>) {
    const all = Buffer.concat([rest, chunk])
    const end = all.lastIndexOf(10) + 1
    yield all.subarray(0, end)
    rest = all.subarray(end)
  }
}

const itemsOf = (lines: Uint8Array) => {
  const body = parseLines(lines, lines.length)
  return body._tag === "Items" ? body.items : []
}

const farTick = (): Uint8Array => encodeTick(Date.now() + 3 * hour)

const bare = async (): Promise<void> => {
  const rows = openSync(to, "w")
  const check = new ObservationCheck()
  const states = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))
  const lane = new Lane({
    source: "file",
    producer: "bench",
    batchObservations: 100,
    placement: noDistricts,
    locations: new Locations(),
    now: () => Date.now(),
    onBatch: () => undefined
  })
  const apply = (shard: number, payload: Uint8Array, waitingMax: number): void => {
    const state = states.get(shard) as SensorShard
    state.apply(0, payload, undefined)
    if (state.pendingRows <= waitingMax) return
    writeSync(rows, rowsOf(state, state.streams.takeSealed()))
    state.streams.takeLate()
  }
  const applyGroup = (): void => {
    const records = lane.takeGroup()?.records ?? []
    for (const { payload, shard } of records.toSorted((a, b) => a.shard - b.shard)) {
      apply(shard, payload, pendingRowsMax)
    }
  }
  for await (const lines of linesOf(from)) {
    const receivedAt = Date.now()
    for (const { value } of itemsOf(lines)) {
      const refusal = check.check(value, receivedAt)
      if (refusal !== undefined) throw new Error(refusal.detail)
      if (lane.add(check).observations >= groupObservations) applyGroup()
    }
  }
  applyGroup()
  for (const shard of shards) apply(shard, farTick(), 0)
  closeSync(rows)
  console.log(JSON.stringify({ databaseCpuSeconds: 0 }))
}

/** As every peer writes them; the windows of an hour are ours alone. */
const rowsOf = ({ directory }: SensorShard, windows: SealedWindows): string => {
  const { count, last, max, mean, min, size, slot, start, variance } = windows
  let text = ""
  for (let i = 0; i < windows.length; i++) {
    if (size[i] === hour) continue
    const at = slot[i] as number
    const property = observedProperties[directory.propertyOf(at)]?.name
    text +=
      `${directory.id(directory.sensorOfDatastream(at))},${property},${size[i]},${start[i]},${count[i]},${mean[i]},`
      + `${variance[i]},${min[i]},${max[i]},${last[i]}\n`
  }
  return text
}

const city = Effect.gen(function*() {
  const { context } = yield* openCity(settingsOf(to), "UTC")
  const door = Context.get(context, Door)
  const log = Context.get(context, ObservationLog)
  const local = Context.get(context, LocalShards)
  const lines = linesOf(from)
  for (
    let next = yield* Effect.promise(() => lines.next());
    !next.done;
    next = yield* Effect.promise(() => lines.next())
  ) {
    const { rejected } = yield* door.offer("file", itemsOf(next.value))
    if (rejected.length > 0) return yield* Effect.die(new Error(rejected[0]?.detail))
  }
  yield* log.append(shards.map((shard) => ({ shard, payload: farTick() })))
  for (const shard of shards) {
    const { last } = yield* log.bounds(shard)
    while (local.entry(shard).committed < last) yield* Effect.sleep("10 millis")
  }
  // Of processes that are there yet: the last commits of a database that stops are not.
  console.log(JSON.stringify({ databaseCpuSeconds: cpuSecondsBelow(process.pid) }))
}).pipe(Effect.scoped)

const rows = Effect.gen(function*() {
  const { context } = yield* openCity(settingsOf(from), "UTC")
  const sql = Context.get(context, PgClient)
  const file = openSync(to, "w")
  for (
    const { start } of yield* sql.unsafe<{ readonly start: Date }>("SELECT DISTINCT start FROM vicinity.window_history")
  ) {
    const found = yield* sql.unsafe<{ readonly row: string }>(
      `SELECT concat_ws(',', d.sensor_id, d.property, h.size_ms, (extract(epoch FROM h.start) * 1000)::int8, h.count, h.mean, h.variance,
          h.min, h.max, h.last) AS row
        FROM vicinity.window_history h JOIN vicinity.datastream d USING (datastream) WHERE h.size_ms < $1 AND h.start = $2`,
      [hour, start]
    )
    writeSync(file, found.map(({ row }) => `${row}\n`).join(""))
  }
  closeSync(file)
}).pipe(Effect.scoped)

if (mode === "bare") await bare()
else await Effect.runPromise(mode === "city" ? city : rows)
