/**
 * The model is frozen: forecasts and detectors are trained on it and judged by it, so it must not move, not even by a last bit.
 * Whoever means a change raises `modelVersion` and writes the new digests here, in one commit that says why.
 *
 * `Math.exp`, `sin`, `cos`, `pow`, `log10` and `hypot` are not fixed to the last bit by ECMAScript (§21.3.2): they are V8's,
 * and may differ in another version of it, or on another processor. The digests were made with the Node that package.json
 * pins, 24.21.0 (V8 13.6), on x64; local hours are of its time zone data. Where they differ on another one and nothing of the
 * model was changed, that is why. (Node 20.20.2, V8 11.3, gives the same.)
 */
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import type { RecordedObservation } from "../../../src/ingest/ReplayStep.ts"
import { CityObservations } from "../../../src/ingest/simulation/CityObservations.ts"
import { districtShapes } from "../../../src/ingest/simulation/DistrictShapes.ts"
import { makeCity, modelVersion, truthBetween } from "../../../src/ingest/simulation/SimulatedCity.ts"
import { day, hour } from "./CityOfSeed.ts"

/** A Tuesday in January and a Wednesday in July. */
const days = { winter: Date.UTC(2027, 0, 12), summer: Date.UTC(2026, 6, 15) }

const digest = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest("hex").slice(0, 32)
}

/** Names as text; times, results and places as the bits of their numbers; in the order in which they are sent. */
const parts = (observations: ReadonlyArray<RecordedObservation>): ReadonlyArray<string | Uint8Array> => {
  const numbers = new Float64Array(observations.length * 4)
  observations.forEach(({ location, phenomenonTime, result }, i) => {
    numbers.set([phenomenonTime, result, location?.[0] ?? Infinity, location?.[1] ?? Infinity], i * 4)
  })
  return [
    observations.map(({ property, sensorId }) => `${sensorId} ${property.name}\n`).join(""),
    new Uint8Array(numbers.buffer)
  ]
}

const observationsOn = (seed: number, from: number): string => {
  const generator = new CityObservations(makeCity(seed))
  const hash = createHash("sha256")
  for (let t = from; t < from + day; t += hour) {
    const { observations, refused } = generator.arriving(t, t + hour)
    for (const part of [...parts(observations), ...parts(refused)]) hash.update(part)
  }
  return hash.digest("hex").slice(0, 32)
}

const sensorsOf = (seed: number): string =>
  digest(JSON.stringify(
    makeCity(seed).sensors.map((sensor) => ({
      ...sensor,
      properties: sensor.properties.map(({ name }) => name)
    }))
  ))

const truthOn = (seed: number, from: number): string =>
  digest(JSON.stringify(truthBetween(makeCity(seed), from, from + day)))

const here = `made by ${process.version} ${process.arch}; the digests are of v24.21.0 x64, see the top of this file`

describe("the frozen model", () => {
  it("has the version that these digests are of", () => {
    assert.strictEqual(modelVersion, 2)
  })

  it("has these districts", () => {
    assert.strictEqual(digest(JSON.stringify(districtShapes())), "bd1533506442c7c52940546627bc3f2c", here)
  })

  it("has these sensors, faults and late ones among them", () => {
    assert.deepStrictEqual([sensorsOf(1), sensorsOf(2)], [
      "762b0509b1c51299c1d0689be48795ff",
      "89dbfb5cab4d54569b48185ec4581a4b"
    ], here)
  })

  it("sends these observations of a day in winter and of one in summer, bit for bit, to each seed its own", () => {
    const found = [1, 2].map((seed) => [observationsOn(seed, days.winter), observationsOn(seed, days.summer)])
    assert.deepStrictEqual(found, [
      ["cb770aea88cd7058c02f4245c0e2b4ea", "c772f3c0bb3f055d04173f6c6f5e7a31"],
      ["0d7661a28fcb920eebc670398d5cdb70", "bd049af4883291f817b94df612cb2b77"]
    ], here)
    assert.lengthOf(new Set(found.flat()), 4)
  }, 60_000)

  it("has these incidents, showers and faults on these days", () => {
    const found = [1, 2].map((seed) => [truthOn(seed, days.winter), truthOn(seed, days.summer)])
    assert.deepStrictEqual(found, [
      ["ccce6cd5fadf518ee535814ca60ae21e", "1b9cabe992967fd2eaa15497f7aaf3d4"],
      ["5e611bb15e21278582ee78b7277289cd", "60d44f5092659c0108169ef053c12250"]
    ], here)
    assert.lengthOf(new Set(found.flat()), 4)
  })
})
