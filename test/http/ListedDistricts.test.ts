import { assert, describe, it } from "@effect/vitest"
import { districtExample } from "../../src/http/DistrictExamples.ts"
import { boundsOf, listed, meets } from "../../src/http/ListedDistricts.ts"
import type { OutlineCoordinates } from "../../src/ports/DistrictMap.ts"
import type { Bounds } from "../../src/schemas/District.ts"
import { Latitude, Longitude } from "../../src/schemas/Quantities.ts"

const bounds = (west: number, south: number, east: number, north: number): Bounds => [
  Longitude.make(west),
  Latitude.make(south),
  Longitude.make(east),
  Latitude.make(north)
]
const triangle: OutlineCoordinates = [[[[24, 60], [25, 60], [24.5, 61], [24, 60]]]]
const cell = { ...districtExample, bounds: null, centre: null, areaSquareMetres: null }

describe("a listed district", () => {
  it("has the bounds of its outline where it has none of its own, as cells of a grid do", () => {
    const shapes = { outlineOf: () => triangle }

    assert.deepStrictEqual(listed(cell, shapes, false), { ...cell, bounds: bounds(24, 60, 25, 61) })
    assert.deepStrictEqual(listed(districtExample, shapes, false), districtExample)
    assert.deepStrictEqual(listed(cell, shapes, true).outline, { type: "MultiPolygon", coordinates: triangle })
  })

  it("has neither where nobody knows its shape", () => {
    const shapes = { outlineOf: () => undefined }

    assert.deepStrictEqual(listed(cell, shapes, false), cell)
    assert.deepStrictEqual(listed(cell, shapes, true), { ...cell, outline: null })
    assert.isNull(boundsOf([]))
  })

  it("has bounds that cross the antimeridian where it does", () => {
    const across: OutlineCoordinates = [[[[179, 1], [-179, 1], [-179.5, 3], [179, 1]]]]

    assert.deepStrictEqual(boundsOf(across), bounds(179, 1, -179, 3))
  })

  it("meets a box where both have a place in common, an edge included, also across the antimeridian", () => {
    const here = bounds(24, 60, 25, 61)
    const across = bounds(179, -1, -179, 1)

    assert.isTrue(meets([24.5, 60.5, 30, 70], here))
    assert.isTrue(meets([25, 61, 26, 62], here))
    assert.isTrue(meets([0, 0, 90, 90], here))
    assert.isFalse(meets([25.1, 60, 26, 61], here))
    assert.isFalse(meets([24, 61.1, 25, 62], here))
    assert.isTrue(meets([170, -10, -170, 10], across))
    assert.isTrue(meets([-180, -10, -179.5, 10], across))
    assert.isFalse(meets([-170, -10, 170, 10], across))
    assert.isFalse(meets([-180, -90, 180, 90], null))
  })
})
