/** Ill and silent sensors through both stages: they lower the confidence of their district, and never silently its index. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DistrictState } from "../../src/schemas/DistrictState.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { othersAt, StoredDistricts } from "./StoredDistricts.ts"
import { batchOf, StoredShard } from "./StoredShard.ts"

const minute = 60_000
const start = Date.UTC(2026, 5, 1, 12)
const fineParticles = 4
const decode = Schema.decodeSync(Schema.fromJsonString(DistrictState))

type Device = (minutes: number) => number | undefined
/** Around 20 µg/m³, each in its own rhythm, so that the mean of an hour is that of the next one. */
const well = (phase: number): Device => (at) => 20 + ((at + phase) % 5) - 2
const stuckAt = (value: number, from: number): Device => (at) => at < from ? well(0)(at) : value
const silentFrom = (from: number): Device => (at) => at < from ? well(0)(at) : undefined

/** Final states of the district of these sensors, minute by minute of four hours, by the end of their step. */
const statesOf = (devices: ReadonlyArray<Device>): ReadonlyMap<number, DistrictState> => {
  const sensors = new StoredShard()
  const district = new StoredDistricts().apply(...othersAt(start + 1000 * minute, [7]))
  for (let at = 0; at < 240; at++) {
    const time = start + at * minute
    const sent = devices.flatMap((device, i) => {
      const result = device(at)
      return result === undefined
        ? []
        : [{ sensorId: `air ${i}`, property: fineParticles, time, result, district: "kallio" }]
    })
    if (sent.length > 0) sensors.apply(batchOf(sent, { receivedAt: time }))
    sensors.apply(encodeTick(time, true))
    for (const { payload, shard } of sensors.shard.takePrompt()) {
      if (shard === shardOf("kallio")) district.apply(payload)
    }
  }
  return new Map(district.commit().states.map(({ start: at, state }) => [(at - start) / minute + 5, decode(state)]))
}

const qualityAt = (states: ReadonlyMap<number, DistrictState>, minutes: number) => {
  const quality = states.get(minutes)?.quality
  assert.isNotNull(quality)
  assert.isDefined(quality)
  return quality
}

const healthy = statesOf([well(0), well(1), well(2)])

describe("the quality of a district", () => {
  it("loses confidence by a sensor that is stuck, and says so, while the index stays", () => {
    const states = statesOf([well(0), well(1), stuckAt(20, 60)])

    const [before, after] = [qualityAt(states, 60), qualityAt(states, 200)]
    assert.closeTo(after.index, before.index, 0.2)
    assert.closeTo(after.index, qualityAt(healthy, 200).index, 0.2)
    assert.isBelow(after.confidence, qualityAt(healthy, 200).confidence - 0.05)
    assert.match(after.sentence, /1 of 3 sensors is stuck/)
    assert.notMatch(before.sentence, /stuck/)
  })

  it("hardly follows a sensor that is stuck somewhere else, in neither direction", () => {
    for (const value of [90, 1]) {
      const states = statesOf([well(0), well(1), stuckAt(value, 60)])

      const share = (20 - value) * 0.1 / 2.1
      assert.closeTo(states.get(200)?.properties[0]?.mean ?? NaN, 20 - share, 0.2)
    }
  })

  it("loses confidence by a sensor that is silent, and says so, while the index stays", () => {
    const states = statesOf([well(0), well(1), silentFrom(60)])

    const [before, after] = [qualityAt(states, 60), qualityAt(states, 200)]
    assert.closeTo(after.index, before.index, 0.2)
    assert.isBelow(after.confidence, before.confidence - 0.05)
    assert.match(after.sentence, /1 of 3 sensors is silent/)
    assert.strictEqual(states.get(200)?.properties[0]?.sensors, 2)
  })

  it("is still told when all sensors are stuck, with next to no confidence", () => {
    const states = statesOf([stuckAt(20, 60), stuckAt(21, 60), stuckAt(19, 60)])

    const quality = qualityAt(states, 200)
    assert.closeTo(quality.index, qualityAt(healthy, 200).index, 0.5)
    assert.isBelow(quality.confidence, 0.02)
    assert.match(quality.sentence, /3 of 3 sensors are stuck/)
  })

  it("is not known when all sensors are silent", () => {
    const states = statesOf([silentFrom(60), silentFrom(60)])

    assert.isAbove(qualityAt(states, 60).confidence, 0)
    assert.isNull(states.get(200)?.quality)
    assert.isEmpty(states.get(200)?.properties)
    // It is still said: sensors belong to the district.
    assert.isTrue(states.has(200))
  })
})
