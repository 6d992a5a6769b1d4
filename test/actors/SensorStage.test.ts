/** The sensor stage as a function of its log: against a naive model, in any batches, across restarts. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Queries from "../../src/actors/SensorShardQueries.ts"
import { SensorShard } from "../../src/actors/SensorStage.ts"
import * as Slab from "../../src/analytics/DatastreamSlab.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { encodeCommand, type StageSettings } from "../../src/schemas/Commands.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { EpochMillis, Latitude, Longitude } from "../../src/schemas/Quantities.ts"
import { RecordCorrupt, recordKind, RecordVersionUnknown, sealRecord } from "../../src/schemas/Records.ts"
import { windowSizes } from "../../src/schemas/Window.ts"
import { decodeWindows, encodeWindows } from "../../src/schemas/WindowsCodec.ts"
import { NaiveBaseline } from "../analytics/NaiveBaseline.ts"
import { assertSummaryEquals, NaiveDatastream } from "../analytics/NaiveModel.ts"
import { batchOf, commandOf, type Row, type Sent, StoredShard, tickAt } from "./StoredShard.ts"

const minute = 60_000
const monday = Date.UTC(2026, 5, 1)
const speed = 0
const noise = 10
const direction = 14
const properties = [speed, noise, direction]
const settings: StageSettings = {
  timeZone: "Europe/Helsinki",
  idleTimeoutMillis: 60_000,
  latenessMillis: { "*": { vehicle_speed: 2 * minute }, "http": { noise: 0 } }
}
/** What `settings` says of a property for source `http`. */
const latenessOf = (property: number): number => property === speed ? 2 * minute : property === noise ? 0 : 5 * minute

// A history: arrivals and ticks, at ever later (or the same) moments.
const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Arrival = Schema.Struct({
  sensor: int(0, 3),
  property: Schema.Literals(properties),
  /** Where in the minutes around the reception it lies, coarse enough to meet others at the same millisecond. */
  minutesAgo: Schema.Union([int(-1, 9), int(-1, 9), int(0, 200)]),
  twenties: int(0, 2),
  result: int(0, 6),
  resultTime: Schema.NullOr(int(0, 3)),
  /** Where it was: in one of two districts, or outside both. */
  place: Schema.NullOr(int(0, 3))
})
type Arrival = typeof Arrival.Type
const Step = Schema.Union([
  Schema.TaggedStruct("Batch", { observations: Schema.Array(Arrival).check(Schema.isMaxLength(12)) }),
  Schema.TaggedStruct("Batch", { observations: Schema.Array(Arrival).check(Schema.isMaxLength(12)) }),
  Schema.TaggedStruct("Tick", {}),
  Schema.TaggedStruct("Wait", { seconds: Schema.Union([int(0, 90), int(0, 600), int(0, 8000)]) })
])
const History = Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(80))
type History = typeof History.Type

const start = monday + 12 * 60 * minute
const sentBy = (arrival: Arrival, now: number): Sent => {
  const at = Math.floor((now - arrival.minutesAgo * minute) / minute) * minute + arrival.twenties * 20_000
  // The door lets nothing pass that is a minute ahead.
  const time = Math.min(at, now + 60_000)
  return {
    sensorId: `sensor ${arrival.sensor}`,
    property: arrival.property,
    time,
    resultTime: arrival.resultTime === null ? undefined : time + 1000 * arrival.resultTime,
    result: arrival.result * 23.7,
    district: arrival.place === null ? undefined : [undefined, "kallio", "pasila", "kallio"][arrival.place],
    location: arrival.place === null ? undefined : [24 + arrival.place / 10, 60]
  }
}

type Record = { readonly tick: number } | { readonly receivedAt: number; readonly observations: ReadonlyArray<Sent> }

const recordsOf = (history: History): ReadonlyArray<Record> => {
  let now = start
  return history.flatMap((step): ReadonlyArray<Record> => {
    if (step._tag === "Wait") now += 1000 * step.seconds
    if (step._tag === "Tick") return [{ tick: now }]
    return step._tag === "Batch"
      ? [{ receivedAt: now, observations: step.observations.map((arrival) => sentBy(arrival, now)) }]
      : []
  })
}

const encoded = (record: Record): Uint8Array =>
  "tick" in record ? tickAt(record.tick) : batchOf(record.observations, { receivedAt: record.receivedAt })

const configured = (): StoredShard => new StoredShard().apply(commandOf("configure", { _tag: "Configure", settings }))

/** The naive model of every datastream, by its name. */
const modelled = (records: ReadonlyArray<Record>): ReadonlyMap<string, NaiveDatastream> => {
  const model = new Map<string, NaiveDatastream>()
  let ticked = -Infinity
  for (const record of records) {
    if ("tick" in record) {
      if (record.tick > ticked) {
        for (const stream of model.values()) stream.tick(record.tick, settings.idleTimeoutMillis)
      }
      ticked = Math.max(ticked, record.tick)
      continue
    }
    for (const { property, result, resultTime, sensorId, time } of record.observations) {
      const name = `${property} ${sensorId}`
      const stream = model.get(name) ?? new NaiveDatastream(observedProperties[property]?.aggregation ?? "arithmetic")
      model.set(name, stream)
      stream.observe({ time, resultTime, result, receivedAt: record.receivedAt, lateness: latenessOf(property) })
    }
  }
  return model
}

const nameOf = (shard: SensorShard, slot: number): string =>
  `${shard.directory.propertyOf(slot)} ${shard.directory.id(shard.directory.sensorOfDatastream(slot))}`
const word = (shard: SensorShard, slot: number, name: number): number =>
  shard.streams.slab.record(slot)[shard.streams.slab.at(slot) + name] ?? NaN

const equalsModel = (stored: StoredShard, records: ReadonlyArray<Record>): void => {
  stored.commit()
  const { late, rows, shard } = stored
  const model = modelled(records)
  assert.deepStrictEqual(
    Array.from({ length: shard.streams.slab.length }, (_, slot) => nameOf(shard, slot)),
    [...model.keys()]
  )
  const rowsOf = Map.groupBy(rows, ({ slot }) => slot)
  const lateOf = Map.groupBy(late, ({ slot }) => slot)
  for (const [slot, [name, naive]] of [...model].entries()) {
    const property = observedProperties[shard.directory.propertyOf(slot)]
    assert.isDefined(property, name)
    const { aggregation } = property
    const counts = {
      counted: word(shard, slot, Slab.counted),
      duplicate: word(shard, slot, Slab.duplicate),
      superseded: word(shard, slot, Slab.superseded),
      late: word(shard, slot, Slab.late)
    }
    const sent = records.flatMap((record) => "tick" in record ? [] : record.observations)
      .filter((observation) => `${observation.property} ${observation.sensorId}` === name)
    assert.deepStrictEqual(counts, naive.counts, name)
    assert.deepStrictEqual(
      lateOf.get(slot) ?? [],
      naive.late.map(({ receivedAt, result, resultTime, time }) => ({ slot, time, resultTime, result, receivedAt })),
      name
    )
    assert.strictEqual(counts.counted + counts.duplicate + counts.superseded + counts.late, sent.length, name)
    assert.strictEqual(word(shard, slot, Slab.watermark), naive.watermark, name)
    for (const [size, millis] of [["1m", minute], ["5m", 5 * minute], ["1h", 60 * minute]] as const) {
      const sealed = (rowsOf.get(slot) ?? []).filter((row) => row.size === millis)
      const expected = naive.windows(millis, true)
      assert.deepStrictEqual(sealed.map((row) => row.start), expected.map((window) => window.start), `${name} ${size}`)
      for (const [i, window] of expected.entries()) assertSummaryEquals(sealed[i] ?? window, window, aggregation)
      const open = Queries.openWindows(shard, slot, size).filter((window) => !window.final)
      const stillOpen = naive.windows(millis, false)
      assert.deepStrictEqual(open.map((window) => Date.parse(window.start)), stillOpen.map((window) => window.start))
      for (const [i, window] of stillOpen.entries()) assertSummaryEquals(open[i] ?? window, window, aggregation)
    }
    const newest = naive.current().at(-1)
    assert.deepStrictEqual(
      [word(shard, slot, Slab.lastTime), word(shard, slot, Slab.lastResult)],
      [newest?.time ?? NaN, newest?.result ?? NaN]
    )
    const baseline = new NaiveBaseline(settings.timeZone)
    if (aggregation !== "circular") { for (const five of naive.closedFives()) baseline.add(five.start, five.mean) }
    for (let hour = 0; hour < 168; hour++) {
      const [bin, known] = [shard.streams.bin(slot, hour), baseline.bins.get(hour)]
      assert.strictEqual(bin?.weeks, known?.weeks)
      if (bin === undefined || known === undefined) continue
      assert.closeTo(bin.centre, known.centre, 1e-4)
      assert.closeTo(Number.isNaN(bin.spread) ? 0 : bin.spread, known.spread ?? 0, 1e-4)
    }
  }
}

const runs = { arbitrary: { runs: 80 } }

describe("the sensor stage", () => {
  it.prop(
    "equals a naive model of the same log: nothing lost, nothing counted twice, every window",
    [History],
    ([history]) => {
      const records = recordsOf(history)
      const stored = configured().apply(...records.map(encoded))

      equalsModel(stored, records)
    },
    runs
  )

  it.prop("does not depend on where batches begin and end", [History, int(1, 5)], ([history, size]) => {
    const whole = recordsOf(history)
    const pieces = whole.flatMap((record): ReadonlyArray<Record> =>
      "tick" in record ? [record] : Array.from(
        { length: Math.ceil(record.observations.length / size) },
        (_, i) => ({ ...record, observations: record.observations.slice(i * size, (i + 1) * size) })
      )
    )
    const inPieces = configured().apply(...pieces.map(encoded))
    const atOnce = configured().apply(...whole.map(encoded))

    // Slots are numbered in the order of keys; the batches differ only in their producers.
    assert.deepStrictEqual(withoutProducers(inPieces.everything()), withoutProducers(atOnce.everything()))
  }, runs)

  it.prop("ends bit-identical when it is stored and restored at any points", [History, Schema.Array(int(0, 80))], ([
    history,
    restarts
  ]) => {
    const records = recordsOf(history).map(encoded)
    const interrupted = configured()
    for (const [i, record] of records.entries()) {
      if (restarts.includes(i)) interrupted.restart()
      interrupted.apply(record)
    }
    const uninterrupted = configured().apply(...records)

    assert.deepStrictEqual(interrupted.everything(), uninterrupted.everything())
    assert.deepStrictEqual(interrupted.restart().everything(), uninterrupted.everything())
  }, runs)

  it.prop("gives the same bits for the same observations in any order, where none corrects another", [
    Schema.Array(Schema.Tuple([int(0, 280), int(0, 999), Schema.Int]))
  ], ([values]) => {
    // Within the lateness of five minutes, at times of their own.
    const observations = values.map(([second, millis, order], i): Sent & { readonly order: number } => ({
      sensorId: "a",
      property: direction,
      time: start - second * 1000 - millis,
      result: (i * 77) % 360,
      order
    }))
    const unique = observations.filter(({ time }, i) => observations.findIndex((other) => other.time === time) === i)
    const ends = [{ sensorId: "a", property: direction, time: start + 3_600_000, result: 1 }]
    const rowsOf = (sent: ReadonlyArray<Sent>): ReadonlyArray<Row> =>
      new StoredShard().apply(batchOf(sent, { receivedAt: start }), batchOf(ends, { receivedAt: start + 3_600_000 }))
        .commit().rows

    assert.deepStrictEqual(rowsOf(unique), rowsOf([...unique].sort((a, b) => a.order - b.order)))
  })

  it("takes a batch of a producer once, also when it is sent again later and out of order", () => {
    const batches = Array.from(
      { length: 6 },
      (_, i) =>
        batchOf([{ sensorId: "a", property: speed, time: start + i * 1000, result: i }], {
          receivedAt: start,
          producer: "door-1",
          producerSequence: i + 1
        })
    )
    const [one, two, three, four, five, six] = batches.map((batch) => [batch]).map(([batch]) =>
      batch ?? new Uint8Array()
    )
    assert.isTrue(one !== undefined && two !== undefined && three !== undefined && four !== undefined)
    assert.isTrue(five !== undefined && six !== undefined)

    const stored = new StoredShard().apply(one, three, three, two).restart().apply(one, two, six, three, five).restart()
      .apply(four, four, six, five, one)

    assert.strictEqual(word(stored.shard, 0, Slab.counted), 6)
    assert.strictEqual(word(stored.shard, 0, Slab.duplicate), 0)
    assert.strictEqual(stored.shard.totals.repeatedBatches, 8)
  })

  it("keeps late observations for the commit that writes them, once, and counts them as rows that wait", () => {
    const late = observed({ time: start - 30 * minute, resultTime: start - 20 * minute, result: 12.5 })
    const stored = new StoredShard().apply(received([observed()]), received([late, late])).restart()
    assert.strictEqual(stored.shard.pendingRows, 0)

    stored.apply(received([{ ...late, resultTime: undefined, result: 13.5 }]))

    assert.strictEqual(stored.shard.pendingRows, 1)
    const first = { slot: 0, time: late.time, resultTime: late.resultTime, result: 12.5, receivedAt: start }
    assert.deepStrictEqual(stored.restart().late, [first, first, { ...first, resultTime: undefined, result: 13.5 }])
    assert.strictEqual(word(stored.shard, 0, Slab.late), 3)
  })

  it("applies a command once, also after a restart", () => {
    const named = (id: string, name: string) => commandOf(id, { _tag: "DescribeSensor", sensorId: "a", name })

    const stored = new StoredShard().apply(named("1", "first"), named("2", "second")).restart().apply(
      named("1", "first")
    )

    assert.strictEqual(stored.shard.sensorRow(0).name, "second")
  })

  it("ignores ticks that go back or repeat", () => {
    const observations = [{ sensorId: "a", property: speed, time: start, result: 1 }]
    const stored = new StoredShard().apply(batchOf(observations, { receivedAt: start }), tickAt(start + 20 * minute))
    const before = stored.everything()

    stored.apply(tickAt(start), tickAt(start + 20 * minute), tickAt(start + 19 * minute))

    assert.deepStrictEqual(stored.everything(), before)
  })
})

const withoutProducers = (everything: unknown): unknown =>
  JSON.parse(
    JSON.stringify(everything, (name, value: unknown) =>
      name === "header" && typeof value === "string"
        ? value.replace(/"producers":.*?\],"commands"/s, '"commands"')
        : value)
  )

const observed = (more: Partial<Sent> = {}): Sent => ({
  sensorId: "tram 4",
  property: speed,
  time: start,
  result: 30,
  ...more
})
const received = (observations: ReadonlyArray<Sent>): Uint8Array => batchOf(observations, { receivedAt: start })

describe("where a sensor is", () => {
  const at = (minutes: number, longitude: number, more: Partial<Sent> = {}): Sent =>
    observed({ time: start - 3 * minute + minutes * minute, location: [longitude, 60], ...more })

  it("is where it was at the newest located observation, in any order and across a restart", () => {
    for (const restart of [false, true]) {
      const stored = new StoredShard().apply(received([at(2, 24.2), at(1, 24.1)]))
      if (restart) stored.restart()
      stored.apply(received([at(0, 24)]))

      assert.strictEqual(stored.shard.sensorRow(0).longitude, 24.2)
      stored.apply(received([at(2, 24.3)]))
      assert.strictEqual(stored.shard.sensorRow(0).longitude, 24.3)
    }
  })

  it("is kept by any of its properties, also across a restart", () => {
    const stored = new StoredShard().apply(received([at(2, 24.2, { property: noise }), at(0, 24)])).restart()

    stored.apply(received([at(1, 24.1)]))

    assert.strictEqual(stored.shard.sensorRow(0).longitude, 24.2)
  })

  it("does not change by observations without a location", () => {
    const stored = new StoredShard().apply(received([at(1, 24.1, { district: "kallio" })]))

    stored.apply(received([observed({ time: start })]))

    assert.deepStrictEqual(
      { ...stored.shard.sensorRow(0) },
      { number: 0, sensorId: "tram 4", name: "tram 4", longitude: 24.1, latitude: 60, district: "kallio" }
    )
  })

  it("has the district of the newest located observation, wherever batches begin and restarts happen", () => {
    const drive = [
      at(0, 24, { district: "kallio" }),
      at(1, 24.1, { district: "pasila" }),
      at(2, 24.2, { district: "kallio" }),
      at(1, 24.1, { district: "pasila", property: noise })
    ]
    for (const size of [1, 2, 3, 4]) {
      const stored = new StoredShard()
      for (let i = 0; i < drive.length; i += size) stored.apply(received(drive.slice(i, i + size))).restart()

      assert.strictEqual(stored.shard.sensorRow(0).district, "kallio", `batches of ${size}`)
    }
  })

  it("has no district where it left them all", () => {
    const stored = new StoredShard().apply(received([at(0, 24, { district: "kallio" })]), received([at(1, 29)]))

    assert.strictEqual(stored.shard.sensorRow(0).district, null)
  })

  it("has the district it is given without a location, in the order of the log", () => {
    const stored = new StoredShard().apply(
      received([observed({ district: "kallio" }), observed({ district: "pasila", time: start - minute })])
    )

    assert.strictEqual(stored.shard.sensorRow(0).district, "pasila")
  })

  it("is what a command says until an observation says otherwise", () => {
    const location = [Longitude.make(25), Latitude.make(61)] as const
    const stored = new StoredShard().apply(commandOf("1", { _tag: "DescribeSensor", sensorId: "tram 4", location }))
    assert.strictEqual(stored.shard.sensorRow(0).longitude, 25)

    stored.restart().apply(received([at(0, 24)]))

    assert.strictEqual(stored.shard.sensorRow(0).longitude, 24)
  })

  it("is not taken from an observation that was quarantined", () => {
    const shard = new SensorShard(1, undefined)

    shard.apply(1, received([at(0, 24), at(1, 24.1)]), new Set([1]))

    assert.strictEqual(shard.sensorRow(0).longitude, 24)
    assert.strictEqual(shard.totals.quarantined, 1)
    assert.strictEqual(word(shard, 0, Slab.counted), 1)
  })
})

describe("a record the stage cannot apply", () => {
  const refused = (payload: Uint8Array): { readonly error: unknown; readonly unchanged: boolean } => {
    const stored = new StoredShard().apply(received([observed({ sensorId: "known" })]))
    const before = JSON.stringify(stored.everything())
    try {
      stored.apply(payload)
      return { error: undefined, unchanged: false }
    } catch (error) {
      return { error, unchanged: JSON.stringify(stored.everything()) === before }
    }
  }

  it("because it is damaged, changes nothing", () => {
    const damaged = received([observed()])
    damaged[40] = 7

    const { error, unchanged } = refused(damaged)

    assert.instanceOf(error, RecordCorrupt)
    assert.isTrue(unchanged)
  })

  it("because it has a property this version does not know, stops it and changes nothing", () => {
    const { error, unchanged } = refused(received([observed(), observed({ sensorId: "b", property: 99 })]))

    assert.instanceOf(error, RecordVersionUnknown)
    assert.isTrue(unchanged)
  })

  it("because it is a command or kind this version does not know, stops it and changes nothing", () => {
    const newer = encodeCommand({
      id: "x",
      issuedAt: EpochMillis.make(0),
      command: { _tag: "DescribeSensor", sensorId: "a", name: "b" }
    })
    newer[1] = 2
    const windows = encodeWindows({ sourceShard: 1, sourceSequence: 1, windows: [] })
    for (const payload of [newer, windows]) {
      const { error, unchanged } = refused(payload)
      assert.instanceOf(error, RecordVersionUnknown)
      assert.isTrue(unchanged)
    }
  })

  it("leaves the next one untouched", () => {
    const stored = new StoredShard()
    assert.throws(() => stored.apply(sealRecord(new Uint8Array(64), "batch", 0)), RecordCorrupt)

    stored.shard.skipCorrupt()
    stored.apply(received([observed()]))

    assert.strictEqual(word(stored.shard, 0, Slab.counted), 1)
    assert.strictEqual(stored.shard.totals.corruptBatches, 1)
  })
})

describe("what the stage publishes", () => {
  it("is every closed five-minute window that is kept, in order, with its sensor", () => {
    const stored = new StoredShard()
    const sensors = ["a", "\uFEFFb", "käyrä 🌡️"]
    for (let i = 0; i < 40; i++) {
      const time = start + i * minute
      stored.apply(batchOf(sensors.map((sensorId) => observed({ sensorId, time, result: i })), { receivedAt: time }))
    }

    const records = stored.shard.outputs(40).map(({ payload }) => payload)

    assert.deepStrictEqual(records.map(recordKind), ["windows"])
    const published = records.map(decodeWindows).flatMap(({ windows }) => windows)
    stored.commit()
    const rows = stored.rows.filter(({ size }) => size === windowSizes["5m"])
    assert.deepStrictEqual(
      published,
      rows.map(({ count, max, mean, min, slot, start }) => ({
        sensorId: sensors[slot] ?? "",
        property: speed,
        start,
        count,
        mean,
        min,
        max
      }))
    )
    assert.lengthOf(published, 3 * 6)
    assert.lengthOf(stored.shard.outputs(40), 0)
  })

  it("is split into records of at most 4,096 windows", () => {
    const stored = new StoredShard()
    const ids = Array.from({ length: 5000 }, (_, i) => `sensor-${i}`)
    for (const time of [start, start + 20 * minute]) {
      stored.apply(batchOf(ids.map((sensorId) => observed({ sensorId, time })), { receivedAt: time }))
    }

    const counts = stored.shard.outputs(2).map(({ payload }) => decodeWindows(payload).windows.length)

    assert.deepStrictEqual(counts, [4096, 904])
  })
})

describe("lateness", () => {
  it("is that of the source and property, else of the source, else of all, else of the catalogue", () => {
    const latenessMillis = {
      "http": { noise: 1, "*": 2 },
      "*": { noise: 3, vehicle_speed: 4 },
      "replay:a": { "vehicle_speed": 5 }
    }
    const command = commandOf("c", { _tag: "Configure", settings: { ...settings, latenessMillis } })
    const markOf = (source: string, property: number): number => {
      const stored = new StoredShard().apply(command)
      stored.apply(batchOf([observed({ property })], { receivedAt: start, source }))
      return start - word(stored.shard, 0, Slab.watermark)
    }

    assert.deepStrictEqual(
      [
        markOf("http", noise),
        markOf("http", speed),
        markOf("mqtt", noise),
        markOf("mqtt", direction),
        markOf("replay:a", speed)
      ],
      [1, 2, 3, 300_000, 5]
    )
    assert.strictEqual(markOf("constructor", speed), 4)
  })

  it("follows a new setting from the next batch on", () => {
    const stored = new StoredShard().apply(received([observed()]))
    const wanted = { ...settings, latenessMillis: { "*": { "*": 0 } } }

    stored.apply(commandOf("c", { _tag: "Configure", settings: wanted }), received([observed({ result: 31 })]))

    assert.strictEqual(word(stored.shard, 0, Slab.watermark), start)
    assert.deepStrictEqual(stored.restart().shard.settings, wanted)
  })
})

describe("a shard of a newer version", () => {
  it("is not opened", () => {
    const stored = configured().commit()
    const snapshot = stored.snapshot()
    const header = new TextEncoder().encode(
      new TextDecoder().decode(snapshot.header).replace(/"version":3/, '"version":4')
    )

    assert.throws(() => new SensorShard(7, { ...snapshot, header }), /newer/)
  })
})

describe("a batch writer shared by shards", () => {
  it("does not mix them up, as the reader is one for all", () => {
    const cache: ConstructorParameters<typeof BatchWriter>[0] = new Map()
    const shards = [new SensorShard(1, undefined), new SensorShard(2, undefined)]
    for (const [i, shard] of shards.entries()) {
      const writer = new BatchWriter(cache)
      writer.add(`s${i}`, speed, start, NaN, i, undefined, undefined)
      shard.apply(
        1,
        writer.take({ receivedAt: start, source: "http", producer: "p", producerSequence: 1, districtSetVersion: 0 }),
        undefined
      )
    }

    assert.deepStrictEqual(shards.map((shard) => shard.sensorRow(0).sensorId), ["s0", "s1"])
    assert.deepStrictEqual(shards.map((shard) => word(shard, 0, Slab.lastResult)), [0, 1])
  })
})
