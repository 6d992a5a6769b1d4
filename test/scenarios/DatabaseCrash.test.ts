/** The database is killed under a running city: ingest goes on acknowledging, and afterwards nothing is missing. */
import { assert, describe, it } from "@effect/vitest"
import { readFile } from "node:fs/promises"
import { dataFolder, getJson, startCity } from "./CityProcess.ts"
import { queryStored } from "./StoredCity.ts"

const minute = 60_000

/** One observation a second of ten sensors, in the ten minutes before `end`. */
const observations = (end: number, second: number): ReadonlyArray<object> =>
  Array.from({ length: 10 }, (_, sensor) => ({
    sensorId: `s${sensor}`,
    property: "noise",
    phenomenonTime: new Date(end - 10 * minute + 1000 * second).toISOString(),
    result: 40 + sensor
  }))

describe("a city whose database is killed", () => {
  it("acknowledges throughout, starts it again, and has counted and stored everything once", async () => {
    await using folder = await dataFolder()
    const city = await startCity({
      data: folder.data,
      args: ["--commit-interval", "200 millis", "--lateness", "*=1 hour"]
    })
    const end = Date.now()
    const statuses = new Set<number>()

    for (let second = 0; second < 600; second++) {
      if (second === 200 || second === 400) {
        const pid = Number((await readFile(`${folder.data}/postgres/postmaster.pid`, "utf8")).split("\n")[0])
        process.kill(pid, "SIGKILL")
      }
      const response = await fetch(`${city.url}/v1/observations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(observations(end, second))
      })
      statuses.add(response.status)
      // A pause after each kill, so that the city notices, fails and mends while it is written to.
      if (second === 210 || second === 410) await city.printed("PostgreSQL runs again")
    }
    let ready = 0
    while (ready !== 200) ready = (await fetch(`${city.url}/health/ready`)).status
    interface Diagnostics {
      readonly lag: number
      readonly accounting: Readonly<Record<string, number>>
    }
    let diagnostics = await getJson<Diagnostics>(`${city.url}/health/diagnostics`)
    while (diagnostics.lag > 0) diagnostics = await getJson<Diagnostics>(`${city.url}/health/diagnostics`)
    const exitCode = await city.stop()
    const sensors = await queryStored(folder.data, "SELECT count(*)::int4 AS count FROM vicinity.sensor")

    assert.deepStrictEqual([...statuses], [202])
    assert.deepInclude(diagnostics.accounting, { sent: 6_000, counted: 6_000, duplicate: 0, late: 0 })
    assert.strictEqual(exitCode, 0)
    assert.deepStrictEqual(sensors, [{ count: 10 }])
  })
})
