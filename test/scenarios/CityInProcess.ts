/** A whole city inside the test's own process, so that its state can be looked at bit by bit. */
import { Duration, Effect, Layer } from "effect"
import { CrashPoints, type ReachedCrashPoint } from "../../src/actors/CrashPoints.ts"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { groupSlots } from "../../src/actors/SensorStage.ts"
import { writeBaseline } from "../../src/analytics/BaselineBytes.ts"
import { type CitySettings, defaultSettings } from "../../src/apps/Settings.ts"
import { ObservationLog, PartialsLog } from "../../src/ports/ShardedLog.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { groupBytes } from "../actors/StoredShard.ts"
import { temporaryFolder } from "../PostgresForTests.ts"

export const settingsOf = (data: string, changed: Partial<CitySettings> = {}): CitySettings => ({
  ...Effect.runSync(defaultSettings),
  source: "none",
  port: 0,
  data,
  commitInterval: Duration.millis(200),
  // What one run stored is compared with what another did, however long each took.
  minuteRetention: undefined,
  ...changed
})

export const newData = Effect.map(temporaryFolder, (folder) => `${folder}/data`)

/** Does something at a crash point instead of crashing. */
export const atCrashPoint = (act: ReachedCrashPoint) => Layer.succeed(CrashPoints, act)

/** Waits until every record of the log was applied. */
export const applied = Effect.gen(function*() {
  const log = yield* ObservationLog
  const local = yield* LocalShards
  const isBehind = Effect.map(
    Effect.forEach(shards, (shard) => Effect.map(log.bounds(shard), ({ last }) => local.entry(shard).applied < last)),
    (behind) => behind.includes(true)
  )
  while (yield* isBehind) yield* Effect.sleep("10 millis")
})

const districtsHave = (done: "applied" | "committed") =>
  Effect.gen(function*() {
    yield* applied
    const log = yield* PartialsLog
    const local = yield* LocalDistricts
    const isBehind = Effect.map(
      Effect.forEach(shards, (shard) => Effect.map(log.bounds(shard), ({ last }) => local.entry(shard)[done] < last)),
      (behind) => behind.includes(true)
    )
    while (yield* isBehind) yield* Effect.sleep("10 millis")
  })

/** Waits until districts have applied all that the sensor stage gave out, too. */
export const districtsApplied = districtsHave("applied")

/** Waits until all of that is in the store, which is asked for what was before. */
export const districtsCommitted = districtsHave("committed")

/** Everything every shard remembers, as text: equal only where every bit is. */
export const stateOfShards = Effect.gen(function*() {
  const local = yield* LocalShards
  return shards.map((shard) => {
    const state = local.entry(shard).sensors
    if (state === undefined) return `${shard} is not ready`
    const { learned, slab } = state.streams
    const groups = Array.from({ length: Math.ceil(slab.length / groupSlots) }, (_, group) => groupBytes(state, group))
    const baselines = Array.from(
      { length: slab.length },
      (_, slot) => slab.binFloats(slot) === undefined ? new Uint8Array(0) : writeBaseline(slab, slot)
    )
    const sensors = Array.from({ length: state.directory.sensors }, (_, sensor) => state.sensorRow(sensor))
    return JSON.stringify({
      header: Buffer.from(state.header()).toString(),
      groups: groups.map((bytes) => Buffer.from(bytes).toString("base64")),
      baselines: baselines.map((bytes) => Buffer.from(bytes).toString("base64")),
      sensors,
      learning: Array.from(learned).sort()
    }).replace(/,"learning":\[[^\]]*\]/, "")
  })
})
