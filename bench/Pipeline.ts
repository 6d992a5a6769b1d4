/**
 * One pass over a filled log, as `read` (records only), `decode`, `bare` (decode, look up, update count/mean/M2/min/max/last
 * in one typed array), `state` (the sensor stage without commits) or `full` (the city with its commits to PostgreSQL):
 * MODE FOLDER DATASTREAMS. The last line is JSON.
 */
import { Effect } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { LocalShards } from "../src/actors/LocalShards.ts"
import { SensorDirectory } from "../src/actors/SensorDirectory.ts"
import { SensorShard } from "../src/actors/SensorStage.ts"
import * as FileLog from "../src/adapters/embedded/FileLog.ts"
import { dataPaths } from "../src/apps/DataPaths.ts"
import { openCity } from "../src/apps/EmbeddedCity.ts"
import { ObservationLog } from "../src/ports/ShardedLog.ts"
import { BatchReader } from "../src/schemas/BatchReader.ts"
import { recordKinds } from "../src/schemas/Records.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSeconds } from "./Child.ts"
import { everyRecord } from "./EveryRecord.ts"
import { cpuSecondsBelow } from "./ProcessTree.ts"
import { settingsOf } from "./Settings.ts"

const [mode = "", folder = "", datastreams = "0"] = process.argv.slice(2)
const bareLoop = () => {
  const reader = new BatchReader()
  const directories = new Map(shards.map((shard) => [shard, { directory: new SensorDirectory(), first: 0 }]))
  const state = new Float64Array(8 * Number(datastreams))
  let used = 0
  const slots = new Int32Array(65_536)
  const globalSlots = new Map(shards.map((shard) => [shard, new Int32Array(Number(datastreams))]))
  return (shard: number, payload: Uint8Array): void => {
    reader.read(payload)
    const directory = directories.get(shard)?.directory as SensorDirectory
    const global = globalSlots.get(shard) as Int32Array
    const { f64, hashAt, k, keyAt, n, propertyAt, resultAt, sensorAt, stringFrom, u16, u32, u8 } = reader
    for (let key = 0; key < k; key++) {
      const text = u16[sensorAt + key] as number
      const property = u16[propertyAt + key] as number
      const hash = u32[hashAt + key] as number
      let slot = directory.slotOf(hash, u8, stringFrom[text] as number, stringFrom[text + 1] as number, property)
      if (slot < 0) {
        slot = directory.addDatastream(directory.ensureSensor(reader.string(text)), property)
        global[slot] = used++
      }
      slots[key] = global[slot] as number
    }
    for (let i = 0; i < n; i++) {
      const at = 8 * (slots[u16[keyAt + i] as number] as number)
      const x = f64[resultAt + i] as number
      const count = (state[at] as number) + 1
      const delta = x - (state[at + 1] as number)
      state[at] = count
      state[at + 1] = (state[at + 1] as number) + delta / count
      state[at + 2] = (state[at + 2] as number) + delta * (x - (state[at + 1] as number))
      if (count === 1 || x < (state[at + 3] as number)) state[at + 3] = x
      if (count === 1 || x > (state[at + 4] as number)) state[at + 4] = x
      state[at + 5] = x
    }
  }
}

const stateOnly = () => {
  const states = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))
  return (shard: number, payload: Uint8Array): void => {
    const state = states.get(shard) as SensorShard
    state.apply(0, payload, undefined)
    if (state.pendingRows > 20_000) {
      state.streams.takeSealed()
      state.streams.takeLate()
    }
  }
}

const passes: Readonly<Record<string, () => (shard: number, payload: Uint8Array) => void>> = {
  read: () => () => undefined,
  decode: () => {
    const reader = new BatchReader()
    return (_shard, payload) => reader.read(payload)
  },
  bare: bareLoop,
  state: stateOnly
}

const pass = Effect.gen(function*() {
  const log = yield* FileLog.make({
    folder: dataPaths(folder).observations,
    name: "observations",
    consumers: ["sensor"]
  })
  const visit = passes[mode]?.() as (shard: number, payload: Uint8Array) => void
  const begun = process.cpuUsage()
  const startedAt = performance.now()
  yield* everyRecord(log, (shard, payload) => {
    // An earlier run may have added commands.
    if (payload[2] === recordKinds.batch) visit(shard, payload)
  })
  return { cpuSeconds: cpuSeconds(begun), seconds: (performance.now() - startedAt) / 1000 }
}).pipe(Effect.scoped)

const full = Effect.gen(function*() {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const before = process.cpuUsage()
  const startedAt = performance.now()
  const city = yield* openCity(settingsOf(folder), "Europe/Helsinki")
  const openSeconds = cpuSeconds(before)
  delay.enable()
  const local = yield* LocalShards.pipe(Effect.provide(city.context))
  const log = yield* ObservationLog.pipe(Effect.provide(city.context))
  const lasts = new Map(
    yield* Effect.forEach(shards, (shard) => Effect.map(log.bounds(shard), ({ last }) => [shard, last] as const))
  )
  while (shards.some((shard) => local.entry(shard).committed < (lasts.get(shard) ?? 0))) {
    yield* Effect.sleep("10 millis")
  }
  return {
    // Opening includes the first slices of the backlog, so it belongs to the run.
    cpuSeconds: cpuSeconds(before),
    openSeconds,
    seconds: (performance.now() - startedAt) / 1000,
    databaseCpuSeconds: cpuSecondsBelow(process.pid),
    loopP99: delay.percentile(99) / 1e6,
    loopMax: delay.max / 1e6,
    rssMB: process.memoryUsage().rss / 1e6
  }
}).pipe(Effect.scoped)

console.log(JSON.stringify(mode === "full" ? await Effect.runPromise(full) : await Effect.runPromise(pass)))
