/** Which mapping a data folder has, and what is said of one that cannot be. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { builtInMappings } from "../../src/ingest/BuiltInMappings.ts"
import { decodeMapping, findMapping, mappingFileName } from "../../src/ingest/FindMapping.ts"
import { files, temporaryFolder } from "./Logs.ts"

const matrix = {
  name: "tiny",
  shape: "matrix",
  file: "speed.csv",
  timeZone: "Europe/Helsinki",
  start: "2026-01-01T00:00",
  stepSeconds: 300,
  property: "vehicle_speed"
}
const long = {
  name: "buses",
  shape: "long",
  files: ["a.csv"],
  timeZone: "America/Chicago",
  sensor: { column: "vehicle_id", prefix: "bus-" },
  time: { columns: ["timestamp"], format: "rfc3339" },
  values: [{ column: "speed", property: "vehicle_speed", unit: "m/s" }],
  position: { latitude: "latitude", longitude: "longitude" }
}

const without = (field: string) => Object.fromEntries(Object.entries(matrix).filter(([name]) => name !== field))

describe("a mapping", () => {
  it.live("is the file asked for, else the one in the folder, else the built-in one of the folder's name", () =>
    Effect.gen(function*() {
      const parent = yield* temporaryFolder
      const folder = path.join(parent, "los-loop")
      fs.mkdirSync(folder)
      fs.writeFileSync(path.join(parent, "asked.json"), JSON.stringify({ ...matrix, name: "asked" }))

      assert.strictEqual((yield* findMapping(folder)).name, "los-loop")
      fs.writeFileSync(path.join(folder, mappingFileName), JSON.stringify(long))
      assert.strictEqual((yield* findMapping(folder)).name, "buses")
      assert.strictEqual((yield* findMapping(folder, path.join(parent, "asked.json"))).name, "asked")
    }).pipe(Effect.provide(files)))

  it.effect.each([...builtInMappings])(
    "is built in for the folder it is named after: %s",
    ([name, mapping]) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* decodeMapping(mapping, name)).name, name)
      })
  )

  it.effect("that the documentation shows is one", () =>
    Effect.gen(function*() {
      const page = fs.readFileSync(path.join(import.meta.dirname, "../../docs/replay-mapping.md"), "utf8")
      const shown = Array.from(page.matchAll(/```json\n([^]*?)```/g), ([, text = ""]): unknown => JSON.parse(text))

      assert.isAtLeast(shown.length, 3)
      for (const mapping of shown) yield* decodeMapping(mapping, "docs/replay-mapping.md")
    }))

  it.live("that is nowhere is refused with what to do", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder

      const absent = yield* Effect.flip(findMapping(folder))
      assert.match(absent.message, /has no vicinity-mapping.json and none is built in .*los-loop.*--mapping FILE/)
      const noFolder = yield* Effect.flip(findMapping(path.join(folder, "nowhere")))
      assert.match(noFolder.message, /there is no such folder/)
      const noFile = yield* Effect.flip(findMapping(folder, path.join(folder, "nowhere.json")))
      assert.match(noFile.message, /nowhere.json: cannot be read/)
      fs.writeFileSync(path.join(folder, mappingFileName), '{ "name": ')
      assert.match((yield* Effect.flip(findMapping(folder))).message, /is not JSON/)
    }).pipe(Effect.provide(files)))

  it.effect("of either shape is decoded", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* decodeMapping(matrix, "test")).shape, "matrix")
      assert.strictEqual((yield* decodeMapping(long, "test")).shape, "long")
    }))

  const bad: ReadonlyArray<readonly [says: RegExp, mapping: unknown]> = [
    [/shape/, { ...matrix, shape: "cube" }],
    [/Missing key[^]*\["start"\]/, without("start")],
    [/expected local time as YYYY-MM-DDTHH:mm[^]*\["start"\]/, { ...matrix, start: "2026-02-30T00:00" }],
    [/IANA time zone[^]*\["timeZone"\]/, { ...matrix, timeZone: "Mars/Olympus" }],
    [/\["stepSeconds"\]/, { ...matrix, stepSeconds: 0 }],
    [/\["property"\]/, { ...matrix, property: "speed" }],
    [/unit "Cel" is not one of vehicle_speed: expected km\/h, m\/s/, { ...matrix, unit: "Cel" }],
    [/inside the data folder[^]*\["file"\]/, { ...matrix, file: "../secret.csv" }],
    [/inside the data folder[^]*\["file"\]/, { ...matrix, file: "/etc/passwd" }],
    [/a–z[^]*\["name"\]/, { ...matrix, name: "../x" }],
    [/\["seperator"\]/, { ...matrix, seperator: ";" }],
    [/pattern of YYYY MM DD[^]*\["time"\]\["format"\]/, { ...long, time: { columns: ["t"], format: "iso" } }],
    [/unit "km" is not one of vehicle_speed[^]*\["values"\]\[0\]/, {
      ...long,
      values: [{ column: "a", property: "vehicle_speed", unit: "km" }]
    }],
    [/\["values"\]/, { ...long, values: [] }],
    [/"withinMetres"/, {
      ...long,
      derived: [{
        kind: "schedule-delay",
        trip: "t",
        stopTimes: { file: "a", trip: "t", stop: "s", arrival: "a" },
        stops: { file: "b", stop: "s", latitude: "y", longitude: "x" },
        withinMetres: 0
      }]
    }],
    [/IANA time zone[^]*\["time"\]\["timeZone"\]/, {
      ...long,
      time: { columns: ["t"], format: "rfc3339", timeZone: "Mars/Olympus" }
    }],
    [/\["position"\]\["longitude"\]/, { ...long, position: { latitude: "y" } }]
  ]
  it.effect.each(bad)("is refused with the field at fault: %s", ([says, mapping]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decodeMapping(mapping, "test.json"))

      assert.match(error.message, /^mapping test.json: /)
      assert.match(error.message, says)
    }))
})
