/**
 * One pass over a filled log with ticks: MODE FOLDER [digest]. `alone`: the sensor shards without commits. `state`: sensor and
 * district shards in one process without commits, what the first give out handed over in its bytes as soon as it is there.
 * `full`: the city with its commits to PostgreSQL. The last line is JSON.
 */
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { DistrictShard } from "../src/actors/DistrictStage.ts"
import { LocalDistricts } from "../src/actors/LocalDistricts.ts"
import { LocalShards } from "../src/actors/LocalShards.ts"
import { SensorShard } from "../src/actors/SensorStage.ts"
import * as FileLog from "../src/adapters/embedded/FileLog.ts"
import { dataPaths } from "../src/apps/DataPaths.ts"
import { openCity } from "../src/apps/EmbeddedCity.ts"
import { ObservationLog, PartialsLog, type ShardedLog } from "../src/ports/ShardedLog.ts"
import { decodePartials } from "../src/schemas/PartialsCodec.ts"
import { recordKinds } from "../src/schemas/Records.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSeconds } from "./Child.ts"
import { everyRecord } from "./EveryRecord.ts"
import { cpuSecondsBelow } from "./ProcessTree.ts"
import { settingsOf } from "./Settings.ts"

const [mode = "", folder = "", wantsDigest = ""] = process.argv.slice(2)
/** Of all rows and events; what is counted or hashed is not for measuring. */
const digest = wantsDigest === "digest" ? createHash("sha256") : undefined
const asText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner)

/** As much as all sensor shards give out in a minute: the district shards take it in shard by shard, as the processors do. */
const recordsPerTurn = shards.length ** 2

const figures = { records: 0, partials: 0, partialBytes: 0, windowRows: 0, stateRows: 0, events: 0 }

const stages = () => {
  const sensors = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))
  const districts = new Map(shards.map((shard) => [shard, new DistrictShard(shard, undefined)]))
  const given = new Map<DistrictShard, Array<unknown>>()
  const waiting = new Map<number, Array<Uint8Array>>(shards.map((shard) => [shard, []]))
  let waitingRecords = 0
  let sequence = 0
  const apply = (state: DistrictShard, payload: Uint8Array): void => {
    figures.records++
    figures.partialBytes += payload.length
    if (digest !== undefined) figures.partials += decodePartials(payload).rounds.at(-1)?.to ?? 0
    state.apply(++sequence, payload)
    if (state.pendingRows === 0) return
    const events = state.takePrompt()
    const rows = state.takeRows()
    figures.events += events.length
    figures.windowRows += rows.windows.length
    figures.stateRows += rows.states.length
    if (digest !== undefined) given.set(state, [...given.get(state) ?? [], events, rows])
    state.takeNews()
  }
  const applyAll = (): void => {
    for (const [shard, payloads] of waiting) {
      for (const payload of payloads.splice(0)) apply(districts.get(shard) as DistrictShard, payload)
    }
    waitingRecords = 0
  }
  const handOver = (from: SensorShard): void => {
    for (const { payload, shard } of from.takePrompt()) {
      waiting.get(shard)?.push(payload)
      waitingRecords++
    }
    if (waitingRecords >= recordsPerTurn) applyAll()
  }
  return {
    visit: (shard: number, payload: Uint8Array, at: number): void => {
      // A run of the city has added commands.
      if (payload[2] === recordKinds.command) return
      const state = sensors.get(shard) as SensorShard
      state.apply(at, payload, undefined)
      if (mode === "state" && state.promptWaiting > 0) handOver(state)
      if (state.pendingRows > 20_000) {
        state.streams.takeSealed()
        state.streams.takeLate()
      }
    },
    end: (): void => {
      applyAll()
      for (const state of districts.values()) digest?.update(asText(given.get(state) ?? []))
    }
  }
}

const pass = Effect.gen(function*() {
  const log = yield* FileLog.make({
    folder: dataPaths(folder).observations,
    name: "observations",
    consumers: ["sensor"]
  })
  const { end, visit } = stages()
  const begun = process.cpuUsage()
  yield* everyRecord(log, visit)
  end()
  const seconds = cpuSeconds(begun)
  return {
    cpuSeconds: seconds,
    rssMB: process.memoryUsage().rss / 1e6,
    ...figures,
    digest: digest?.digest("hex") ?? ""
  }
}).pipe(Effect.scoped)

const lastsOf = Effect.fnUntraced(function*(log: ShardedLog) {
  return new Map(
    yield* Effect.forEach(shards, (shard) => Effect.map(log.bounds(shard), ({ last }) => [shard, last] as const))
  )
})

const full = Effect.gen(function*() {
  const before = process.cpuUsage()
  const city = yield* openCity(settingsOf(folder), "Europe/Helsinki")
  const sensors = yield* LocalShards.pipe(Effect.provide(city.context))
  const districts = yield* LocalDistricts.pipe(Effect.provide(city.context))
  const lasts = yield* lastsOf(yield* ObservationLog.pipe(Effect.provide(city.context)))
  const partials = yield* PartialsLog.pipe(Effect.provide(city.context))
  while (shards.some((shard) => sensors.entry(shard).committed < (lasts.get(shard) ?? 0))) {
    yield* Effect.sleep("10 millis")
  }
  const given = yield* lastsOf(partials)
  while (shards.some((shard) => districts.entry(shard).committed < (given.get(shard) ?? 0))) {
    yield* Effect.sleep("10 millis")
  }
  return {
    // Opening includes the first slices of the backlog, so it belongs to the run.
    cpuSeconds: cpuSeconds(before),
    databaseCpuSeconds: cpuSecondsBelow(process.pid),
    rssMB: process.memoryUsage().rss / 1e6
  }
}).pipe(Effect.scoped)

console.log(JSON.stringify(mode === "full" ? await Effect.runPromise(full) : await Effect.runPromise(pass)))
