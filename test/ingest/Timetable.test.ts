/** Delays against a small timetable along one street: where they can be told, and where nothing is guessed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { decodeMapping } from "../../src/ingest/FindMapping.ts"
import type { LongMapping } from "../../src/ingest/ReplayMapping.ts"
import { scheduleDelay } from "../../src/ingest/Timetable.ts"
import { files, temporaryFolder } from "./Logs.ts"

/**
 * On the equator, where a degree is the same both ways: stops 0.01° (1.1 km) apart, ten minutes each.
 *
 *     A ──── B ──── C ──── D        trip "east": 23:50, 24:00, 24:10, 24:20
 *     0      0.01   0.02   0.03°    trip "loop": A 8:00, B 8:10, C 8:20, B 8:30, A 8:40
 */
const stops = 'stop_id,stop_name,stop_lat,stop_lon\nA,"A, west",0,0\nB,B,0,0.01\nC,C,0,0.02\nD,D,0,0.03\n'
const stopTimes = [
  "trip_id,arrival_time,stop_id",
  "east,24:10:00,C",
  "east,23:50:00,A",
  "east,24:00:00,B",
  "east,24:20:00,D",
  ...["A", "B", "C", "B", "A"].map((stop, i) => `loop,8:${i}0:00,${stop}`),
  // GTFS: a stop that is no time point has no arrival.
  "sparse,9:00:00,A",
  "sparse,,B",
  "sparse,9:30:00,D"
].join("\n")

const mapping = {
  name: "street",
  shape: "long",
  files: ["positions.csv"],
  timeZone: "Europe/Helsinki",
  sensor: { column: "bus" },
  time: { columns: ["time"], format: "rfc3339" },
  values: [{ column: "speed", property: "vehicle_speed" }],
  derived: [{
    kind: "schedule-delay",
    trip: "trip",
    stopTimes: { file: "stop_times.txt.gz", trip: "trip_id", stop: "stop_id", arrival: "arrival_time" },
    stops: { file: "stops.txt", stop: "stop_id", latitude: "stop_lat", longitude: "stop_lon" }
  }],
  position: { latitude: "lat", longitude: "lon" }
}

const timetable = Effect.fnUntraced(function*(times: string = stopTimes, places: string = stops) {
  const folder = yield* temporaryFolder
  fs.writeFileSync(path.join(folder, "stops.txt"), places)
  fs.writeFileSync(path.join(folder, "stop_times.txt.gz"), gzipSync(times))
  const decoded = (yield* decodeMapping(mapping, "test")) as LongMapping
  return yield* scheduleDelay(folder, decoded, decoded.derived?.[0] as NonNullable<LongMapping["derived"]>[number])
})

/** On 24 November, in Helsinki. */
const at = (time: string): number => Date.parse(`2026-11-${time}+02:00`)
const metre = 1 / 111_195

describe("the delay of a vehicle", () => {
  it.live("is interpolated between the stops around it, in seconds, early ones negative", () =>
    Effect.gen(function*() {
      const { bad, delayOf } = yield* timetable()

      assert.deepStrictEqual(bad, [])
      // Half of the way from A to B: 23:55 of the 24th. At B: midnight. A quarter beyond: 00:02:30 of the 25th.
      assert.closeTo(delayOf("east", at("24T23:57:00"), [0.005, 0]) ?? NaN, 120, 1e-6)
      assert.closeTo(delayOf("east", at("25T00:00:00"), [0.01, 0]) ?? NaN, 0, 1e-6)
      assert.closeTo(delayOf("east", at("25T00:02:00"), [0.0125, 0]) ?? NaN, -30, 1e-6)
      assert.closeTo(delayOf("east", at("24T23:59:30"), [0.0125, 0]) ?? NaN, -180, 1e-6)
      assert.closeTo(delayOf("sparse", at("24T09:16:00"), [0.015, 0]) ?? NaN, 60, 1e-6)
    }).pipe(Effect.provide(files)))

  it.live("is none off the line, at either end, where the way is driven twice, on a trip nobody knows or long over", () =>
    Effect.gen(function*() {
      const { delayOf } = yield* timetable()
      const noon = at("25T00:05:00")

      assert.isDefined(delayOf("east", noon, [0.015, 49 * metre]))
      assert.isUndefined(delayOf("east", noon, [0.015, 51 * metre]))
      assert.isUndefined(delayOf("east", noon, [49 * metre, 0]))
      assert.isUndefined(delayOf("east", noon, [0.03 - 49 * metre, 0]))
      assert.isUndefined(delayOf("nowhere", noon, [0.015, 0]))
      assert.isUndefined(delayOf("east", at("25T01:06:00"), [0.015, 0]))
      // Near the turn both ways are expected within three minutes; at B, 20 minutes apart.
      assert.isDefined(delayOf("loop", at("24T08:20:00"), [0.0199, 0]))
      assert.isUndefined(delayOf("loop", at("24T08:10:00"), [0.01, 0]))
    }).pipe(Effect.provide(files)))

  it.live("counts from noon minus twelve hours where the clocks change", () =>
    Effect.gen(function*() {
      const { delayOf } = yield* timetable()
      const onTime = (iso: string) => delayOf("sparse", Date.parse(iso), [0.01, 0])

      // Clocks go back on 25 October and forward on 29 March: 9:10 is 9:10 on the clock on both.
      assert.closeTo(onTime("2026-10-25T09:10:00+02:00") ?? NaN, 0, 1e-6)
      assert.closeTo(onTime("2026-03-29T09:10:00+03:00") ?? NaN, 0, 1e-6)
    }).pipe(Effect.provide(files)))

  it.live("is told with rows of the tables that are none, and a timetable that does not fit is refused", () =>
    Effect.gen(function*() {
      const { bad, delayOf } = yield* timetable(`${stopTimes}\neast,24:30,D\neast,24:30:00,E`, `${stops}E,E,95,0\n`)

      assert.deepStrictEqual(bad.map(({ file, line, refusal }) => [file, line, refusal.reason]), [
        ["stops.txt", 6, "bad-location"],
        ["stop_times.txt.gz", 14, "bad-time"],
        ["stop_times.txt.gz", 15, "bad-location"]
      ])
      assert.isDefined(delayOf("east", at("25T00:00:00"), [0.01, 0]))
      const swapped = Array.from({ length: 10_001 }, () => "east,A,24:10:00").join("\n")
      const refused = yield* Effect.flip(timetable(`trip_id,arrival_time,stop_id\n${swapped}`))
      assert.match(refused.message, /more than 10000 rows of the timetable are none .*the mapping does not fit/)
    }).pipe(Effect.provide(files)))

  it.effect("needs a position, and is refused with the field at fault otherwise", () =>
    Effect.gen(function*() {
      const { position: _, ...without } = mapping
      const error = yield* Effect.flip(decodeMapping(without, "test"))

      assert.match(error.message, /a schedule-delay needs the columns of a position/)
    }))
})
