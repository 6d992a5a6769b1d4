/**
 * What speed must not change: a fixed load through both stages gives the district windows, states and events it gave before, bit for
 * bit. Whoever changes what they mean writes the new hash here, and says so.
 */
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { DistrictShard } from "../../src/actors/DistrictStage.ts"
import { SensorShard } from "../../src/actors/SensorStage.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { observedProperty } from "../../src/schemas/ObservedProperties.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { shardOf, shards } from "../../src/schemas/Shards.ts"
import { randomNumbers } from "../../stack/Random.ts"

const expected = "53fa080462659bab35eb629409c9d0c7744c1271d51affeb1efab0d0789b8f22"

const minute = 60_000
/** Some Monday 06:00 UTC. */
const start = Date.UTC(2026, 8, 7, 6)
const minutes = 95
const sensors = 90
const districts = 14
const properties = ["vehicle_speed", "vehicle_flow", "noise", "wind_direction", "schedule_delay", "pm2_5"].map(
  (name) => {
    const property = observedProperty(name)
    if (property === undefined) throw new Error(`${name} is no property`)
    return property.number
  }
)

/** Records of one minute: sensors that stand, move, repeat themselves, correct, report late or fall silent, in random order. */
const recordsOf = (at: number, random: () => number, writers: ReadonlyMap<number, BatchWriter>) => {
  const now = start + (at + 1) * minute
  for (let i = 0; i < 4 * sensors; i++) {
    const sensor = Math.floor(random() * sensors)
    const id = `sensor-${sensor}`
    if (sensor % 17 === 3 && at > 40) continue
    const isMoving = sensor % 5 === 0
    const place = isMoving ? Math.floor(at / 4 + random()) + sensor : sensor
    const district = sensor % 11 === 7 ? undefined : `district-${place % districts}`
    const property = properties[sensor % properties.length] as number
    const minutesLate = sensor % 7 === 2 ? Math.floor(random() * 14) : 0
    const time = now - minute + Math.floor(random() * 20) * 3_000 - minutesLate * minute
    const result = sensor % 13 === 1 ? 7 : Math.round(1000 * random()) / 10
    const resultTime = random() < 0.1 ? time + Math.floor(random() * 3) * 1_000 : NaN
    const location = isMoving ? [24 + place / 100, 60] as const : undefined
    writers.get(shardOf(id))?.add(id, property, time, resultTime, result, district, location)
  }
  return Array.from(writers).flatMap(([shard, writer]) => {
    const header = { receivedAt: now, source: "test", producer: "p", producerSequence: at + 1, districtSetVersion: 0 }
    const batch = writer.count > 0 ? [writer.take(header)] : []
    return [...batch, encodeTick(now, at < 30)].map((payload) => ({ shard, payload }))
  })
}

const asText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner)

describe("a fixed replay", () => {
  it("gives the district windows, states and events it gave before", () => {
    const random = randomNumbers(20260907)
    const writers = new Map(shards.map((shard) => [shard, new BatchWriter()]))
    const sensorShards = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))
    const districtShards = new Map(shards.map((shard) => [shard, new DistrictShard(shard, undefined)]))
    const hashes = new Map(shards.map((shard) => [shard, createHash("sha256")]))
    let sequence = 0
    let rows = 0
    for (let at = 0; at < minutes; at++) {
      for (const { payload, shard } of recordsOf(at, random, writers)) {
        sensorShards.get(shard)?.apply(++sequence, payload, undefined)
        for (const given of sensorShards.get(shard)?.takePrompt() ?? []) {
          districtShards.get(given.shard)?.apply(++sequence, given.payload)
        }
      }
      for (const [shard, state] of districtShards) {
        const events = state.takePrompt()
        const { districts: found } = state.changes()
        rows += found?.windows.length ?? 0
        hashes.get(shard)?.update(asText([events, found]))
      }
    }
    const hash = createHash("sha256")
    for (const each of hashes.values()) hash.update(each.digest())
    assert.isAbove(rows, 1_000)
    assert.strictEqual(hash.digest("hex"), expected)
  })
})
