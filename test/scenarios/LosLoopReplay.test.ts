/** The recorded Los-loop detectors through the whole product: every observation in, every window right. */
import { assert, describe, it } from "@effect/vitest"
import { caughtUp, dataFolder, getJson, startCity } from "./CityProcess.ts"
import { hasLosLoop, losLoopFolder, needsLosLoop, readResults, windowsOf } from "./LosLoop.ts"
import { publishedWindows, storedWindows } from "./StoredCity.ts"

const close = (actual: number, expected: number): boolean =>
  Math.abs(actual - expected) <= 1e-9 * Math.max(Math.abs(expected), 1e-9)

describe.skipIf(!hasLosLoop)(`a replay of Los-loop (${needsLosLoop})`, () => {
  it("takes all 333,684 observations of 207 sensors, and every window equals the one computed from the file", async () => {
    await using folder = await dataFolder()
    const city = await startCity({ data: folder.data, args: ["--replay", losLoopFolder, "--speed", "max"] })
    await city.printed("replay of los-loop complete: 333,684 observations accepted, 0 rejected")
    const { accounting } = await caughtUp(city.url)
    const listed = await getJson<{ items: ReadonlyArray<Record<string, unknown>>; nextCursor: string | null }>(
      `${city.url}/v1/sensors?limit=1000`
    )
    const exitCode = await city.stop()
    const windows = await storedWindows(folder.data)
    const published = await publishedWindows(folder.data)
    const results = await readResults()

    assert.deepInclude(accounting, { sent: 333_684, counted: 333_684, late: 0, duplicate: 0, rejected: 0 })
    assert.strictEqual(listed.items.length, 207)
    assert.isNull(listed.nextCursor)
    for (const sensor of listed.items) {
      assert.property(sensor["location"] as object, "coordinates")
      assert.lengthOf(sensor["latest"] as ReadonlyArray<unknown>, 1)
    }
    assert.strictEqual(exitCode, 0)
    const oracles = new Map(
      Array.from(results, ([id, values]) => [
        id,
        new Map([60_000, 300_000, 3_600_000].map((size) => [size, windowsOf(values, size)]))
      ])
    )
    const wrong = windows.filter((window) => {
      const expected = oracles.get(window.sensor)?.get(window.size)?.get(window.start)
      return expected === undefined
        || window.count !== expected.count
        || window.min !== expected.min
        || window.max !== expected.max
        || window.last !== expected.last
        || !close(window.mean, expected.mean)
        || !close(window.variance, expected.variance)
        || window.revision !== 0
    })
    assert.deepStrictEqual(wrong.slice(0, 3), [])
    const ofSize = (size: number): number => windows.filter((window) => window.size === size).length
    // Every five-minute and hourly window is there; one-minute windows only until the interval of five minutes was known.
    const hours = Array.from(oracles.values()).reduce((sum, sizes) => sum + (sizes.get(3_600_000)?.size ?? 0), 0)
    assert.strictEqual(ofSize(300_000), 333_684)
    assert.strictEqual(ofSize(3_600_000), hours)
    assert.isBelow(ofSize(60_000), 207 * 10)
    assert.lengthOf(published, 333_684)
  })
})
