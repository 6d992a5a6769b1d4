/**
 * Districts of moving buses: every window of every H3 cell of Austin, computed once more from the recorded rows by the obvious
 * formulas. What counts as what:
 * - a value counts in the cell its row has it in, also in the middle of a window; of values of one bus, property and time
 *   the same again is a duplicate, and another one supersedes it, wherever that was;
 * - a *sensor* of a window is a bus with a value of the property in the cell and the window, its mean the plain one of
 *   its values there; the mean of the cell is the mean over those, however often each reports; variance, min, max and the counts beyond the
 *   thresholds are over the values;
 * - an hour is its twelve windows together: its mean and its sensors are over buses and five-minute windows.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { latLngToCell } from "h3-js"
import { join } from "node:path"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import type { DistrictWindowRow } from "../../src/ports/ShardStore.ts"
import { dataFolder as recordings, has, recordedValues } from "../ingest/RecordedValues.ts"
import { districtsApplied, newData, settingsOf } from "./CityInProcess.ts"
import { storedCity } from "./StoredCity.ts"

const name = "austin-buses"
const [fiveMinutes, hour] = [300_000, 3_600_000]
const resolution = 7
/** On time: neither more than a minute early nor more than five late. */
const isBeyond = (property: string, value: number): readonly [boolean, boolean] =>
  property === "schedule_delay" ? [value < -60, value > 300] : [false, false]

/** What the values of one bus in one cell and five minutes are. */
interface OfBus {
  readonly values: ReadonlyArray<number>
  /** A tenth where the bus says the same speed for an hour: it counts as stuck. */
  readonly weight: number
}
/** By cell, property, size and start. */
type Expected = Map<string, Array<OfBus>>
const key = (cell: string, property: string, size: number, start: number): string =>
  `${cell} ${property} ${size} ${start}`

interface Current {
  readonly time: number
  readonly value: number
  readonly cell: string
}

/** The values of each bus and property that count, in order of time. */
const currentValues = (): ReadonlyMap<string, ReadonlyArray<Current>> => {
  const streams = new Map<string, Map<number, Array<Current>>>()
  for (const { location, property, result, sensor, time } of recordedValues(name).values) {
    const stream = streams.get(`${sensor} ${property}`) ?? new Map<number, Array<Current>>()
    streams.set(`${sensor} ${property}`, stream)
    const seen = stream.get(time) ?? []
    stream.set(time, seen)
    const [longitude = NaN, latitude = NaN] = location ?? []
    if (seen.some(({ value }) => value === result)) continue
    seen.push({ time, value: result, cell: latLngToCell(latitude, longitude, resolution) })
  }
  return new Map(Array.from(streams, ([stream, times]) => [
    stream,
    Array.from(times.values()).flatMap((seen) => seen.slice(-1)).sort((a, b) => a.time - b.time)
  ]))
}

const expected = (): Expected => {
  const windows: Expected = new Map()
  for (const [stream, values] of currentValues()) {
    const property = stream.split(" ")[1] ?? ""
    let [flat, before] = [0, NaN]
    for (const [start, inWindow] of Map.groupBy(values, ({ time }) => Math.floor(time / fiveMinutes) * fiveMinutes)) {
      const first = inWindow[0]?.value ?? NaN
      const isFlat = property === "vehicle_speed" && first !== 0 && inWindow.every(({ value }) => value === first)
      flat = isFlat ? (first === before ? flat + 1 : 1) : 0
      before = inWindow.at(-1)?.value ?? NaN
      for (const [cell, inCell] of Map.groupBy(inWindow, (value) => value.cell)) {
        const ofBus = { values: inCell.map(({ value }) => value), weight: flat >= 12 ? 0.1 : 1 }
        for (const size of [fiveMinutes, hour]) {
          const window = key(cell, property, size, Math.floor(start / size) * size)
          windows.set(window, [...windows.get(window) ?? [], ofBus])
        }
      }
    }
  }
  return windows
}

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)
const close = (actual: number, wanted: number): boolean =>
  Math.abs(actual - wanted) <= 1e-8 * Math.max(1, Math.abs(wanted))

/** What is wrong with a stored window; empty where nothing is. */
const wrongIn = (row: DistrictWindowRow, buses: ReadonlyArray<OfBus>): ReadonlyArray<string> => {
  const values = buses.flatMap((bus) => bus.values)
  const weight = sum(buses.map((bus) => bus.weight))
  const average = sum(values) / values.length
  const wanted: Readonly<Record<string, number>> = {
    count: values.length,
    mean: sum(buses.map((bus) => bus.weight * sum(bus.values) / bus.values.length)) / weight,
    variance: sum(values.map((value) => (value - average) ** 2)) / values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    last: sum(buses.map((bus) => bus.weight * (bus.values.at(-1) ?? NaN))) / weight,
    sensors: buses.length,
    weight,
    early: values.filter((value) => isBeyond(row.property, value)[0]).length,
    late: values.filter((value) => isBeyond(row.property, value)[1]).length
  }
  const found: Readonly<Record<string, unknown>> = { ...row, early: row.beyond[0], late: row.beyond[1] }
  return Object.entries(wanted).flatMap(([word, value]) =>
    close(Number(found[word]), value) ? [] : [`${word} is ${String(found[word])}, not ${value}: ${JSON.stringify(row)}`]
  )
}

describe("districts of moving buses", () => {
  it.live.skipIf(!has(name))(
    `have in every window what the rows of ${name} say, cell by cell (skipped without the recording)`,
    () =>
      Effect.gen(function*() {
        const data = yield* newData
        yield* Effect.gen(function*() {
          const city = yield* openCity(settingsOf(data, { h3Resolution: resolution }), "America/Chicago")
          yield* Effect.gen(function*() {
            const folder = join(recordings, name)
            const mapping = yield* findMapping(folder)
            yield* Replay.run({ folder, mapping, speed: "max", checkpointFolder: join(data, "replay") })
            yield* districtsApplied
          }).pipe(Effect.provide(city.context))
        }).pipe(Effect.scoped)
        const { districtWindows: stored } = yield* Effect.promise(() => storedCity(data))

        const wanted = expected()
        const newest = new Map(
          stored.filter(({ count }) => count > 0).map((
            row
          ) => [key(row.district, row.property, row.size, row.start), row])
        )
        const missing = Array.from(wanted.keys()).filter((window) => !newest.has(window))
        const wrong = Array.from(newest).flatMap(([window, row]) => [
          ...(row.final ? [] : [`not final: ${window}`]),
          ...wrongIn(row, wanted.get(window) ?? [])
        ])
        assert.isAbove(wanted.size, 10_000)
        assert.isAbove(new Set(stored.map(({ district }) => district)).size, 60)
        assert.deepStrictEqual([missing.length, missing.slice(0, 3), wrong.length, wrong.slice(0, 3)], [0, [], 0, []])
        assert.strictEqual(newest.size, wanted.size)
      }).pipe(Effect.scoped)
  )
})
