/** Vehicles glide between reports, and jump where nothing drives that fast. */
import { assert, describe, it } from "@effect/vitest"
import { delayWords, punctualityOf } from "../../dashboard/src/city/Delay.ts"
import { glideTo, metresBetween, placeAt } from "../../dashboard/src/city/VehicleMotion.ts"

const start = [24.94, 60.17] as const
/** About 111 m further north. */
const next = [24.94, 60.171] as const

describe("vehicles", () => {
  it("are put where they are first reported", () => {
    assert.deepStrictEqual(placeAt(glideTo(undefined, start, 0, 500), 500), start)
  })

  it("glide to a new report over the time between the two", () => {
    const glide = glideTo(glideTo(undefined, start, 0, 500), next, 10_000, 12_000)

    assert.deepStrictEqual(placeAt(glide, 12_000), start)
    assert.closeTo(placeAt(glide, 17_000)[1], 60.1705, 1e-9)
    assert.deepStrictEqual(placeAt(glide, 60_000), next)
  })

  it("go on from where they are drawn when a report comes early", () => {
    const first = glideTo(glideTo(undefined, start, 0, 0), next, 10_000, 10_000)

    const second = glideTo(first, start, 20_000, 15_000)

    assert.closeTo(placeAt(second, 15_000)[1], 60.1705, 1e-9)
  })

  it("stay as they are for a report that is not newer", () => {
    const glide = glideTo(undefined, start, 10_000, 0)

    assert.strictEqual(glideTo(glide, next, 10_000, 5_000), glide)
  })

  it("jump where they would have to be faster than 60 m/s", () => {
    const glide = glideTo(glideTo(undefined, start, 0, 0), [24.94, 60.2], 10_000, 10_000)

    assert.deepStrictEqual(placeAt(glide, 10_000), [24.94, 60.2])
  })

  it("are as far apart as they are", () => {
    assert.closeTo(metresBetween(start, next), 111.2, 0.5)
    assert.closeTo(metresBetween([24, 60], [25, 60]), 55_600, 100)
  })

  it("are on time from 1 min early to 5 min late", () => {
    assert.deepStrictEqual([-61, -60, 0, 300, 301, undefined].map(punctualityOf), [
      "early",
      "on-time",
      "on-time",
      "on-time",
      "late",
      "unknown"
    ])
    assert.deepStrictEqual([-120, 10, 190].map(delayWords), ["2 min early", "on time", "3 min late"])
  })
})
