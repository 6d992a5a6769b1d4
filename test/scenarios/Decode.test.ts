/** `vicinity decode`: what was sent is in the log, and can be read there without the program that wrote it. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { h3Placement } from "../../src/adapters/h3/H3Placement.ts"
import { h3ResolutionDefault } from "../../src/ingest/Districts.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { dataFolder, startCity } from "./CityProcess.ts"

const entry = fileURLToPath(new URL("../../src/apps/main.ts", import.meta.url))
const decode = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [entry, "decode", ...args], { encoding: "utf8" })

describe("vicinity decode", () => {
  it("prints the records of a shard as JSON, one a line, with what was sent", async () => {
    await using folder = await dataFolder()
    const city = await startCity({ data: folder.data })
    const phenomenonTime = new Date(Date.now() - 5_000).toISOString()
    const location = { type: "Point", coordinates: [24.94, 60.17] }
    const response = await fetch(`${city.url}/v1/observations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sensorId: "ä/1", property: "noise", phenomenonTime, result: 51.5, location })
    })
    const running = decode("--data", folder.data)
    await city.stop()

    const shard = shardOf("ä/1")
    const { status, stdout } = decode("--data", folder.data, "--shard", String(shard), "--limit", "100")

    assert.strictEqual(response.status, 202)
    assert.strictEqual(running.status, 1)
    assert.match(running.stderr, /is in use|is held|another|running/i)
    assert.strictEqual(status, 0)
    const records = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.strictEqual(records[0]?.["kind"], "command")
    const batch = records.find(({ kind }) => kind === "batch")
    assert.deepInclude(batch, { shard, source: "http", producerSequence: 1 })
    assert.deepStrictEqual(batch?.["observations"], [{
      sensorId: "ä/1",
      property: "noise",
      phenomenonTime,
      resultTime: null,
      result: 51.5,
      district: h3Placement(h3ResolutionDefault).districtOf(24.94, 60.17),
      location: [24.94, 60.17]
    }])
    assert.include(records.map(({ kind }) => kind), "tick")
  })

  it("says what is wrong with a folder that is none and a shard that is none", () => {
    const nowhere = decode("--data", "/nonexistent")
    const beyond = decode("--data", ".", "--shard", "62")

    assert.strictEqual(nowhere.status, 1)
    assert.match(nowhere.stderr, /--data: "\/nonexistent" is not a folder in which a city has run/)
    assert.strictEqual(beyond.status, 1)
  })
})
