/** The recordings beside the project through the whole product: nothing late, nothing lost, every window as computed from the files. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import {
  dataFolder as recordings,
  has,
  type RecordedValue,
  recordedValues,
  recordingNames
} from "../ingest/RecordedValues.ts"
import { applied, newData, settingsOf } from "./CityInProcess.ts"
import { caughtUp, dataFolder, startCity } from "./CityProcess.ts"
import { type StoredWindow, storedWindows } from "./StoredCity.ts"

const [minute, fiveMinutes, hour] = [60_000, 300_000, 3_600_000]
const key = (sensor: string, property: string, size: number, start: number): string =>
  `${sensor} ${property} ${size} ${start}`

interface Expected {
  readonly windows: ReadonlyMap<string, ReadonlyArray<number>>
  readonly counted: number
  readonly duplicate: number
  readonly superseded: number
}

/**
 * By the obvious formulas. Of one sensor, property and time, the same value again is a duplicate, another one supersedes. Windows of an
 * hour are all stored; smaller ones while a count that starts at 4, goes up to 8 with each that follows the one before and down to 0 with
 * each that does not, is above 0 (ADR 0010).
 */
const expected = (values: ReadonlyArray<RecordedValue>): Expected => {
  const streams = new Map<string, Map<number, Array<number>>>()
  const outcomes = { counted: 0, duplicate: 0, superseded: 0 }
  for (const { property, result, sensor, time } of values) {
    const name = `${sensor} ${property}`
    const stream = streams.get(name) ?? new Map<number, Array<number>>()
    streams.set(name, stream)
    const seen = stream.get(time) ?? []
    stream.set(time, seen)
    outcomes[seen.length === 0 ? "counted" : seen.includes(result) ? "duplicate" : "superseded"]++
    if (!seen.includes(result)) seen.push(result)
  }
  const windows = new Map<string, ReadonlyArray<number>>()
  for (const [name, stream] of streams) {
    const [sensor = "", property = ""] = name.split(" ")
    const times = Array.from(stream.keys()).sort((a, b) => a - b)
    for (const size of [minute, fiveMinutes, hour]) {
      const groups = Map.groupBy(times, (time) => Math.floor(time / size) * size)
      let [votes, before] = [4, NaN]
      for (const [start, group] of groups) {
        if (start - before <= size) votes = Math.min(8, votes + 1)
        else if (before < start) votes = Math.max(0, votes - 1)
        before = start
        if (size === hour || votes > 0) {
          windows.set(key(sensor, property, size, start), group.map((time) => stream.get(time)?.at(-1) ?? NaN))
        }
      }
    }
  }
  return { windows, ...outcomes }
}

const close = (actual: number, wanted: number): boolean =>
  Math.abs(actual - wanted) <= 1e-8 * Math.max(1, Math.abs(wanted))

/** What is wrong with the stored windows; empty where each is there once and as expected. */
const faults = (stored: ReadonlyArray<StoredWindow>, { windows }: Expected): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const wrong = stored.filter((window) => {
    const name = key(window.sensor, window.property, window.size, window.start)
    const values = windows.get(name)
    if (values === undefined || seen.has(name)) return true
    seen.add(name)
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    return window.count !== values.length
      || !close(window.mean, mean)
      || !close(window.variance, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)
      || !close(window.min, Math.min(...values))
      || !close(window.max, Math.max(...values))
      || !close(window.last, values.at(-1) ?? NaN)
      || window.revision !== 0
  }).map((window) => JSON.stringify(window))
  return [...wrong, ...Array.from(windows.keys()).filter((name) => !seen.has(name)).map((name) => `${name} is missing`)]
}

const number = (n: number): string => n.toLocaleString("en-US")

describe("a city with a recording", () => {
  for (const name of recordingNames) {
    it.skipIf(!has(name))(
      `${name}: counts everything but doubles and corrections, and every window equals the one from the file (skipped without it)`,
      async () => {
        const recorded = recordedValues(name)
        const wanted = expected(recorded.values)
        const { counted, duplicate, superseded } = wanted
        await using folder = await dataFolder()
        const city = await startCity({ data: folder.data, args: ["--replay", join(recordings, name)] })
        await city.printed(
          `replay of ${name} complete: ${number(recorded.values.length)} observations accepted, ${
            number(recorded.rejected)
          } rejected, ${number(recorded.missing)} missing`
        )
        const { accounting } = await caughtUp(city.url)
        assert.strictEqual(await city.stop(), 0)
        const stored = await storedWindows(folder.data)

        assert.deepInclude(accounting, {
          sent: recorded.values.length + recorded.rejected,
          counted,
          duplicate,
          superseded,
          late: 0,
          overflow: 0,
          rejected: recorded.rejected
        })
        assert.deepStrictEqual(faults(stored, wanted).slice(0, 3), [])
        assert.strictEqual(stored.length, wanted.windows.size)
      }
    )
  }

  it.live.skipIf(!recordingNames.every(has))(
    "plays one Thursday of all four together, as if today, and closes nobody's window early (skipped without them)",
    () =>
      Effect.gen(function*() {
        const data = yield* newData
        const day = 86_400_000
        const startAt = Date.parse("2026-11-26T00:00:00+02:00")
        // The first midnight of a Thursday on the clocks of each place.
        const begins = {
          "austin-buses": "2016-11-24T00:00:00-06:00",
          "beijing-pm25": "2010-01-07T00:00:00+08:00",
          "metro-interstate": "2012-10-04T00:00:00-05:00",
          "air-quality-italy": "2004-03-11T00:00:00+01:00"
        } as const
        yield* Effect.gen(function*() {
          const city = yield* openCity(settingsOf(data), "Europe/Helsinki")
          yield* Effect.gen(function*() {
            const all = yield* Effect.forEach(recordingNames, (name) =>
              Effect.map(findMapping(join(recordings, name)), (mapping): Replay.Recording => ({
                folder: join(recordings, name),
                mapping,
                startAt,
                timeZone: "Europe/Helsinki",
                limit: day
              })))
            yield* Replay.runTogether(all, { speed: "max", checkpointFolder: join(data, "replay") })
            yield* applied
          }).pipe(Effect.provide(city.context))
        }).pipe(Effect.scoped)
        const stored = yield* Effect.promise(() =>
          storedWindows(data)
        )

        const values = recordingNames.flatMap((name) => {
          const from = Date.parse(begins[name])
          return recordedValues(name).values
            .filter(({ time }) => time >= from && time < from + day)
            .map((value) => ({ ...value, time: value.time - from + startAt }))
        })
        const wanted = expected(values)
        assert.deepStrictEqual(faults(stored, wanted).slice(0, 3), [])
        assert.strictEqual(stored.length, wanted.windows.size)
        const sensors = new Set(values.map(({ sensor }) => sensor.split("-")[0]))
        assert.sameMembers(Array.from(sensors), ["austin", "beijing", "i94", "italy"])
      }).pipe(Effect.scoped)
  )
})
