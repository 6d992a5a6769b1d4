/** Conversions by worked examples; numbers in the catalogue that never change. */
import { assert, describe, it } from "@effect/vitest"
import { observedProperties, observedProperty } from "../../src/schemas/ObservedProperties.ts"
import { conversion, convertibleUnits, ucum } from "../../src/schemas/Units.ts"

const convert = (value: number, from: string, kept: string): number => {
  const found = conversion(from, kept)
  return found === undefined ? NaN : value * found.factor + found.offset
}

const examples: ReadonlyArray<readonly [value: number, from: string, expected: number, kept: string]> = [
  [70, "mph", 112.65408, "km/h"],
  [70, "[mi_i]/h", 112.65408, "km/h"],
  [10, "m/s", 36, "km/h"],
  [1, "[kn_i]", 1.852, "km/h"],
  [50, "km/h", 50, "km/h"],
  [36, "km/h", 10, "m/s"],
  [1, "mph", 0.44704, "m/s"],
  [3600, "kn", 1852, "m/s"],
  [273.15, "K", 0, "Cel"],
  [0, "K", -273.15, "Cel"],
  [212, "[degF]", 100, "Cel"],
  [32, "°F", 0, "Cel"],
  [-40, "[degF]", -40, "Cel"],
  [21.5, "°C", 21.5, "Cel"],
  [30, "1/min", 1800, "1/h"],
  [0.5, "1/s", 1800, "1/h"],
  [0.25, "1", 25, "%"],
  [1500, "ms", 1.5, "s"],
  [2, "min", 120, "s"],
  [1, "h", 3600, "s"],
  [0.05, "mg/m3", 50, "ug/m3"],
  [0.05, "mg/m³", 50, "ug/m3"],
  [12, "µg/m³", 12, "ug/m3"],
  [12, "μg/m³", 12, "ug/m3"],
  [5000, "ng/m3", 5, "ug/m3"],
  [4000, "ug/m3", 4, "mg/m3"],
  [0.5, "mm/min", 30, "mm/h"],
  [1e-6, "m/s", 3.6, "mm/h"],
  [Math.PI, "rad", 180, "deg"],
  [6.5, "B[SPL]", 65, "dB"],
  [65, "dB(A)", 65, "dB"]
]

describe("Units", () => {
  it("convert as the worked examples say", () => {
    for (const [value, from, expected, kept] of examples) {
      assert.closeTo(
        convert(value, from, kept),
        expected,
        1e-12 * Math.max(1, Math.abs(expected)),
        `${value} ${from} in ${kept}`
      )
    }
  })

  it("leave a result in the kept unit exactly as it is", () => {
    for (const { unit } of observedProperties) {
      assert.deepStrictEqual(conversion(unit, unit), { factor: 1, offset: 0 })
      assert.strictEqual(convertibleUnits(unit)[0], unit)
    }
  })

  it("convert every unit they say they convert", () => {
    for (const { unit } of observedProperties) {
      for (const from of convertibleUnits(unit)) {
        const found = conversion(from, unit)
        assert.isTrue(found !== undefined && Number.isFinite(found.factor) && found.factor > 0, `${from} to ${unit}`)
      }
    }
  })

  it("do not convert what measures something else, or what is no unit", () => {
    for (
      const [from, kept] of [["km/h", "Cel"], ["K", "km/h"], ["", "km/h"], ["furlong", "km/h"], [
        "KM/H",
        "km/h"
      ]] as const
    ) {
      assert.isUndefined(conversion(from, kept), `${from} to ${kept}`)
    }
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]) {
      assert.strictEqual(ucum(name), name)
      for (const { unit } of observedProperties) assert.isUndefined(conversion(name, unit), `${name} to ${unit}`)
    }
  })
})

/** Written into logs and state: a line may be added, none may change. */
const numbers: ReadonlyArray<readonly [name: string, unit: string, aggregation: string]> = [
  ["vehicle_speed", "km/h", "arithmetic"],
  ["vehicle_flow", "1/h", "arithmetic"],
  ["occupancy", "%", "arithmetic"],
  ["schedule_delay", "s", "arithmetic"],
  ["pm2_5", "ug/m3", "arithmetic"],
  ["pm10", "ug/m3", "arithmetic"],
  ["no2", "ug/m3", "arithmetic"],
  ["o3", "ug/m3", "arithmetic"],
  ["so2", "ug/m3", "arithmetic"],
  ["co", "mg/m3", "arithmetic"],
  ["noise", "dB", "energy"],
  ["temperature", "Cel", "arithmetic"],
  ["relative_humidity", "%", "arithmetic"],
  ["wind_speed", "m/s", "arithmetic"],
  ["wind_direction", "deg", "circular"],
  ["precipitation", "mm/h", "arithmetic"],
  ["passenger_count", "1", "count"],
  ["headway", "s", "arithmetic"]
]

describe("the catalogue of observed properties", () => {
  it("keeps its numbers, units and aggregations", () => {
    const found = observedProperties.slice(0, numbers.length).map((
      { aggregation, name, unit }
    ) => [name, unit, aggregation])
    assert.deepStrictEqual(found, numbers.map((row) => [...row]))
  })

  it("numbers properties by their position and finds them by name", () => {
    for (const [number, property] of observedProperties.entries()) {
      assert.strictEqual(property.number, number)
      assert.strictEqual(observedProperty(property.name), property)
    }
    assert.isUndefined(observedProperty("toString"))
  })

  it("has plausible ranges, ascending thresholds inside them, and latenesses a setting may have", () => {
    for (const { latenessMillis, name, plausible, thresholds } of observedProperties) {
      assert.isBelow(plausible.min, plausible.max, name)
      assert.deepStrictEqual(thresholds, [...thresholds].sort((a, b) => a - b), name)
      assert.isTrue(thresholds.every((limit) => limit > plausible.min && limit < plausible.max), name)
      assert.isTrue(latenessMillis >= 0 && latenessMillis <= 86_400_000, name)
    }
  })
})
