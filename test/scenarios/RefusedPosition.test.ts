/** A state and a log that do not belong together: nothing starts, nothing is skipped, and it is said. */
import { assert, describe, it } from "@effect/vitest"
import { rm } from "node:fs/promises"
import { dataFolder, spawnCity, startCity } from "./CityProcess.ts"

describe("a data folder whose log was replaced", () => {
  it("is refused with a sentence that says so, and takes nothing", async () => {
    await using folder = await dataFolder()
    const city = await startCity({ data: folder.data })
    await city.stop()
    await rm(`${folder.data}/observations`, { recursive: true })

    const again = spawnCity({ data: folder.data })
    await again.ended

    assert.strictEqual(again.child.exitCode, 1)
    assert.match(again.output(), /vicinity: no shard can start \(shard 1: the position is of stream observations-/)
    assert.match(again.output(), /vicinity doctor/)
    assert.notInclude(again.output(), "API on")
  })
})
