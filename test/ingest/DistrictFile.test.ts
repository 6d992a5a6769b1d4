/** What a map may hold, and the sentence for everything it may not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type DistrictFileOptions, readDistrictFile } from "../../src/ingest/DistrictFile.ts"
import { geoJsonPlacement, loadDistricts } from "../../src/ingest/Districts.ts"
import { box, feature, map } from "./DistrictMaps.ts"
import { files, temporaryFolder } from "./Logs.ts"

const read = (text: string, options: DistrictFileOptions = {}) => Result.getOrThrow(readDistrictFile(text, options))
const refusal = (text: string, options: DistrictFileOptions = {}): string => {
  const result = readDistrictFile(text, options)
  return Result.isFailure(result) ? result.failure : "(accepted)"
}
const here = [box(24, 60, 25, 61)]
const there = [box(25, 60, 26, 61)]
/** One district with this geometry or these polygon coordinates. */
const one = (coordinates: unknown): string => map([feature({ id: "a" }, coordinates)])
const withGeometry = (geometry: unknown): string => map([feature({ id: "a" }, [], { geometry })])

describe("a file of districts", () => {
  it("gives ids, names and outlines in its order, of Polygons and MultiPolygons, with heights and a byte order mark", () => {
    const text = "\uFEFF" + map([
      feature({ id: "b", name: "North" }, [box(24, 61, 25, 62).map((corner) => [...corner, 12.5])]),
      feature({ id: "a", name: "South" }, [], { geometry: { type: "MultiPolygon", coordinates: [here, there] } })
    ])

    const { crossings, districts, leftOut } = read(text)

    assert.deepStrictEqual(districts.map(({ id, name, outline }) => [id, name, outline.length]), [
      ["b", "North", 1],
      ["a", "South", 2]
    ])
    assert.deepStrictEqual([crossings, leftOut], [[], []])
  })

  it("takes the id from the setting, else the feature's own, else the property that can be one", () => {
    const features = [
      feature({ area: 12.5, kind: "x", code: "01", nimi: " Kallio " }, here, { id: 7 }),
      feature({ area: 13.5, kind: "x", code: "02", nimi: "Sörnäinen" }, there, { id: 8 })
    ]
    const ids = (text: string, options: DistrictFileOptions = {}) => read(text, options).districts.map(({ id }) => id)
    const anonymous = map(features.map((one) => ({ ...one, id: undefined })))

    assert.deepStrictEqual(ids(map(features)), ["7", "8"])
    assert.deepStrictEqual(ids(map(features), { idProperty: "nimi" }), ["Kallio", "Sörnäinen"])
    assert.deepStrictEqual(ids(anonymous), ["01", "02"])
    assert.deepStrictEqual(read(anonymous).districts.map(({ name }) => name), ["Kallio", "Sörnäinen"])
    assert.strictEqual(read(anonymous).naming, `id: property "code"; name: property "nimi"`)
    assert.strictEqual(read(anonymous, { nameProperty: "kind" }).naming, `id: property "code"; name: property "kind"`)
  })

  it("makes of a name what can be stored: NUL and half a surrogate pair become U+FFFD", () => {
    const text = map([
      feature({ id: "a", name: "K\0allio" }, here),
      feature({ id: "b", name: "half \uD83D" }, there)
    ])

    assert.deepStrictEqual(read(text).districts.map(({ name }) => name), ["K\uFFFDallio", "half \uFFFD"])
  })

  it("says which properties there are where none is the id, or none is called so", () => {
    const text = map([feature({ kind: "x", area: 1.5 }, here), feature({ kind: "x", area: 2.5 }, there)])

    assert.strictEqual(
      refusal(text),
      "has no id in every feature, and no property that is different in each: name the property that is the id "
        + "(--district-id); its features have the properties kind, area"
    )
    assert.strictEqual(
      refusal(text, { idProperty: "tunnus" }),
      `has no property "tunnus": its features have the properties kind, area`
    )
    assert.include(refusal(text, { nameProperty: "nimi" }), `has no property "nimi"`)
  })

  it("refuses ids that are absent, the same, or no ids, and names the features", () => {
    const two = (first: unknown, second: unknown) =>
      map([feature({ code: first, other: 1 }, here), feature({ code: second, other: 1 }, there)])
    const options = { idProperty: "code" }

    assert.strictEqual(
      refusal(two("a", "a"), options),
      `features 0 and 1 have the same id "a" (id: property "code"; name: the id): make them one MultiPolygon, or name `
        + "another property (--district-id); they have the properties code, other"
    )
    assert.include(refusal(two("a", null), options), "feature 1 has no id")
    assert.include(refusal(two("a", "x".repeat(200)), options), "feature 1 has the id")
    assert.include(refusal(two("a", "x".repeat(200)), options), "is longer than 128 bytes")
    assert.strictEqual(refusal(two(1, "1"), options).slice(0, 36), `features 0 and 1 have the same id "1`)
  })

  it("leaves out what is no district, by id or name, and refuses a name that is not there", () => {
    const text = map([feature({ id: "1", name: "Kallio" }, here), feature({ id: "Sea", name: "THE SEA" }, null)])

    assert.deepStrictEqual(read(text, { leaveOut: ["the sea"] }).leftOut, ["THE SEA"])
    assert.deepStrictEqual(read(text, { leaveOut: ["sea"] }).districts.map(({ id }) => id), ["1"])
    assert.strictEqual(
      refusal(text, { leaveOut: ["sea", "Ocean"] }),
      `has no feature with the id or name "Ocean", which is to be left out`
    )
    assert.strictEqual(refusal(text, { leaveOut: ["sea", "1"] }), "has no feature left: all are left out")
  })

  const bad: ReadonlyArray<readonly [what: string, text: string, sentence: string]> = [
    ["an empty file", " \n", "is empty: it must be a GeoJSON FeatureCollection"],
    ["what is no JSON", "{oops", "is no JSON: SyntaxError"],
    ["JSON that is no object", "3", "is no GeoJSON FeatureCollection with features: it is an object without a type"],
    ["null", "null", "is no GeoJSON FeatureCollection"],
    ["a bare polygon", JSON.stringify({ type: "Polygon", coordinates: here }), `it is of type "Polygon"`],
    ["a collection without features", map([]), "has no feature: a district is a feature with a polygon"],
    ["what is no feature", map([feature({ id: "a" }, here), 7]), "feature 1 is no GeoJSON Feature"],
    ["no geometry", withGeometry(null), `feature 0 ("a") has no geometry: give it a Polygon or MultiPolygon`],
    [
      "a point",
      withGeometry({ type: "Point", coordinates: [24, 60] }),
      `feature 0 ("a") has a geometry of type "Point": a district is a Polygon or a MultiPolygon`
    ],
    ["a geometry that is no object", withGeometry("Polygon"), "has a geometry of type none"],
    ["no coordinates", one(undefined), "has a bad polygon: it has no ring"],
    ["no polygon", withGeometry({ type: "MultiPolygon", coordinates: [] }), "has a MultiPolygon without a polygon"],
    ["a ring that is none", one([7]), "ring 0 is no array of positions"],
    ["a position that is none", one([[[24, 60], "x"]]), "ring 0 position 1 is no [longitude, latitude]"],
    [
      "a coordinate that is no number",
      one([[["24", 60]]]),
      `position 0 is ["24", 60]: longitude and latitude are two numbers`
    ],
    [
      "three positions",
      one([[[24, 60], [25, 60], [24, 60]]]),
      "ring 0 has 3 positions: at least 4, the last one equal to the first"
    ],
    [
      "an open ring",
      one([[[24, 60], [25, 60], [25, 61], [24, 61]]]),
      "ring 0 is not closed: it starts at [24, 60] and ends at [24, 61]"
    ],
    [
      "an open hole in the second polygon",
      withGeometry({ type: "MultiPolygon", coordinates: [here, [...there, box(25.1, 60.1, 25.2, 60.2).slice(1)]] }),
      `feature 0 ("a") has a bad polygon 1: ring 1 is not closed`
    ],
    ["latitude first", one([box(24, 100, 25, 101)]), "position 0 is [24, 100]: the longitude comes first"],
    ["degrees out of range", one([box(24, 60, 181, 61)]), "position 1 is [181, 60]: longitude goes from -180 to 180"],
    [
      "metres",
      one([box(25496000, 6673000, 25497000, 6674000)]),
      "metres are no degrees, convert the file to EPSG:4326"
    ],
    [
      "another projection",
      map([feature({ id: "a" }, here)], { crs: { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::3879" } } }),
      `is in "urn:ogc:def:crs:EPSG::3879": convert it to EPSG:4326 (longitude, latitude)`
    ],
    [
      "a ring across the antimeridian",
      one([[[179, -17], [-179, -17], [-179, -16], [179, -16], [179, -17]]]),
      "ring 0 crosses the antimeridian at position 1: cut it at 180° into a MultiPolygon (RFC 7946 §3.1.9)"
    ],
    ["a ring without area", one([[[24, 60], [25, 60], [24.5, 60], [24, 60]]]), "ring 0 has no area, at [24, 60]"],
    ["a hole outside", one([...here, box(24.5, 60.5, 25.5, 60.6)]), "a hole lies outside it at [25.5, 60.5]"],
    [
      "a hole as large as its polygon",
      one([...here, ...here]),
      `feature 0 ("a") has no area: its holes leave nothing of it`
    ]
  ]
  for (const [what, text, sentence] of bad) {
    it(`refuses ${what}, in one sentence`, () => {
      const said = refusal(text)

      assert.include(said, sentence)
      assert.notInclude(said, "\n")
      assert.isBelow(said.length, 300)
    })
  }

  it("takes WGS 84 by any of its names", () => {
    for (const name of ["urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"]) {
      assert.lengthOf(
        read(map([feature({ id: "a" }, here)], { crs: { type: "name", properties: { name } } })).districts,
        1
      )
    }
  })

  it.prop(
    "never throws, whatever the JSON",
    [Schema.Unknown, Schema.Unknown, Schema.Unknown],
    ([geometry, id, rest]) => {
      const texts = [
        map([{ type: "Feature", id, properties: rest, geometry }]),
        one(geometry),
        one([geometry]),
        one([[geometry]]),
        one([[[geometry, id], rest]]),
        JSON.stringify(rest) ?? ""
      ]

      for (const text of texts) assert.isString(refusal(text))
    }
  )

  it.effect("names the file where it cannot be read, is no UTF-8, or is not there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const file = path.join(folder, "map.geojson")
      const cells = () => ({ version: 1, districtOf: () => undefined })
      const said = (at: string) => Effect.map(Effect.flip(loadDistricts({ file: at, cells })), ({ message }) => message)

      fs.writeFileSync(file, Buffer.from(map([feature({ id: "a", name: "Töölö" }, here)]), "latin1"))
      assert.strictEqual(yield* said(file), `districts ${file}: is not UTF-8: save it as UTF-8 (RFC 8259 §8.1)`)
      assert.include(
        yield* said(path.join(folder, "absent")),
        `districts ${path.join(folder, "absent")}: cannot be read`
      )
      assert.include(yield* said(folder), `districts ${folder}: cannot be read`)
      const invalid = yield* Effect.flip(geoJsonPlacement("", { file: "here.json" }))
      assert.strictEqual(invalid.message, "districts here.json: is empty: it must be a GeoJSON FeatureCollection")
    }).pipe(Effect.provide(files)))
})
