/** What the door writes into a batch is what a reader finds in it: any ids, times, places and corrections, in their order. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { batchSpanMillisMax, noString } from "../../src/schemas/BatchLayout.ts"
import { BatchReader } from "../../src/schemas/BatchReader.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { datastreamHash } from "../../src/schemas/DatastreamHash.ts"
import { recordKind } from "../../src/schemas/Records.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const ids = ["lam-1", "lam-2", "HSL/1/2", "käytävä", "東京", "🚌🚌", "x".repeat(128), " "]
const header = {
  receivedAt: 1_795_507_200_123,
  source: "http",
  producer: "door-ä/http",
  producerSequence: 7,
  districtSetVersion: 3
}

/** NaN: no result time. */
const resultTimes = [NaN, NaN, 0, 1_795_507_200_000, -1, 4_000_000_000_000.5]
const extremes = [-0, Number.MIN_VALUE, Number.MAX_VALUE]

const Sent = Schema.Struct({
  id: between(0, ids.length - 1),
  property: between(0, 16),
  time: between(-5_000_000_000_000, 5_000_000_000_000),
  offset: between(0, batchSpanMillisMax),
  resultTime: between(0, resultTimes.length - 1),
  result: Schema.Finite,
  extreme: between(0, 20),
  district: Schema.Literals(["", "north", "Itäinen"]),
  longitude: between(-1_800_000_000, 1_800_000_000),
  latitude: between(-900_000_000, 900_000_000),
  isLocated: Schema.Boolean
})
type Sent = typeof Sent.Type
interface Plain {
  readonly id: string
  readonly property: number
  readonly time: number
  readonly resultTime: number
  readonly result: number
  readonly district: string | undefined
  readonly location: readonly [number, number] | undefined
}

/** Times of one batch lie within its span of each other. */
const plain = (sent: Sent, base: number): Plain => ({
  id: ids[sent.id] ?? "",
  property: sent.property,
  time: base + sent.offset,
  resultTime: resultTimes[sent.resultTime] ?? NaN,
  result: extremes[sent.extreme] ?? sent.result,
  district: sent.district === "" ? undefined : sent.district,
  location: sent.isLocated ? [sent.longitude / 1e7, sent.latitude / 1e7] : undefined
})

const readAll = (reader: BatchReader): ReadonlyArray<Plain> => {
  const { f64, i32, u16 } = reader
  const located = new Map(
    Array.from(
      { length: reader.l },
      (_, i) =>
        [u16[reader.locatedAt + i], [(i32[reader.lonAt + i] ?? 0) / 1e7, (i32[reader.latAt + i] ?? 0) / 1e7]] as const
    )
  )
  return Array.from({ length: reader.n }, (_, i) => {
    const key = u16[reader.keyAt + i] ?? 0
    const district = u16[reader.districtAt + key] ?? noString
    const [longitude, latitude] = located.get(i) ?? []
    return {
      id: reader.string(u16[reader.sensorAt + key] ?? 0),
      property: u16[reader.propertyAt + key] ?? -1,
      time: reader.base + (i32[reader.timeAt + i] ?? 0),
      resultTime: reader.resultTimeAt < 0 ? NaN : f64[reader.resultTimeAt + i] ?? 0,
      result: f64[reader.resultAt + i] ?? NaN,
      district: district === noString ? undefined : reader.string(district),
      location: longitude === undefined || latitude === undefined ? undefined : [longitude, latitude]
    }
  })
}

describe("a batch", () => {
  const writer = new BatchWriter()
  const reader = new BatchReader()

  it.prop(
    "is read as it was written, by a writer and a reader that are used again and again",
    [Schema.Array(Sent)],
    ([all]) => {
      const observations = all.map((sent) => plain(sent, all[0]?.time ?? 0))
      for (const o of observations) {
        assert.isTrue(writer.fits(o.time))
        writer.add(o.id, o.property, o.time, o.resultTime, o.result, o.district, o.location)
      }

      const record = writer.take(header)
      reader.read(record)

      assert.strictEqual(recordKind(record), "batch")
      assert.deepStrictEqual(readAll(reader), observations)
      const { districtSetVersion, producer, producerSequence, receivedAt, source } = reader
      assert.deepStrictEqual({ receivedAt, source, producer, producerSequence, districtSetVersion }, header)
      assert.isUndefined(reader.traceparent)
      for (let key = 0; key < reader.k; key++) {
        const sensor = new TextEncoder().encode(reader.string(reader.u16[reader.sensorAt + key] ?? 0))
        assert.strictEqual(
          reader.u32[reader.hashAt + key],
          datastreamHash(sensor, reader.u16[reader.propertyAt + key] ?? 0)
        )
      }
    },
    { arbitrary: { runs: 300, size: 60 } }
  )

  it("does not take a time too far from the others", () => {
    const own = new BatchWriter()
    own.add("a", 0, 0, NaN, 1, undefined, undefined)

    assert.isTrue(own.fits(batchSpanMillisMax))
    assert.isTrue(own.fits(-batchSpanMillisMax))
    assert.isFalse(own.fits(batchSpanMillisMax + 1))
    assert.isFalse(own.fits(-batchSpanMillisMax - 1))
  })
})
