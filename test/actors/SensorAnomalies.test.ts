/** What a sensor shard gives out and stores of its anomalies, and that a crash changes nothing of it. */
import { assert, describe, it } from "@effect/vitest"
import { SensorShard } from "../../src/actors/SensorStage.ts"
import type { AnomalyRow } from "../../src/ports/ShardStore.ts"
import { decodeAnomalies, type TravellingAnomaly } from "../../src/schemas/AnomaliesCodec.ts"
import { recordKind } from "../../src/schemas/Records.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { steady } from "../analytics/WatchedDatastream.ts"
import { batchOf, type Sent, StoredShard, tickAt } from "./StoredShard.ts"

const minute = 60_000
const start = Date.UTC(2026, 5, 1)
const at = (minutes: number): number => start + minutes * minute

/** What it has given out: where to, and what of anomalies. */
class Told extends StoredShard {
  readonly told: Array<{ readonly shard: number; readonly one: TravellingAnomaly }> = []

  take(): this {
    for (const { payload, shard } of this.shard.takePrompt()) {
      if (recordKind(payload) !== "anomalies") continue
      const { found, sourceShard } = decodeAnomalies(payload)
      assert.strictEqual(sourceShard, 7)
      this.told.push(...found.map((one) => ({ shard, one })))
    }
    return this
  }
}

const speed = (sensorId: string, minutes: number, result: number, district?: string): Sent => ({
  sensorId,
  property: 0,
  time: at(minutes),
  result,
  district
})

/** Forty minutes of something steady of two sensors, one of them in Kallio. */
const learned = (): ReadonlyArray<Uint8Array> =>
  steady(40).map((result, i) =>
    batchOf([speed("tram/9", i, result, "kallio"), speed("loose", i, result)], { receivedAt: at(i) })
  )

const spikes = batchOf([speed("tram/9", 40, 120, "kallio"), speed("loose", 40, 130)], { receivedAt: at(41) })
const calm = steady(10).map((result, i) =>
  batchOf([speed("tram/9", 41 + i, result, "töölö")], { receivedAt: at(42 + i) })
)

describe("the anomalies of a sensor shard", () => {
  it("are given out at once, to the shard of their district or else to their own, with the record that made them", () => {
    const shard = new Told().apply(...learned(), spikes).take()

    assert.deepStrictEqual(
      shard.told.map(({ one, shard }) => [shard, one.sensorId, one.district, one.sourceSequence, one.ordinal]),
      [[shardOf("kallio"), "tram/9", "kallio", 41, 0], [7, "loose", null, 41, 1]]
    )
    const one = shard.told[0]?.one
    assert.deepStrictEqual([one?.opened, one?.observed, one?.foundAt, one?.closed], [at(40), 120, at(41), null])
    assert.match(one?.sentence ?? "", /^Vehicle speed was 120 km\/h where 4\d\.\d to 5\d\.\d km\/h was expected\.$/)
    assert.isTrue(shard.shard.urgent)
  })

  it("keep the district in which they opened", () => {
    const shard = new Told().apply(...learned(), spikes, ...calm).take()

    const tram = shard.told.filter(({ one }) => one.sensorId === "tram/9")
    assert.deepStrictEqual(tram.map(({ one, shard }) => [shard, one.district, one.ending]), [
      [shardOf("kallio"), "kallio", null],
      [shardOf("kallio"), "kallio", "over"]
    ])
  })

  it("are stored once a commit, each as it was known last", () => {
    const rows = (shard: StoredShard): ReadonlyArray<AnomalyRow> => {
      const before = shard.anomalies.length
      return shard.commit().anomalies.slice(before)
    }
    const together = new Told().apply(...learned(), spikes, ...calm)
    const apart = new Told().apply(...learned(), spikes)

    assert.deepStrictEqual(rows(together).map(({ revision, sensorId }) => [sensorId, revision]), [["tram/9", 1], [
      "loose",
      0
    ]])
    assert.deepStrictEqual(rows(apart).map(({ revision }) => revision), [0, 0])
    assert.deepStrictEqual(rows(apart.apply(...calm)).map(({ ending, revision }) => [ending, revision]), [["over", 1]])
    assert.deepStrictEqual(rows(apart), [])
    assert.isFalse(apart.shard.urgent)
  })

  it("close by time alone, under the tick that told", () => {
    const shard = new Told().apply(...learned(), spikes, tickAt(at(45)), tickAt(at(120))).take()

    const closed = shard.told.filter(({ one }) => one.ending === "silent")
    assert.deepStrictEqual(closed.map(({ one }) => [one.sensorId, one.closed, one.sourceSequence, one.foundAt]), [
      ["tram/9", at(40), 43, at(120)],
      ["loose", at(40), 43, at(120)]
    ])
  })

  it("are given out again word for word after a crash between publishing and commit", () => {
    const records = [...learned(), spikes, ...calm]
    for (let committed = 30; committed <= records.length; committed++) {
      const before = new Told().apply(...records.slice(0, committed)).take().commit()
      const snapshot = before.snapshot()
      const alreadyTold = before.told.length
      before.apply(...records.slice(committed)).take()
      // Nothing after the commit is known any more, and the log is read again, in other pieces.
      const again = new SensorShard(7, snapshot)
      const told: Array<TravellingAnomaly> = []
      for (const [i, record] of records.slice(committed).entries()) {
        again.apply(committed + i + 1, record, undefined)
        for (const { payload } of again.takePrompt()) {
          if (recordKind(payload) === "anomalies") told.push(...decodeAnomalies(payload).found)
        }
      }

      // In one take what goes to different shards is in an order of its own.
      const first = before.told.slice(alreadyTold).map(({ one }) => one)
      assert.deepStrictEqual(told, first.sort((a, b) => a.sourceSequence - b.sourceSequence || a.ordinal - b.ordinal))
    }
  })

  it("do not know more than is plausible, and come in records of a size that a message may have", () => {
    const sensors = Array.from({ length: 1_201 }, (_, i) => `sensor-${i}`)
    const shard = new SensorShard(7, undefined)
    steady(40).forEach((result, i) => {
      shard.apply(i + 1, batchOf(sensors.map((id) => speed(id, i, result - 49)), { receivedAt: at(i) }), undefined)
    })
    shard.apply(41, batchOf(sensors.map((id) => speed(id, 41, 200)), { receivedAt: at(41) }), undefined)

    const records = shard.takePrompt().map(({ payload }) => payload)

    const found = records.flatMap((payload) => decodeAnomalies(payload).found)
    assert.deepStrictEqual(found.map(({ ordinal }) => ordinal), sensors.map((_, i) => i))
    assert.isTrue(found.every(({ low }) => low === 0))
    assert.strictEqual(records.length, 3)
    assert.isTrue(records.every(({ length }) => length < 400_000))
  })
})
