/** What the commands say of the data of a stopped city with districts: `stoppedCitySuite(() => folder)` inside a `describe`. */
import { assert, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { shardOf } from "../../src/schemas/Shards.ts"

const entry = fileURLToPath(new URL("../../src/apps/main.ts", import.meta.url))

export const stoppedCitySuite = (data: () => string): void => {
  const vicinity = (...args: ReadonlyArray<string>) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [entry, ...args, "--data", data()], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
      env: { PATH: process.env["PATH"] ?? "" }
    })
    assert.strictEqual(status, 0, stdout + stderr)
    return stdout
  }
  const lines = (text: string): ReadonlyArray<any> => text.trim().split("\n").map((line) => JSON.parse(line))

  it("its partials are decoded: what each sensor shard gave, when, and of which district and property", () => {
    const records = lines(
      vicinity("decode", "--log", "partials", "--shard", String(shardOf("kallio")), "--limit", "500")
    )

    const partials = records.filter(({ kind }) => kind === "partials")
    const given = partials.flatMap(({ rounds }) => rounds.flatMap((round: any) => round.partials))
    assert.include(records.map(({ kind }) => kind), "command")
    assert.isAbove(given.length, 0)
    assert.isTrue(given.every(({ district, property }) => district.length > 2 && !property.startsWith("property ")))
    assert.deepStrictEqual(records.filter(({ damaged }) => damaged !== undefined), [])
  })

  it("its events are decoded, from a position and as many as are asked for", () => {
    const events = lines(vicinity("decode", "--log", "events", "--from", "101", "--limit", "20"))

    assert.deepStrictEqual(events.map(({ position }) => position), Array.from({ length: 20 }, (_, i) => 101 + i))
    for (const { event } of events) {
      assert.strictEqual(event.specversion, "1.0")
      assert.include(["vicinity.quality", "vicinity.window"], event.type)
    }
  })

  it("the doctor finds both stages, their logs and the events well", () => {
    const said = vicinity("doctor")

    for (
      const finding of [
        /✓ shards of the sensor stage: all 61 can start, 0 records to replay/,
        /✓ shards of the district stage: all 61 can start, 0 records to replay/,
        /✓ partials log: [\d.]+ GiB/,
        /✓ events: [\d.]+ GiB of [\d.]+ GiB in \d+ segments; [1-9]\d* kept/,
        /All is well/
      ]
    ) assert.match(said, finding)
  })
}
