/** Which district a place lies in: inside, on borders, in holes, where districts overlap; and when the version changes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { geoJsonPlacement, loadDistricts } from "../../src/ingest/Districts.ts"
import { box, type Corner, feature, map } from "./DistrictMaps.ts"
import { files } from "./Logs.ts"

const load = (features: ReadonlyArray<unknown>, options: Parameters<typeof geoJsonPlacement>[1] = {}) =>
  Effect.runSync(geoJsonPlacement(map(features), options))
const places = (features: ReadonlyArray<unknown>) => load(features).placement.districtOf
const rotated = (ring: ReadonlyArray<Corner>): ReadonlyArray<Corner> => ring.toReversed()

const west = feature({ id: "west" }, [box(24, 60, 25, 61)])
const east = feature({ id: "east" }, [box(25, 60, 27, 61)])

describe("a place", () => {
  it("lies in the district around it, or in none", () => {
    const districtOf = places([west, east])

    assert.strictEqual(districtOf(24.5, 60.5), "west")
    assert.strictEqual(districtOf(26, 60.999), "east")
    assert.isUndefined(districtOf(26, 61.001))
    assert.isUndefined(districtOf(-24.5, -60.5))
    assert.isUndefined(districtOf(0, 0))
    assert.isUndefined(districtOf(180, 90))
    assert.isUndefined(districtOf(NaN, 60.5))
  })

  //   west ┌───┬───────┐ east       A border belongs to its district, a shared one to the smaller: here west.
  //        └───┴───────┘
  it("on a border lies in the district, on a shared border in the smaller one, whatever the order of the file", () => {
    for (const districtOf of [places([west, east]), places([east, west])]) {
      for (const y of [60, 60.3, 61]) {
        assert.strictEqual(districtOf(24, y), "west")
        assert.strictEqual(districtOf(25, y), "west")
        assert.strictEqual(districtOf(27, y), "east")
      }
      assert.strictEqual(districtOf(25.000_000_1, 60.5), "east")
      assert.isUndefined(districtOf(27.000_000_1, 60.5))
      assert.isUndefined(districtOf(23.999_999_9, 60.5))
    }
  })

  it("is decided on the grid of the log: 10⁻⁷ degrees", () => {
    const districtOf = places([west, east])

    assert.strictEqual(districtOf(25.000_000_04, 60.5), "west")
    assert.strictEqual(districtOf(25.000_000_06, 60.5), "east")
  })

  it("in a hole lies outside, or in the district that fills the hole; the border of a hole belongs to both", () => {
    const ring = feature({ id: "ring" }, [box(24, 60, 28, 64), rotated(box(25, 61, 26, 62)), box(27, 63, 27.5, 63.5)])
    const core = feature({ id: "core" }, [box(25, 61, 26, 62)])

    const alone = places([ring])
    const both = places([ring, core])

    assert.isUndefined(alone(25.5, 61.5))
    assert.isUndefined(alone(27.2, 63.2))
    assert.strictEqual(alone(25, 61.5), "ring")
    assert.strictEqual(alone(24.5, 61.5), "ring")
    assert.strictEqual(both(25.5, 61.5), "core")
    assert.strictEqual(both(25, 61.5), "core")
    assert.deepStrictEqual(load([ring, core]).warnings, [])
  })

  it("lies in any polygon of a MultiPolygon, also where these touch or overlap", () => {
    const coordinates = [[box(24, 60, 25, 61)], [box(24.5, 60, 26, 61)], [box(30, 50, 31, 51)]]
    const districtOf = places([feature({ id: "islands" }, [], { geometry: { type: "MultiPolygon", coordinates } })])

    for (const x of [24.2, 24.7, 25.5]) assert.strictEqual(districtOf(x, 60.5), "islands")
    assert.strictEqual(districtOf(30.5, 50.5), "islands")
    assert.isUndefined(districtOf(28, 55))
  })

  it("in two districts lies in the smaller one, and the start warns with the pair", () => {
    const city = feature({ id: "city", name: "The City" }, [box(24, 60, 28, 64)])
    const park = feature({ id: "park" }, [box(25, 61, 26, 62)])
    const fringe = feature({ id: "fringe" }, [box(27.5, 60, 28.5, 61)])

    const { placement, warnings } = load([city, park, fringe], { nameProperty: "name" })

    assert.strictEqual(placement.districtOf(25.5, 61.5), "park")
    assert.strictEqual(placement.districtOf(27.7, 60.5), "fringe")
    assert.strictEqual(placement.districtOf(24.5, 61.5), "city")
    assert.deepStrictEqual(warnings, [
      `districts "park" and "city" (The City) overlap in 100 % of "park": what lies in both is placed in this one, the smaller`,
      `districts "fringe" and "city" (The City) overlap in 50 % of "fringe": what lies in both is placed in this one, the smaller`
    ])
  })

  it("in two districts of one size lies in the first of the file", () => {
    const first = feature({ id: "z" }, [box(24, 60, 25, 61)])
    const second = feature({ id: "a" }, [box(24, 60, 25, 61)])

    assert.strictEqual(places([first, second])(24.5, 60.5), "z")
  })

  it("does not move when rings start elsewhere or run the other way", () => {
    const corners: ReadonlyArray<Corner> = [[24, 60], [25, 60.2], [25.3, 61], [24.4, 60.7]]
    const turned = (by: number) => [...corners.slice(by), ...corners.slice(0, by + 1)]
    const closed = turned(0)
    const same = [places([feature({ id: "a" }, [closed])]), places([feature({ id: "a" }, [rotated(turned(2))])])]

    for (let x = 23.95; x < 25.4; x += 0.05) {
      for (let y = 59.95; y < 61.1; y += 0.05) assert.strictEqual(same[0]?.(x, y), same[1]?.(x, y))
    }
  })
})

describe("districts that are drawn badly", () => {
  //    ╲╱   A bow tie: two triangles, each inside.
  //    ╱╲
  it("with edges that cross are used by the even-odd rule, and the start warns where", () => {
    const tie = feature({ id: "tie" }, [[[24, 60], [26, 62], [26, 60], [24, 61.5], [24, 60]]])
    const { placement, warnings } = load([west, tie])

    // The area of a tie is that of one triangle less the other's, so that it counts as the smaller, and wholly covered.
    assert.deepStrictEqual(warnings, [
      `feature 1 ("tie") has edges that cross near [24.857143, 60.857143]: what they enclose twice is outside`,
      `districts "tie" and "west" overlap in 100 % of "tie": what lies in both is placed in this one, the smaller`
    ])
    assert.strictEqual(placement.districtOf(25.9, 61), "tie")
  })

  it("by the hundred on one another are told in a few sentences", () => {
    const many = Array.from({ length: 100 }, (_, i) => feature({ id: `d${i}` }, [box(24, 60, 25 + i / 1000, 61)]))

    const { warnings } = load(many)

    assert.lengthOf(warnings, 11)
    assert.strictEqual(warnings.at(-1), "4940 more pairs of districts overlap")
  })

  it("that only touch, or differ by a sliver, are no overlap", () => {
    const sliver = feature({ id: "sliver" }, [box(24.9999, 60, 26, 61)])

    assert.deepStrictEqual(load([west, east]).warnings, [])
    assert.deepStrictEqual(load([west, sliver]).warnings, [])
  })
})

/** From the equator to 1° north, 1° wide, in m²: radii of curvature of WGS 84, summed over a thousand strips. */
const degreeSquare = (): number => {
  const [a, e2, radian] = [6_378_137, 0.006_694_379_990_14, Math.PI / 180]
  let sum = 0
  for (let i = 0; i < 1000; i++) {
    const latitude = (i + 0.5) / 1000 * radian
    sum += a * a * (1 - e2) * Math.cos(latitude) / (1 - e2 * Math.sin(latitude) ** 2) ** 2 * radian * radian / 1000
  }
  return sum
}

describe("what is known of a district", () => {
  it("is its area on the ellipsoid, bounds, and a centre inside even where the centroid is not", () => {
    const [square] = load([feature({ id: "a" }, [box(0, 0, 1, 1)])]).districts
    const c: ReadonlyArray<Corner> = [[0, 0], [4, 0], [4, 1], [1, 1], [1, 3], [4, 3], [4, 4], [0, 4], [0, 0]]
    const { districts: [shape], placement } = load([feature({ id: "c" }, [c])])
    const [holed] = load([feature({ id: "h" }, [box(0, 0, 1, 1), box(0.25, 0.25, 0.75, 0.75)])]).districts

    assert.closeTo((square?.areaSquareMetres ?? 0) / degreeSquare(), 1, 1e-6)
    assert.closeTo((holed?.areaSquareMetres ?? 0) / degreeSquare(), 0.75, 1e-4)
    assert.deepStrictEqual(square?.bounds.map(Number), [0, 0, 1, 1])
    assert.deepStrictEqual(square?.centre.coordinates.map(Number), [0.5, 0.5])
    const [x = 9, y = 9] = shape?.centre.coordinates ?? []
    assert.strictEqual(placement.districtOf(x, y), "c")
    for (const district of [square, shape, holed]) assert.strictEqual(district?.name, district?.id)
  })
})

describe("the version of a set of districts", () => {
  const version = (features: ReadonlyArray<unknown>, options: Parameters<typeof geoJsonPlacement>[1] = {}) =>
    load(features, options).placement.version

  it("stays while the map stays: not changed by names, formatting, order or other properties", () => {
    const features = [west, east]
    const text = JSON.stringify(JSON.parse(map(features)), undefined, 2)
    const named = features.map((one) => ({ ...one, properties: { ...one.properties, name: "a name", x: 1 } }))

    assert.strictEqual(version(features), 2_817_291_071)
    assert.strictEqual(Effect.runSync(geoJsonPlacement(text)).placement.version, version(features))
    assert.strictEqual(version(features.toReversed()), version(features))
    assert.strictEqual(version(named, { idProperty: "id", nameProperty: "name" }), version(features))
  })

  it("changes with a border, an id, a district more, a hole", () => {
    const moved = feature({ id: "west" }, [box(24, 60, 25, 61.000_000_1)])
    const renamed = feature({ id: "West" }, [box(24, 60, 25, 61)])
    const holed = feature({ id: "west" }, [box(24, 60, 25, 61), box(24.1, 60.1, 24.2, 60.2)])
    const more = feature({ id: "more" }, [box(30, 60, 31, 61)])

    const versions = [[west, east], [moved, east], [renamed, east], [holed, east], [west, east, more], [west]].map(
      (features) => version(features)
    )

    assert.lengthOf([...new Set(versions)], versions.length)
    for (const number of versions) assert.isTrue(Number.isInteger(number) && number > 0 && number < 2 ** 32)
  })
})

describe("the districts of a city", () => {
  const cells = (resolution: number) => ({ version: resolution + 100, districtOf: () => `cell of ${resolution}` })

  it.effect("are cells where no file is given, of resolution 7 unless set", () =>
    Effect.gen(function*() {
      const loaded = yield* loadDistricts({ cells })

      assert.strictEqual(loaded.placement.districtOf(0, 0), "cell of 7")
      assert.strictEqual(loaded.words, "H3 cells of resolution 7")
      assert.deepStrictEqual([loaded.districts, loaded.warnings], [[], []])
      assert.strictEqual((yield* loadDistricts({ cells, h3Resolution: 0 })).placement.version, 100)
      for (const h3Resolution of [-1, 16, 7.5, NaN]) {
        const { message } = yield* Effect.flip(loadDistricts({ cells, h3Resolution }))
        assert.strictEqual(message, `districts H3: resolution ${h3Resolution} is none: 0 (large) to 15 (small)`)
      }
    }).pipe(Effect.provide(files)))
})
