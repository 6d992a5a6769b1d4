/** What the door keeps and what it refuses: each reason with its sentence, which names field, value and what is expected. */
import { assert, describe, it } from "@effect/vitest"
import { ObservationCheck } from "../../src/ingest/ObservationCheck.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"

const receivedAt = Date.UTC(2026, 10, 24, 8, 0, 0)
const good = { sensorId: "lam-1", property: "vehicle_speed", phenomenonTime: "2026-11-24T07:59:00Z", result: 62.5 }

const refusal = (value: unknown) => new ObservationCheck().check(value, receivedAt)
const point = (...coordinates: ReadonlyArray<unknown>) => ({ type: "Point", coordinates })

describe("the check of an observation", () => {
  it("keeps a good one, in the unit of its property", () => {
    const check = new ObservationCheck()

    const refused = check.check({
      ...good,
      resultTime: "2026-11-24T10:00:30+02:00",
      result: 50,
      unit: "mph",
      location: point(24.94, 60.17, 12),
      battery: "full"
    }, receivedAt)

    assert.isUndefined(refused)
    assert.strictEqual(check.sensorId, "lam-1")
    assert.strictEqual(check.property.name, "vehicle_speed")
    assert.strictEqual(check.phenomenonTime, receivedAt - 60_000)
    assert.strictEqual(check.resultTime, receivedAt + 30_000)
    assert.strictEqual(check.result, 50 * 1.609344)
    assert.deepStrictEqual(check.location, [24.94, 60.17])
  })

  it("forgets result time and location of the observation before", () => {
    const check = new ObservationCheck()
    check.check({ ...good, resultTime: good.phenomenonTime, location: point(1, 2) }, receivedAt)

    const refused = check.check({ ...good, resultTime: null, location: null, unit: null }, receivedAt)

    assert.isUndefined(refused)
    assert.isNaN(check.resultTime)
    assert.isUndefined(check.location)
  })

  it("takes the limits themselves of every property", () => {
    for (const { name, plausible } of observedProperties) {
      assert.isUndefined(refusal({ ...good, property: name, result: plausible.min }))
      assert.isUndefined(refusal({ ...good, property: name, result: plausible.max }))
      assert.strictEqual(refusal({ ...good, property: name, result: plausible.max + 0.001 })?.reason, "implausible")
    }
  })

  it("takes ids of any letters, up to 128 bytes", () => {
    for (const sensorId of ["HSL/1/2", "käytävä 3", "東京-1", "🚌", "a", "x".repeat(128), "..."]) {
      assert.isUndefined(refusal({ ...good, sensorId }))
    }
  })

  it("takes clocks that are up to a minute ahead", () => {
    assert.isUndefined(refusal({ ...good, phenomenonTime: "2026-11-24T08:01:00Z" }))
  })

  const without = (field: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== field))
  const bad: ReadonlyArray<readonly [reason: string, value: unknown, detail: RegExp]> = [
    [
      "not-an-object",
      5,
      /^item 5 is no observation: expected an object with sensorId, property, phenomenonTime and result$/
    ],
    ["not-an-object", null, /^item null is no observation/],
    ["not-an-object", [good], /^item \(an array\) is no observation/],
    ["not-an-object", "hello", /^item "hello" is no observation/],
    ["missing-field", without("sensorId"), /^sensorId is missing: expected the id of the device as text$/],
    ["missing-field", without("property"), /^property is missing: expected/],
    [
      "missing-field",
      without("phenomenonTime"),
      /^phenomenonTime is missing: expected the time of measurement in RFC 3339$/
    ],
    ["missing-field", without("result"), /^result is missing: expected a finite JSON number in km\/h$/],
    ["wrong-type", { ...good, sensorId: 17 }, /^sensorId 17 is not text: expected/],
    ["wrong-type", { ...good, sensorId: null }, /^sensorId null is not text/],
    ["wrong-type", { ...good, property: {} }, /^property \(an object\) is not text/],
    [
      "wrong-type",
      { ...good, phenomenonTime: receivedAt },
      /^phenomenonTime 1795507200000 is not text: expected .* RFC 3339$/
    ],
    ["wrong-type", { ...good, resultTime: 5 }, /^resultTime 5 is not text/],
    ["wrong-type", { ...good, unit: 5 }, /^unit 5 is not text: expected a UCUM code such as km\/h$/],
    ["wrong-type", { ...good, result: "62.5" }, /^result "62.5" is not a number: expected .* km\/h, without quotes$/],
    [
      "wrong-type",
      { ...good, result: "fast" },
      /^result "fast" is not a number: expected a finite JSON number in km\/h$/
    ],
    ["wrong-type", { ...good, result: true }, /^result true is not a number/],
    ["wrong-type", { ...good, result: [1] }, /^result \(an array\) is not a number/],
    ["not-finite", { ...good, result: null }, /^result null is no value \(null is how JSON writes NaN\): expected/],
    ["not-finite", { ...good, result: "NaN" }, /^result "NaN" is not finite: expected/],
    ["not-finite", { ...good, result: "-Infinity" }, /^result "-Infinity" is not finite/],
    [
      "not-finite",
      JSON.parse(`{"sensorId":"a","property":"noise","phenomenonTime":"${good.phenomenonTime}","result":1e999}`),
      /^result Infinity is not finite: expected a finite JSON number in dB$/
    ],
    ["bad-sensor-id", { ...good, sensorId: "" }, /^sensorId "" is empty: expected 1 to 128 bytes/],
    ["bad-sensor-id", { ...good, sensorId: ".." }, /^sensorId "\.\." must not be/],
    ["bad-sensor-id", { ...good, sensorId: "x".repeat(129) }, /^sensorId "x{60}"… is longer than 128 bytes/],
    ["bad-sensor-id", { ...good, sensorId: "ä".repeat(65) }, /is longer than 128 bytes/],
    ["bad-sensor-id", { ...good, sensorId: "a\nb" }, /^sensorId "a\\nb" has a control character/],
    ["bad-sensor-id", { ...good, sensorId: "a\ud800" }, /is not well-formed Unicode/],
    ["bad-sensor-id", { ...good, sensorId: "cafe\u0301" }, /is not in .*\(NFC\): send it normalized, as "café"$/],
    [
      "unknown-property",
      { ...good, property: "speed" },
      /^property "speed" is not in the catalogue: did you mean .*vehicle_speed/
    ],
    ["unknown-property", { ...good, property: "PM2.5" }, /did you mean pm2_5$/],
    ["unknown-property", { ...good, property: "temprature" }, /did you mean temperature$/],
    ["unknown-property", { ...good, property: "xyzzyplugh" }, /expected one of vehicle_speed, vehicle_flow, /],
    ["unknown-property", { ...good, property: "constructor" }, /is not in the catalogue/],
    [
      "unknown-unit",
      { ...good, unit: "furlong/wk" },
      /^unit "furlong\/wk" is not one of vehicle_speed: expected UCUM km\/h, m\/s/
    ],
    ["unknown-unit", { ...good, unit: "constructor" }, /^unit "constructor" is not one of/],
    ["unknown-unit", { ...good, unit: "__proto__" }, /^unit "__proto__" is not one of/],
    [
      "implausible",
      { ...good, result: 451 },
      /^result 451 km\/h is implausible for vehicle_speed: expected 0 to 300 km\/h$/
    ],
    ["implausible", { ...good, result: 451, unit: "mph" }, /^result 451 mph \(725\.814 km\/h\) is implausible/],
    ["implausible", { ...good, result: -0.1 }, /^result -0.1 km\/h is implausible/],
    ["implausible", { ...good, result: 1e308, unit: "m/s" }, /is implausible/],
    [
      "bad-time",
      { ...good, phenomenonTime: "2026-02-30T00:00:00Z" },
      /^phenomenonTime "2026-02-30T00:00:00Z" is no date: February/
    ],
    [
      "bad-time",
      { ...good, phenomenonTime: "2026-11-24T07:59:00" },
      /^phenomenonTime .* has no time zone: end it with Z/
    ],
    ["bad-time", { ...good, resultTime: "now" }, /^resultTime "now" is no date and time/],
    ["bad-time", { ...good, phenomenonTime: "z".repeat(1000) }, /^phenomenonTime "z{60}"… is no date and time/],
    [
      "future",
      { ...good, phenomenonTime: "2026-11-24T08:01:00.001Z" },
      /^phenomenonTime "2026.*" is 60 s ahead of 2026-11-24T08:00:00.000Z, when it was received: at most 60 s is accepted/
    ],
    ["future", { ...good, resultTime: "2036-11-24T08:00:00Z" }, /^resultTime .* ahead of/],
    [
      "ancient",
      { ...good, phenomenonTime: "1969-12-31T23:59:59Z" },
      /^phenomenonTime .* is too long ago: expected 1970 or later/
    ],
    ["bad-location", { ...good, location: "here" }, /^location "here" is no GeoJSON Point: expected \{"type":"Point"/],
    ["bad-location", { ...good, location: [24, 60] }, /^location \(an array\) is no GeoJSON Point/],
    ["bad-location", { ...good, location: { type: "Polygon", coordinates: [] } }, /is no GeoJSON Point/],
    ["bad-location", { ...good, location: point(24) }, /is no GeoJSON Point/],
    [
      "bad-location",
      { ...good, location: point(181, 0) },
      /^location \[181, 0\] is not on Earth: expected longitude −180 to 180/
    ],
    ["bad-location", { ...good, location: point("24", 60) }, /^location \["24", 60\] is not on Earth/],
    ["bad-location", { ...good, location: point(34.15, -118.3) }, /and longitude comes first$/]
  ]
  it.each(bad)("refuses as %s: %j", (reason, value, detail) => {
    const refused = refusal(value)

    assert.strictEqual(refused?.reason, reason)
    assert.match(refused?.detail ?? "", detail)
    assert.isBelow(refused?.detail.length ?? 0, 400)
  })

  it("judges age against the reception it is told, not against a clock", () => {
    const check = new ObservationCheck(86_400_000)
    const old = { ...good, phenomenonTime: "2012-03-01T08:00:00Z" }

    assert.isUndefined(check.check(old, Date.UTC(2012, 2, 1, 8)))
    assert.strictEqual(check.check(old, Date.UTC(2012, 2, 2, 9))?.reason, "ancient")
  })
})
