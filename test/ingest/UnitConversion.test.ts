/** Units on the way in: a result sent in any accepted unit is kept as the physics has it. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ObservationCheck } from "../../src/ingest/ObservationCheck.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { conversion, convertibleUnits } from "../../src/schemas/Units.ts"

const receivedAt = Date.UTC(2026, 10, 24)
const kept = (property: string, result: number, unit: string): number => {
  const check = new ObservationCheck()
  const item = { sensorId: "a", property, phenomenonTime: "2026-11-23T00:00:00Z", result, unit }
  assert.isUndefined(check.check(item, receivedAt))
  return check.result
}

const isNear = (actual: number, expected: number): void =>
  assert.isAtMost(Math.abs(actual - expected), 1e-9 * Math.max(1, Math.abs(expected)))

describe("units", () => {
  it.each([
    ["vehicle_speed", 60, "mph", 96.56064],
    ["vehicle_speed", 10, "m/s", 36],
    ["vehicle_speed", 10, "kn", 18.52],
    ["temperature", 32, "°F", 0],
    ["temperature", 273.15, "K", 0],
    ["temperature", -40, "[degF]", -40],
    ["pm2_5", 0.012, "mg/m³", 12],
    ["co", 1200, "µg/m3", 1.2],
    ["occupancy", 0.25, "1", 25],
    ["schedule_delay", -1.5, "min", -90],
    ["wind_direction", Math.PI, "rad", 180]
  ])("%s of %d %s is kept as %d", (property, result, unit, expected) => {
    isNear(kept(property, result, unit), expected)
  })

  it.prop("keep the order of results, and their distances in proportion", [
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: observedProperties.length - 1 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
  ], ([number, a, b, unitNumber]) => {
    const property = observedProperties[number]
    if (property === undefined) return
    const units = convertibleUnits(property.unit)
    const unit = units[unitNumber % units.length] ?? property.unit
    const convert = conversion(unit, property.unit)
    assert.isDefined(convert)
    // Two plausible results in the kept unit, sent in the other one.
    const { max, min } = property.plausible
    const [x, y] = [a, b].map((share) => min + (max - min) * (0.001 + 0.998 * share / 1000)) as [number, number]
    const sent = (result: number) => (result - convert.offset) / convert.factor

    isNear(kept(property.name, sent(x), unit), x)
    isNear(kept(property.name, sent(x), unit) - kept(property.name, sent(y), unit), x - y)
  }, { arbitrary: { runs: 500 } })
})
