/** Maps of real districts, where they are beside the project (../shared/data); they are never copied into it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Piece } from "../../src/ingest/DistrictIndex.ts"
import { gridOf } from "../../src/ingest/DistrictOutline.ts"
import { loadDistricts, type LoadedDistricts } from "../../src/ingest/Districts.ts"
import { districtByBruteForce } from "./DistrictMaps.ts"
import { files } from "./Logs.ts"

const folder = path.resolve(import.meta.dirname, "../../../shared/data/helsinki-districts")
const has = fs.existsSync(path.join(folder, "districts.geojson"))
const cells = () => ({ version: 1, districtOf: () => undefined })
const official = { file: path.join(folder, "districts.geojson"), idProperty: "tunnus", cells }
const postal = { file: path.join(folder, "postal-areas.geojson"), cells }

/** A generator of numbers below 1 from a seed (Park and Miller, "minimal standard"). */
const numbers = (seed: number) => () => (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647

const oracle = ({ districts, outlines }: LoadedDistricts): (x: number, y: number) => string | undefined => {
  const ranked = districts.toSorted((one, other) => one.areaSquareMetres - other.areaSquareMetres)
  const pieces = ranked.flatMap(({ id }, district) =>
    (outlines.get(id) ?? []).map((polygon): Piece => ({
      district,
      rings: polygon.map((ring) => Int32Array.from(ring.flatMap(([x, y]) => [gridOf(x), gridOf(y)])))
    }))
  )
  return (x, y) => ranked[districtByBruteForce(pieces, gridOf(x), gridOf(y))]?.id
}

describe("real maps", () => {
  it.effect.skipIf(!has)(
    "Helsinki has 60 districts, and the area it states (skipped without helsinki-districts)",
    () =>
      Effect.gen(function*() {
        const { districts, placement, warnings, words } = yield* loadDistricts(official)

        assert.lengthOf(districts, 60)
        assert.deepStrictEqual(warnings, [])
        assert.include(words, `(id: property "tunnus"; name: property "nimi_fi")`)
        assert.strictEqual(districts.find(({ id }) => id === "15")?.name, "MEILAHTI")
        // Land and sea: 715.48 km² by the National Land Survey of Finland, 2022.
        const area = districts.reduce((sum, { areaSquareMetres }) => sum + areaSquareMetres, 0)
        assert.closeTo(area / 1e6, 715.48, 0.1)
        for (const { centre, id } of districts) assert.strictEqual(placement.districtOf(...centre.coordinates), id)
        // Cathedral, Olympic Stadium, Suomenlinna; Tallinn is in none.
        assert.strictEqual(placement.districtOf(24.9522, 60.1704), "01")
        assert.strictEqual(placement.districtOf(24.9276, 60.1869), "14")
        assert.strictEqual(placement.districtOf(24.986, 60.1454), "52")
        assert.isUndefined(placement.districtOf(24.7453, 59.437))
      }).pipe(Effect.provide(files))
  )

  it.effect.skipIf(!has)(
    "Helsinki without the sea has 58 districts (skipped without helsinki-districts)",
    () =>
      Effect.gen(function*() {
        const land = yield* loadDistricts({ ...official, leaveOut: ["Aluemeri", "Ulkosaaret"] })
        const all = yield* loadDistricts(official)

        assert.lengthOf(land.districts, 58)
        assert.include(land.words, "left out: ALUEMERI, ULKOSAARET")
        assert.notStrictEqual(land.placement.version, all.placement.version)
      }).pipe(Effect.provide(files))
  )

  it.effect.skipIf(!has)(
    "places 1,600 random places as brute force does (skipped without helsinki-districts)",
    () =>
      Effect.gen(function*() {
        for (const options of [official, postal]) {
          const loaded = yield* loadDistricts(options)
          const expected = oracle(loaded)
          const next = numbers(4711)
          const found = new Set<string | undefined>()

          for (let i = 0; i < 800; i++) {
            const [x, y] = [24.5 + next() * 0.8, 59.9 + next() * 0.5]
            const id = loaded.placement.districtOf(x, y)
            found.add(id)
            assert.strictEqual(id, expected(x, y), `${x} ${y}`)
          }
          assert.isAbove(found.size, 30)
        }
      }).pipe(Effect.provide(files))
  )

  it.effect.skipIf(!has)(
    "places corners of the map as brute force does (skipped without helsinki-districts)",
    () =>
      Effect.gen(function*() {
        const loaded = yield* loadDistricts(official)
        const expected = oracle(loaded)
        const corners = [...loaded.outlines.values()].flat(3)

        const some = corners.filter((_, i) => i % 61 === 0)
        assert.isAbove(some.length, 150)
        for (const [x, y] of some) {
          assert.strictEqual(loaded.placement.districtOf(x, y), expected(x, y), `${x} ${y}`)
        }
      }).pipe(Effect.provide(files))
  )

  it.effect.skipIf(!has)(
    "warns of what is wrong with the coarse postal areas, and uses them (skipped without helsinki-districts)",
    () =>
      Effect.gen(function*() {
        const { districts, warnings, words } = yield* loadDistricts(postal)

        assert.lengthOf(districts, 168)
        assert.include(words, `(id: property "postinumeroalue"; name: the id)`)
        assert.deepStrictEqual(warnings, [
          `feature 7 ("00180") has edges that cross near [24.907864, 60.156248]: what they enclose twice is outside`,
          `districts "00220" and "00180" overlap in 11 % of "00220": what lies in both is placed in this one, the smaller`
        ])
      }).pipe(Effect.provide(files))
  )
})
