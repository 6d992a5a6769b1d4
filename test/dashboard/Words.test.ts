/** Numbers, units, times and links as people read them. */
import { assert, describe, it } from "@effect/vitest"
import { pauseMillis, retryAfterMillis } from "../../dashboard/src/api/Retry.ts"
import { sensorKind } from "../../dashboard/src/city/SensorKinds.ts"
import { amount, makeCityClock, points, propertyTitle, quantity } from "../../dashboard/src/city/Words.ts"
import { districtLink, routeOf, sensorLink } from "../../dashboard/src/Route.ts"

const latest = (...properties: ReadonlyArray<string>) => ({
  latest: properties.map((property) => ({ property, phenomenonTime: "", result: 1, unit: "" }))
})

describe("words", () => {
  it("give amounts three digits and a true minus", () => {
    assert.deepStrictEqual([1234.5, 57.04, 8.256, -0.001, -4].map(amount), ["1,235", "57", "8.26", "0", "−4"])
    assert.deepStrictEqual([-18.12, 0, 0.02, 3].map(points), ["−18.1", "0", "0", "+3.0"])
  })

  it("say units as signs", () => {
    assert.strictEqual(quantity(18.2, "ug/m3"), "18.2 µg/m³")
    assert.strictEqual(quantity(270, "deg"), "270°")
    assert.strictEqual(quantity(34, "1"), "34")
    assert.strictEqual(quantity(5, "lx"), "5 lx")
    assert.strictEqual(propertyTitle("street_light"), "Street light")
  })

  it("say times in the zone of the city, with the day when it is another", () => {
    const clock = makeCityClock("Europe/Helsinki")
    const now = Date.parse("2026-11-24T22:30:00Z")

    assert.strictEqual(clock.seconds(now), "00:30:00")
    assert.strictEqual(clock.near(now - 60_000, now), "00:29")
    assert.match(clock.near(now - 3_600_000, now), /^Tue 24 Nov 23:30$/)
    assert.match(clock.near(Date.parse("2012-03-01T00:00:00Z"), now), /2012/)
  })

  it("name a sensor by what it reports", () => {
    assert.strictEqual(sensorKind(latest("vehicle_speed", "schedule_delay")), "vehicle")
    assert.strictEqual(sensorKind(latest("vehicle_flow")), "traffic")
    assert.strictEqual(sensorKind(latest("street_light")), "other")
    assert.strictEqual(sensorKind(latest()), "other")
  })

  it("lead to any id and back", () => {
    for (const id of ["kallio", "a/b c?d#e", "Kehä I ✓", "%2F"]) {
      assert.deepStrictEqual(routeOf(districtLink(id)), { at: "district", id })
      assert.deepStrictEqual(routeOf(sensorLink(id)), { at: "sensor", id })
    }
    for (const fragment of ["", "#/", "#/districts/", "#/other/x", "#/sensors/%zz"]) {
      assert.deepStrictEqual(routeOf(fragment), { at: "city" })
    }
  })

  it("wait as long as the server says, else longer each time", () => {
    assert.strictEqual(retryAfterMillis("2"), 2000)
    assert.strictEqual(retryAfterMillis("86400"), 60_000)
    for (const header of [null, "", "soon", "-1"]) assert.isUndefined(retryAfterMillis(header))
    assert.deepStrictEqual([0, 1, 5, 100].map(pauseMillis), [500, 1000, 15_000, 15_000])
  })
})
