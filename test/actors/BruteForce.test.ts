/** The plain model by which the oracle of chaos runs judges sensor windows: it gives what the sensor stage gives. */
import { assert, describe, it } from "@effect/vitest"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { recordKind } from "../../src/schemas/Records.ts"
import { BruteForce } from "../../stack/BruteForce.ts"
import { loggedBatch } from "../../stack/LoggedBatch.ts"
import { minute } from "../../stack/PlainDatastream.ts"
import { randomNumbers } from "../../stack/Random.ts"
import { accountingRow, accountingRows } from "../../stack/StateRows.ts"
import { batchOf, commandOf, type Sent, StoredShard, tickAt } from "./StoredShard.ts"

const speed = 0
const noise = 10
const start = Date.UTC(2026, 5, 1, 12)

const settings = {
  timeZone: "UTC",
  idleTimeoutMillis: 60_000,
  latenessMillis: { "*": { "*": 20_000 }, http: { noise: 90_000 } }
}

/** Batches, repeated batches and ticks of some hours: often every few seconds, now and then with a pause in which datastreams are idle. */
const recordsFrom = (seed: number): ReadonlyArray<Uint8Array> => {
  const random = randomNumbers(seed)
  const records = [commandOf("configure", { _tag: "Configure", settings })]
  let now = start
  for (let batch = 1; batch <= 400; batch++) {
    now += Math.floor(random() * (random() < 0.1 ? 20 * minute : 20_000))
    const observations = Array.from({ length: Math.floor(random() * 12) }, (): Sent => {
      const time = now - 1_000 * Math.floor(random() * (random() < 0.2 ? 1_800 : 40))
      const resultTime = random() < 0.2 ? time + 1_000 * Math.floor(random() * 3) : undefined
      const property = random() < 0.5 ? speed : noise
      return {
        sensorId: `sensor ${Math.floor(random() * 3)}`,
        property,
        time,
        resultTime,
        result: Math.floor(random() * 5) * 7.3
      }
    })
    records.push(batchOf(observations, { receivedAt: now, producer: "door", producerSequence: batch }))
    if (random() < 0.1) records.push(...records.slice(-1))
    if (random() < 0.7) records.push(tickAt(now + 500))
  }
  return records
}

describe("the plain model of a log", () => {
  for (const seed of [1, 2, 3]) {
    it(`finds the windows, the late observations and the accounting of the sensor stage, seed ${seed}`, () => {
      const records = recordsFrom(seed)
      const stored = new StoredShard().apply(...records).commit()
      const nameOf = (slot: number): string => {
        const { directory } = stored.shard
        return `${directory.id(directory.sensorOfDatastream(slot))} ${
          observedProperties[directory.propertyOf(slot)]?.name
        }`
      }
      const plain = new BruteForce()

      for (const record of records) {
        if (recordKind(record) !== "batch") plain.other(record)
        else {
          const { header, observations } = loggedBatch(record)
          plain.batch(header, observations)
        }
      }

      const sealed = [...plain.datastreams].flatMap(([name, datastream]) =>
        Array.from(datastream.sealed, ([at, window]) => ({ name, start: at, ...window }))
      )
      const minutes = stored.rows.filter(({ size }) => size === minute)
      assert.isAbove(sealed.length, 100)
      assert.isAbove(plain.late.length, 20)
      const withoutMean = ({ count, last, max, min, name, start }: (typeof sealed)[number]) =>
        [name, start, count, min, max, last].join(" ")
      assert.deepStrictEqual(
        minutes.map((row) => withoutMean({ ...row, name: nameOf(row.slot) })).sort(),
        sealed.map(withoutMean).sort()
      )
      for (const { mean, slot, start } of minutes) {
        assert.closeTo(mean, plain.datastreams.get(nameOf(slot))?.sealed.get(start)?.mean ?? NaN, 1e-7)
      }
      assert.deepStrictEqual(
        stored.late.map(({ receivedAt, result, resultTime, slot, time }) =>
          [nameOf(slot), time, resultTime ?? NaN, result, receivedAt].join(" ")
        ),
        plain.late
      )
      assert.deepStrictEqual(
        [...accountingRows(stored.shard, nameOf)].sort(),
        Array.from(plain.datastreams, ([name, { outcomes }]) => accountingRow(name, outcomes)).sort()
      )
    })
  }
})
