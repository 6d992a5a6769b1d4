/** The index answers as whole-number arithmetic over every edge does, for any rings, wherever they cross, touch or coincide. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DistrictIndex, type Piece, sideOf } from "../../src/ingest/DistrictIndex.ts"
import { districtByBruteForce } from "./DistrictMaps.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const rings = (corner: ReturnType<typeof int>, latitude: ReturnType<typeof int> = corner) =>
  Schema.Array(
    Schema.Array(Schema.Tuple([corner, latitude])).check(Schema.isMinLength(3), Schema.isMaxLength(9))
  ).check(Schema.isMinLength(1), Schema.isMaxLength(3))
const maps = (corner: ReturnType<typeof int>, latitude?: ReturnType<typeof int>) =>
  Schema.Array(rings(corner, latitude)).check(Schema.isMinLength(1), Schema.isMaxLength(5))

const pieces = (drawn: ReadonlyArray<ReadonlyArray<ReadonlyArray<readonly [number, number]>>>): ReadonlyArray<Piece> =>
  drawn.map((rings, district) => ({
    district,
    rings: rings.map((corners) => Int32Array.from([...corners, ...corners.slice(0, 1)].flat()))
  }))

describe("the index of districts", () => {
  it.prop("knows every place of a small map", [maps(int(0, 12))], ([drawn]) => {
    const all = pieces(drawn)
    const index = new DistrictIndex(all)

    for (let x = -1; x <= 13; x++) {
      for (let y = -1; y <= 13; y++) assert.strictEqual(index.at(x, y), districtByBruteForce(all, x, y), `${x} ${y}`)
    }
  }, { arbitrary: { runs: 150 } })

  it.prop(
    "knows places on and near the borders of maps as large as the earth",
    [maps(int(-1_800_000_000, 1_800_000_000), int(-900_000_000, 900_000_000)), int(0, 1_000_000)],
    ([drawn, along]) => {
      const all = pieces(drawn)
      const index = new DistrictIndex(all)

      for (const { rings } of all) {
        for (const ring of rings) {
          for (let i = 2; i < ring.length; i += 2) {
            const part = along / 1_000_000
            const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = ring.subarray(i - 2, i + 2)
            const [x, y] = [Math.round(x1 + part * (x2 - x1)), Math.round(y1 + part * (y2 - y1))]
            for (const [px, py] of [[x1, y1], [x, y], [x + 1, y], [x, y - 1]] as const) {
              assert.strictEqual(index.at(px, py), districtByBruteForce(all, px, py), `${px} ${py}`)
            }
          }
        }
      }
    },
    { arbitrary: { runs: 100 } }
  )

  it("tells the side of a line where doubles cannot", () => {
    const side = (x: number, y: number) => sideOf(-1_800_000_000, -900_000_000, 1_799_999_999, 899_999_998, x, y)

    // Products of 4.3·10¹⁸ that differ by one.
    assert.strictEqual(side(600_000_000, 299_999_999), 1)
    assert.strictEqual(side(-600_000_001, -300_000_001), -1)
    assert.strictEqual(side(1_799_999_999, 899_999_998), 0)
  })

  it("is -1 for what is no place", () => {
    const index = new DistrictIndex(pieces([[[[0, 0], [4, 0], [4, 4]]]]))

    assert.strictEqual(index.at(NaN, 1), -1)
    assert.strictEqual(index.at(Infinity, 1), -1)
    assert.strictEqual(index.at(3, 1), 0)
  })
})
