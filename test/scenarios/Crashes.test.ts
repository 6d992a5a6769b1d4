/**
 * SIGKILL at every named crash point, and at ten seeded moments: afterwards the same windows and the same published content
 * as a run that was never disturbed. Real processes, real files, real database.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { CrashPoint } from "../../src/actors/CrashPoints.ts"
import { type CityProcess, crashingEntry, dataFolder, getJson, spawnCity, startCity } from "./CityProcess.ts"
import { hasLosLoop, losLoopFolder, needsLosLoop } from "./LosLoop.ts"
import { publishedWindows, storedWindows } from "./StoredCity.ts"

/** The first rows of the recording, in a folder of its own. */
const shortRecording = async (folder: string, rows: number): Promise<string> => {
  const recording = join(folder, "los-loop")
  await mkdir(recording)
  const lines = (await readFile(join(losLoopFolder, "speed.csv"), "utf8")).split("\n")
  await writeFile(join(recording, "speed.csv"), `${lines.slice(0, rows + 1).join("\n")}\n`)
  for (const file of ["locations.csv", "adjacency.csv"]) {
    await symlink(join(losLoopFolder, file), join(recording, file))
  }
  return recording
}

interface Left {
  readonly windows: string
  readonly published: string
}

/** What a city left, as text that is equal only where every bit is. */
const leftIn = async (data: string): Promise<Left> => ({
  windows: (await storedWindows(data)).map((window) => JSON.stringify(window)).join("\n"),
  published: (await publishedWindows(data)).join("\n")
})

const counted = async (city: CityProcess): Promise<number> => {
  const { accounting } = await getJson<{ accounting: { counted: number } }>(`${city.url}/health/diagnostics`)
  return accounting.counted
}

/** Lets a city finish its replay, then stops it. */
const finish = async (city: CityProcess, total: number): Promise<void> => {
  await city.printed("API on http://")
  while (await counted(city) < total) await new Promise((resolve) => setTimeout(resolve, 50))
  await city.stop()
}

const sensors = 207
const rows = 300

describe.skipIf(!hasLosLoop)(`after a SIGKILL (${needsLosLoop})`, () => {
  let undisturbed: Left

  beforeAll(async () => {
    await using folder = await dataFolder()
    const recording = await shortRecording(folder.path, rows)
    await finish(await startCity({ data: folder.data, args: ["--replay", recording] }), sensors * rows)
    undisturbed = await leftIn(folder.data)
  })

  const cases: ReadonlyArray<readonly [point: CrashPoint, at: number]> = [
    ["after-append-before-acknowledgement", 5],
    ["after-apply-before-publish", 100],
    ["after-publish-before-commit", 80],
    ["inside-commit", 90],
    ["after-commit", 120]
  ]
  it.each(cases)("at %s nothing is lost and nothing counted twice", async (point, at) => {
    await using folder = await dataFolder()
    const recording = await shortRecording(folder.path, rows)
    const args = ["--replay", recording, "--commit-interval", "100 millis"]
    const crashed = spawnCity({
      data: folder.data,
      args,
      entry: crashingEntry,
      env: { CRASH_POINT: point, CRASH_AT: String(at) }
    })
    await crashed.ended
    assert.strictEqual(crashed.child.signalCode, "SIGKILL", crashed.output())

    await finish(await startCity({ data: folder.data, args }), sensors * rows)

    const left = await leftIn(folder.data)
    assert.isTrue(left.windows === undisturbed.windows, "windows differ")
    assert.isTrue(left.published === undisturbed.published, "published content differs")
  })
})

/** A small linear congruential generator (Numerical Recipes), so that the moments are the same in every run. */
const seeded = (seed: number) => {
  let state = seed
  return (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

describe.skipIf(!hasLosLoop)(`ten SIGKILLs at seeded moments of one replay (${needsLosLoop})`, () => {
  it("leave the same windows and the same published content", async () => {
    const total = sensors * 1_612
    await using quiet = await dataFolder()
    await using rough = await dataFolder()
    await finish(await startCity({ data: quiet.data, args: ["--replay", losLoopFolder] }), total)
    const expected = await leftIn(quiet.data)
    const random = seeded(20_261_124)
    // Ten moments by share of what was counted, ascending, all while more than a fifth remains.
    const moments = Array.from({ length: 10 }, () => 0.78 * random()).sort((a, b) => a - b)
    // 134 hours of event time in about 24 s, so that there is something to interrupt.
    const args = ["--replay", losLoopFolder, "--speed", "20000"]

    for (const moment of moments) {
      const city = await startCity({ data: rough.data, args })
      while (await counted(city) < moment * total) await new Promise((resolve) => setTimeout(resolve, 20))
      const done = await counted(city)
      await city.kill()
      assert.isBelow(done, 0.8 * total)
    }
    await finish(await startCity({ data: rough.data, args: ["--replay", losLoopFolder] }), total)

    const left = await leftIn(rough.data)
    assert.isTrue(left.windows === expected.windows, "windows differ")
    assert.isTrue(left.published === expected.published, "published content differs")
  })
})
