/**
 * Processors of both stages die at every named point and at seeded moments of one replay, while the process lives on: each reloads what its
 * last commit left, and in the end everything is what it is without a death.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import type { ReachedCrashPoint } from "../../src/actors/CrashPoints.ts"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import { randomNumbers } from "../../stack/Random.ts"
import { atCrashPoint, districtsApplied, newData, settingsOf } from "./CityInProcess.ts"
import { hasLosLoop, needsLosLoop, shortRecording } from "./LosLoop.ts"
import { publishedEvents, publishedWindows, storedCity } from "./StoredCity.ts"

const rows = 60

/** Waits until every processor that died is back. */
const restarted = (deaths: number) =>
  Effect.gen(function*() {
    const entries = [...(yield* LocalShards).entries(), ...(yield* LocalDistricts).entries()].map(([, entry]) => entry)
    const isBack = (): boolean =>
      entries.every(({ state }) => state === "ready")
      && entries.reduce((sum, { restarts }) => sum + restarts, 0) === deaths
    while (!isBack()) yield* Effect.sleep("10 millis")
  })

/** What a replay leaves; `reached` may let a processor die, until `end` says how many have. */
const replayed = (reached: ReachedCrashPoint, end: () => number) =>
  Effect.gen(function*() {
    const data = yield* newData
    const folder = shortRecording(`${data}-recording`, rows)
    yield* Effect.gen(function*() {
      const city = yield* openCity(settingsOf(data), "America/Los_Angeles")
      yield* Effect.gen(function*() {
        const mapping = yield* findMapping(folder)
        yield* Replay.run({ folder, mapping, speed: "max", checkpointFolder: join(data, "replay") })
        yield* districtsApplied
        yield* restarted(end())
        yield* districtsApplied
      }).pipe(Effect.provide(city.context))
    }).pipe(Effect.scoped, Effect.provide(atCrashPoint(reached)))
    const { districtStates, districtWindows, windows } = yield* Effect.promise(() => storedCity(data))
    const text = (rows: ReadonlyArray<object>): string => rows.map((row) => JSON.stringify(row)).join("\n")
    return {
      windows: text(windows),
      districtWindows: text(districtWindows),
      districtStates: districtStates.join("\n"),
      published: (yield* Effect.promise(() => publishedWindows(data))).join("\n"),
      events: (yield* Effect.promise(() => publishedEvents(data))).toSorted().join("\n")
    }
  }).pipe(Effect.scoped)

describe.skipIf(!hasLosLoop)(`processors that die (${needsLosLoop})`, () => {
  it.live("at every named point of either stage, and at seeded moments, change nothing of what is left", () =>
    Effect.gen(function*() {
      const random = randomNumbers(20_261_124)
      const died = new Map<string, number>()
      let isOver = false
      const undisturbed = yield* replayed(() => Effect.void, () => 0)
      const disturbed = yield* replayed((point, _shard, stage) => {
        const name = `${stage ?? ""} ${point}`
        const before = died.get(name) ?? 0
        if (isOver || stage === undefined || before >= 5 || (before > 0 && random() > 0.05)) return Effect.void
        died.set(name, before + 1)
        return Effect.die(`killed at ${name}`)
      }, () => {
        // Whoever dies in its last commit leaves the rest to the next start, which there is none of here.
        isOver = true
        return Array.from(died.values()).reduce((sum, times) => sum + times, 0)
      })

      assert.strictEqual(died.size, 8)
      assert.isAbove(undisturbed.districtStates.length, 10_000)
      for (const what of ["windows", "districtWindows", "districtStates", "published", "events"] as const) {
        assert.isTrue(disturbed[what] === undisturbed[what], `${what} differ`)
      }
    }))
})
