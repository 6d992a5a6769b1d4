/** A data folder of the first version: `vicinity migrate` says what it did, and a city starts on it as on its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import * as PostgresClient from "../../src/adapters/postgres/PostgresClient.ts"
import { makeFirstSchema } from "../adapters/postgres/FirstSchema.ts"
import { dataFolder, getJson, startCity } from "./CityProcess.ts"

const main = fileURLToPath(new URL("../../src/apps/main.ts", import.meta.url))

/** What the command prints; fails with what it says where it ends with another code than 0. */
const migrate = async (args: ReadonlyArray<string>): Promise<string> => {
  const env = { PATH: process.env["PATH"] ?? "" }
  const { stdout } = await promisify(execFile)(process.execPath, [main, "migrate", ...args], { env })
  return stdout
}

const firstVersionFolder = (data: string) =>
  Effect.gen(function*() {
    mkdirSync(data, { recursive: true })
    const server = yield* EmbeddedPostgres.make({ folder: data })
    yield* makeFirstSchema.pipe(Effect.provide(PostgresClient.layer({ server })))
  }).pipe(Effect.scoped, Effect.runPromise)

const oldWindows =
  "/v1/sensors/old/windows?property=vehicle_speed&size=1h&from=2012-01-01T00:00:00Z&to=2012-02-01T00:00:00Z"

describe("a data folder of the first version", () => {
  it("is migrated by a command that says what it applied, once", async () => {
    await using folder = await dataFolder()
    await firstVersionFolder(folder.data)

    const first = await migrate(["--data", folder.data])
    const second = await migrate(["--data", folder.data])

    assert.match(
      first,
      /applied deployment\n {2}✓ applied partitioned_history\n {2}✓ applied anomalies\n {2}✓ schema \d+, 61 shards, identity /
    )
    assert.notMatch(first, /applied window_history/)
    assert.match(second, /nothing to apply\n/)
  })

  it("is migrated by a start, and what it had is answered", async () => {
    await using folder = await dataFolder()
    await firstVersionFolder(folder.data)

    const city = await startCity({ data: folder.data, args: ["--commit-interval", "100 millis"] })
    const observation = {
      sensorId: "old",
      property: "vehicle_speed",
      phenomenonTime: "2026-01-01T00:00:00Z",
      result: 4
    }
    const response = await fetch(`${city.url}/v1/observations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(observation)
    })
    assert.strictEqual(response.status, 202)
    while ((await fetch(`${city.url}${oldWindows}`)).status === 404) await sleep(50)
    const { items } = await getJson(`${city.url}${oldWindows}`) as { readonly items: ReadonlyArray<unknown> }

    assert.isAbove(items.length, 90)
    assert.strictEqual(await city.stop(), 0)
  })
})
