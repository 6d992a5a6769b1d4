/** Replays of real recordings, where they are beside the project (../shared/data); they are never copied into it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { decodeMapping, findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { allRecords, batchesOf, files, logs, temporaryFolder } from "./Logs.ts"

const data = path.resolve(import.meta.dirname, "../../../shared/data")
const has = (folder: string): boolean => fs.existsSync(path.join(data, folder))
const lines = (file: string): ReadonlyArray<string> =>
  fs.readFileSync(path.join(data, file), "utf8").split(/\r?\n/).filter((line) => line !== "")

/** Replays a folder by a mapping (built in where none is given) into logs of its own. */
const replayed = Effect.fnUntraced(function*(name: string, mapping?: unknown) {
  const own = yield* temporaryFolder
  return yield* Effect.gen(function*() {
    const folder = path.join(data, name)
    const decoded = mapping === undefined ? yield* findMapping(folder) : yield* decodeMapping(mapping, "test")
    const options = { folder, mapping: decoded, speed: "max" as const, checkpointFolder: path.join(own, "replay") }
    const summary = yield* Replay.run(options)
    const records = yield* allRecords
    const observations = batchesOf(records.values()).flatMap((batch) => batch.observations)
    return { summary, records, observations }
  }).pipe(Effect.provide(Layer.merge(logs(own), files)))
})

describe("the recordings", () => {
  it.live.skipIf(!has("los-loop"))(
    "los-loop: 333,684 observations of 207 described sensors, each as in the file (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, records, summary } = yield* replayed("los-loop")

        assert.deepInclude(summary, { observations: 333_684, rejected: 0, missing: 0, steps: 1612 })
        assert.lengthOf(observations, 333_684)
        const [header = "", ...rows] = lines("los-loop/speed.csv")
        const column = new Map(header.split(",").map((id, index) => [id, index]))
        const cells = rows.map((row) => row.split(","))
        const start = Date.parse("2012-03-01T00:00:00-08:00")
        const wrong = observations.filter(({ phenomenonTime, property, result, sensorId }) =>
          property !== 0 ||
          result !== Number(cells[(phenomenonTime - start) / 300_000]?.[column.get(sensorId) ?? -1]) * 1.609344
        )
        assert.deepStrictEqual(wrong, [])
        assert.strictEqual(new Set(observations.map((o) => `${o.sensorId} ${o.phenomenonTime}`)).size, 333_684)

        const described = [...records.values()].flat().flatMap((r) => r.kind === "command" ? [r.command.command] : [])
        const places = described.map((c) =>
          c._tag === "DescribeSensor" ? [c.sensorId, c.location?.[1], c.location?.[0]].join() : ""
        )
        assert.sameMembers(
          places,
          lines("los-loop/locations.csv").slice(1).map((line) => line.slice(line.indexOf(",") + 1)).map((line) =>
            line.split(",").map((cell, i) => i === 0 ? cell : String(Number(cell))).join()
          )
        )
        assert.strictEqual(records.size, shards.length)
        for (const ofShard of records.values()) {
          const batches = batchesOf([ofShard])
          assert.deepStrictEqual(batches.map(({ producerSequence }) => producerSequence), batches.map((_, i) => i + 1))
          const received = batches.map(({ receivedAt }) => receivedAt)
          assert.deepStrictEqual(received, received.toSorted((a, b) => a - b))
          const last = ofShard.at(-1)
          assert.strictEqual(last?.kind === "tick" && last.now, start + 1611 * 300_000 + 86_400_000)
        }
      }),
    60_000
  )

  it.live.skipIf(!has("austin-buses"))(
    "austin-buses: every row of two days, with its place (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, summary } = yield* replayed("austin-buses", {
          name: "austin-buses",
          shape: "long",
          files: ["2016-11-24.csv", "2016-11-25.csv"],
          timeZone: "America/Chicago",
          sensor: { column: "vehicle_id", prefix: "bus-" },
          time: { columns: ["timestamp"], format: "rfc3339" },
          values: [{ column: "speed", property: "vehicle_speed", unit: "m/s" }],
          position: { latitude: "latitude", longitude: "longitude" }
        })

        const rows = lines("austin-buses/2016-11-24.csv").length + lines("austin-buses/2016-11-25.csv").length - 2
        assert.strictEqual(summary.observations + summary.rejected + summary.missing, rows)
        assert.isAbove(summary.observations, 0.99 * rows)
        const first = observations.find((o) =>
          o.sensorId === "bus-2228" && o.phenomenonTime === Date.parse("2016-11-24T00:00:51-06:00")
        )
        assert.strictEqual(first?.result, 12.96416 * 3.6)
        assert.deepStrictEqual(first?.location, [-97.774315, 30.20585])
      }),
    60_000
  )

  it.live.skipIf(!has("beijing-pm25"))(
    "beijing-pm25: time in four columns, NA is missing (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, records, summary } = yield* replayed("beijing-pm25", {
          name: "beijing-pm25",
          shape: "long",
          files: ["pollution.csv"],
          timeZone: "Asia/Shanghai",
          tickSeconds: 86_400,
          sensor: { id: "us-embassy", name: "US embassy, Beijing", latitude: 39.954, longitude: 116.468 },
          time: { columns: ["year", "month", "day", "hour"], format: "YYYY MM DD HH" },
          values: [
            { column: "pm2.5", property: "pm2_5" },
            { column: "TEMP", property: "temperature" }
          ],
          missing: ["NA"]
        })

        const rows = lines("beijing-pm25/pollution.csv").slice(1).map((line) => line.split(","))
        assert.strictEqual(summary.missing, rows.filter((row) => row[5] === "NA").length)
        assert.strictEqual(summary.observations + summary.rejected + summary.missing, 2 * rows.length)
        const noon = observations.filter((o) => o.phenomenonTime === Date.parse("2014-12-31T23:00:00+08:00"))
        assert.sameMembers(noon.map(({ result }) => result), [Number(rows.at(-1)?.[5]), Number(rows.at(-1)?.[7])])
        const described = [...records.values()].flat().filter(({ kind }) => kind === "command")
        assert.lengthOf(described, 1)
      }),
    60_000
  )

  it.live.skipIf(!has("metro-interstate"))(
    "metro-interstate: local times in summer and in winter (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, summary } = yield* replayed("metro-interstate", {
          name: "metro-interstate",
          shape: "long",
          files: ["Metro_Interstate_Traffic_Volume.csv"],
          tickSeconds: 86_400,
          timeZone: "America/Chicago",
          sensor: { id: "atr-301" },
          time: { columns: ["date_time"], format: "DD-MM-YYYY HH:mm" },
          values: [{ column: "traffic_volume", property: "vehicle_flow" }]
        })

        assert.strictEqual(
          summary.observations,
          lines("metro-interstate/Metro_Interstate_Traffic_Volume.csv").length - 1
        )
        // In standard time and in daylight saving time.
        const at = (iso: string) =>
          observations.filter((o) => o.phenomenonTime === Date.parse(iso)).map(({ result }) => result)
        assert.deepStrictEqual(at("2012-10-02T09:00:00-05:00"), [5545])
        assert.deepStrictEqual(at("2013-01-02T09:00:00-06:00"), [4417])
      }),
    60_000
  )

  it.live.skipIf(!has("air-quality-italy"))(
    "air-quality-italy: semicolons, decimal commas, −200 is missing (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, summary } = yield* replayed("air-quality-italy", {
          name: "air-quality-italy",
          shape: "long",
          files: ["AirQualityUCI.csv"],
          timeZone: "Europe/Rome",
          tickSeconds: 3600,
          separator: ";",
          decimalComma: true,
          missing: ["-200"],
          sensor: { id: "it-road", latitude: 45.46, longitude: 9.19 },
          time: { columns: ["Date", "Time"], format: "DD/MM/YYYY HH.mm.ss" },
          values: [
            { column: "CO(GT)", property: "co", sensorSuffix: "/reference" },
            { column: "T", property: "temperature" },
            { column: "RH", property: "relative_humidity" }
          ]
        })

        assert.strictEqual(summary.observations + summary.missing, 3 * 9357)
        assert.strictEqual(summary.rejected, 0)
        const first = observations.filter((o) => o.phenomenonTime === Date.parse("2004-03-10T18:00:00+01:00"))
        assert.sameDeepMembers(first.map(({ result, sensorId }) => [sensorId, result]), [
          ["it-road/reference", 2.6],
          ["it-road", 13.6],
          ["it-road", 48.9]
        ])
      }),
    60_000
  )
})
