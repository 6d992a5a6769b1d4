import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parseBbox, parseInstant, parseProperty } from "../../src/http/Parameters.ts"

describe("parameters", () => {
  it.effect("bbox is four numbers in range, the antimeridian may be crossed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parseBbox("24.8,60.1,25.1,60.3"), [24.8, 60.1, 25.1, 60.3])
      assert.deepStrictEqual(yield* parseBbox("170, -1e1, -170, +10."), [170, -10, -170, 10])
      for (
        const text of [
          "",
          "1,2,3",
          "1,2,3,4,5",
          "a,b,c,d",
          "1,2,,4",
          "-181,0,0,0",
          "0,5,1,4",
          "0,0,0,91",
          "0x1,0,1,1",
          "NaN,0,1,1"
        ]
      ) {
        const error = yield* Effect.flip(parseBbox(text))
        assert.strictEqual(error.parameter, "bbox")
        assert.include(error.detail, "west,south,east,north")
      }
    }))

  it.effect("an instant is RFC 3339 with its offset; a plus that became a space is understood", () =>
    Effect.gen(function*() {
      const noon = Date.UTC(2012, 2, 1, 12)
      for (
        const text of [
          "2012-03-01T12:00:00Z",
          "2012-03-01t12:00:00.000z",
          "2012-03-01T14:00:00+02:00",
          "2012-03-01T14:00:00 02:00"
        ]
      ) {
        assert.strictEqual(yield* parseInstant("from", text), noon, text)
      }
      for (
        const text of [
          "2012-03-01",
          "2012-03-01T12:00:00",
          "2012-02-30T12:00:00Z",
          "2012-13-01T00:00:00Z",
          "now",
          "1330603200",
          "2012-03-01T25:00:00Z"
        ]
      ) {
        const error = yield* Effect.flip(parseInstant("from", text))
        assert.strictEqual(error.parameter, "from")
        assert.include(error.detail, "RFC 3339")
      }
    }))

  it.effect("a property is one of the catalogue, and a refusal names them all and never more than a line of what came", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* parseProperty("noise"), "noise")
      const error = yield* Effect.flip(parseProperty("x".repeat(10_000)))
      assert.include(error.detail, "vehicle_speed")
      assert.isBelow(error.detail.length, 500)
    }))
})
