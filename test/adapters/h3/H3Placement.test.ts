/** Districts that are cells of H3. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { cellToLatLng, getResolution, isValidCell } from "h3-js"
import { h3Placement } from "../../../src/adapters/h3/H3Placement.ts"
import { DistrictId } from "../../../src/schemas/Identifiers.ts"

const at = ([x, y]: readonly [number, number]): string => h3Placement(7).districtOf(x, y)
const between = (minimum: number, maximum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum }))

describe("H3 placement", () => {
  it("puts a place into its cell, of a known id", () => {
    // Vectors of h3geo.org's own documentation: near San Francisco at resolution 7.
    assert.strictEqual(h3Placement(7).districtOf(-122.0553238, 37.3615593), "87283472bffffff")
    assert.strictEqual(h3Placement(7).districtOf(24.9384, 60.1699), "871126d33ffffff")
    assert.strictEqual(h3Placement(9).districtOf(24.9384, 60.1699).slice(0, 2), "89")
  })

  it.prop(
    "has a district everywhere, poles and antimeridian included",
    [between(-180, 180), between(-90, 90)],
    ([x, y]) => {
      const id = h3Placement(7).districtOf(x, y)

      assert.isTrue(isValidCell(id))
      assert.strictEqual(getResolution(id), 7)
      const [latitude, longitude] = cellToLatLng(id)
      assert.strictEqual(at([longitude, latitude]), id)
      assert.isTrue(Schema.is(DistrictId)(id))
    }
  )

  it("has the version of its resolution", () => {
    const versions = Array.from({ length: 16 }, (_, resolution) => h3Placement(resolution).version)

    assert.lengthOf([...new Set(versions)], 16)
    assert.strictEqual(versions[7], 3_799_421_653)
    assert.strictEqual(h3Placement(7).version, versions[7])
  })

  it("decides on the grid of the log: a location read back lies in the same cell", () => {
    const { districtOf } = h3Placement(15)

    for (let i = 0; i < 2000; i++) {
      const [x, y] = [24.9 + i * 0.000_013_37, 60.1 + i * 0.000_007_11]
      assert.strictEqual(districtOf(x, y), districtOf(Math.round(x * 1e7) / 1e7, Math.round(y * 1e7) / 1e7))
    }
  })
})
