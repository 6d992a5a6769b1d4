/**
 * SIGKILL at every named crash point of either stage, and at ten seeded moments: afterwards the same windows, of sensors and of
 * districts, the same anomalies, the same states of districts, and the same published content, each event once, as a run that was never disturbed; who
 * follows the events comes back after each, and misses and repeats none. Real processes, real files, real database.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import type { CrashPoint } from "../../src/actors/CrashPoints.ts"
import type { StageName } from "../../src/ports/ShardStore.ts"
import { randomNumbers } from "../../stack/Random.ts"
import { caughtUp, type CityProcess, crashingEntry, dataFolder, getJson, spawnCity, startCity } from "./CityProcess.ts"
import { EventFollower } from "./EventFollower.ts"
import { hasLosLoop, needsLosLoop, shortRecording } from "./LosLoop.ts"
import { publishedEvents, publishedWindows, storedCity } from "./StoredCity.ts"

interface Left {
  readonly windows: string
  readonly published: string
  readonly districtWindows: string
  readonly districtStates: string
  readonly anomalies: string
  /** Ids and contents of events; in what order those of different districts are published is nobody's promise. */
  readonly events: string
}

/** What a city left, as text that is equal only where every bit is. */
const leftIn = async (data: string): Promise<Left> => {
  const { anomalies, districtStates, districtWindows, windows } = await storedCity(data)
  return {
    windows: windows.map((window) => JSON.stringify(window)).join("\n"),
    published: (await publishedWindows(data)).join("\n"),
    districtWindows: districtWindows.map((window) => JSON.stringify(window)).join("\n"),
    districtStates: districtStates.join("\n"),
    anomalies: anomalies.join("\n"),
    events: (await publishedEvents(data)).toSorted().join("\n")
  }
}

const assertSame = (left: Left, undisturbed: Left): void => {
  assert.isTrue(left.windows === undisturbed.windows, "windows differ")
  assert.isTrue(left.published === undisturbed.published, "published content differs")
  assert.isAbove(undisturbed.districtWindows.length, 1_000)
  assert.isTrue(left.districtWindows === undisturbed.districtWindows, "windows of districts differ")
  assert.isTrue(left.districtStates === undisturbed.districtStates, "states of districts differ")
  assert.isAbove(undisturbed.anomalies.length, 1_000)
  assert.isTrue(left.anomalies === undisturbed.anomalies, "anomalies differ")
  assert.isAbove(undisturbed.events.length, 1_000)
  assert.isTrue(left.events === undisturbed.events, "events differ")
}

const counted = async (city: CityProcess): Promise<number> => {
  const { accounting } = await getJson<{ accounting: { counted: number } }>(`${city.url}/health/diagnostics`)
  return accounting.counted
}

/** Lets a city finish its replay in both stages. */
const finished = async (city: CityProcess, total: number): Promise<void> => {
  await city.printed("API on http://")
  await city.printed("every observation of it is in the state")
  await caughtUp(city.url)
  assert.strictEqual(await counted(city), total)
}

/** Lets a city finish, then stops it. */
const finish = async (city: CityProcess, total: number): Promise<void> => {
  await finished(city, total)
  await city.stop()
}

/**
 * Waits until nothing is left to apply and who follows has heard the newest event, in two looks one after the other: what has been
 * applied may still be on its way to the next stage or into the events.
 */
const heardAll = async (city: CityProcess, follower: EventFollower): Promise<void> => {
  for (let before = -1;;) {
    const { events, lag } = await getJson<{ events: { last: number }; lag: number }>(`${city.url}/health/diagnostics`)
    const heard = lag === 0 && follower.lastId === String(events.last) ? events.last : -1
    if (heard >= 0 && heard === before) return
    before = heard
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

const sensors = 207
const rows = 150
const longRows = 400

describe.skipIf(!hasLosLoop)(`after a SIGKILL (${needsLosLoop})`, () => {
  let undisturbed: Left

  beforeAll(async () => {
    await using folder = await dataFolder()
    const recording = shortRecording(folder.path, rows)
    await finish(await startCity({ data: folder.data, args: ["--replay", recording] }), sensors * rows)
    undisturbed = await leftIn(folder.data)
  })

  const cases: ReadonlyArray<readonly [point: CrashPoint, stage: StageName | "any", at: number]> = [
    ["after-append-before-acknowledgement", "any", 5],
    ["after-apply-before-publish", "sensor", 70],
    ["after-publish-before-commit", "sensor", 80],
    ["inside-commit", "sensor", 90],
    ["after-commit", "sensor", 100],
    ["after-apply-before-publish", "district", 40],
    ["after-publish-before-commit", "district", 50],
    ["inside-commit", "district", 60],
    ["after-commit", "district", 70]
  ]
  it.each(cases)("at %s of the %s stage nothing is lost and nothing counted twice", async (point, stage, at) => {
    await using folder = await dataFolder()
    const recording = shortRecording(folder.path, rows)
    const args = ["--replay", recording, "--commit-interval", "100 millis"]
    const crashed = spawnCity({
      data: folder.data,
      args,
      entry: crashingEntry,
      env: { CRASH_POINT: point, CRASH_STAGE: stage === "any" ? "" : stage, CRASH_AT: String(at) }
    })
    await crashed.ended
    assert.strictEqual(crashed.child.signalCode, "SIGKILL", crashed.output())

    await finish(await startCity({ data: folder.data, args }), sensors * rows)

    assertSame(await leftIn(folder.data), undisturbed)
  })
})

describe.skipIf(!hasLosLoop)(`ten SIGKILLs at seeded moments of one replay (${needsLosLoop})`, () => {
  it("leave the same windows, states and events, and who follows them over all crashes hears each once", async () => {
    await using quiet = await dataFolder()
    await using rough = await dataFolder()
    const recording = shortRecording(rough.path, longRows)
    const total = sensors * longRows
    await finish(await startCity({ data: quiet.data, args: ["--replay", recording] }), total)
    const expected = await leftIn(quiet.data)
    const random = randomNumbers(20_261_124)
    // Ten moments by share of what was counted, ascending, all while more than a fifth remains.
    const moments = Array.from({ length: 10 }, () => 0.78 * random()).sort((a, b) => a - b)
    // 33 hours of event time in about 12 s, so that there is something to interrupt.
    const args = ["--replay", recording, "--speed", "10000"]

    const follower = new EventFollower()
    for (const moment of moments) {
      const city = await startCity({ data: rough.data, args })
      await follower.follow(city.url)
      while (await counted(city) < moment * total) await new Promise((resolve) => setTimeout(resolve, 20))
      const done = await counted(city)
      await city.kill()
      await follower.ended()
      assert.isBelow(done, 0.8 * total)
    }
    const last = await startCity({ data: rough.data, args: ["--replay", recording] })
    await follower.follow(last.url)
    await finished(last, total)
    await heardAll(last, follower)
    await last.stop()
    await follower.ended()

    assert.deepStrictEqual(follower.statuses, [...moments, 1].map(() => 200))
    assertSame(await leftIn(rough.data), expected)
    const kept = (await publishedEvents(rough.data)).map((json, i) => `${i + 1} ${json}`)
    // All of them in the order of their positions, over ten crashes.
    const heard = follower.received.map(({ data, id }) => `${id} ${data}`)
    assert.strictEqual(heard.length, kept.length)
    assert.isTrue(heard.join("\n") === kept.join("\n"), "somebody who followed heard something else")
  })
})
