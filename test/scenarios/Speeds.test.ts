/** The speed of a replay changes nothing: state and windows, of sensors and of districts, and events are the same, bit for bit. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { join } from "node:path"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import { districtsApplied, newData, settingsOf, stateOfShards } from "./CityInProcess.ts"
import { hasLosLoop, needsLosLoop, shortRecording } from "./LosLoop.ts"
import { publishedEvents, storedCity } from "./StoredCity.ts"

/** A clock on which time passes `factor` times as fast, so that 17 hours at speed 1 take seconds. */
const fastClock = (factor: number): Clock.Clock => {
  const begun = Date.now()
  const now = (): number => begun + (Date.now() - begun) * factor
  const nanos = (): bigint => BigInt(Math.round(now() * 1e6))
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const timer = setTimeout(() => resume(Effect.void), Duration.toMillis(duration) / factor)
        return Effect.sync(() => clearTimeout(timer))
      })
  }
}

const rows = 200

const replayAt = (speed: number | "max", clockFactor: number) =>
  Effect.gen(function*() {
    const data = yield* newData
    const folder = shortRecording(`${data}-recording`, rows)
    const state = yield* Effect.gen(function*() {
      const city = yield* openCity(settingsOf(data), "America/Los_Angeles")
      return yield* Effect.gen(function*() {
        const mapping = yield* findMapping(folder)
        const replay = Replay.run({ folder, mapping, speed, checkpointFolder: join(data, "replay") })
        const summary = yield* clockFactor === 1
          ? replay
          : Effect.provideService(replay, Clock.Clock, fastClock(clockFactor))
        assert.strictEqual(summary.observations, 207 * rows)
        yield* districtsApplied
        return yield* stateOfShards
      }).pipe(Effect.provide(city.context))
    }).pipe(Effect.scoped)
    const { districtStates, districtWindows, windows } = yield* Effect.promise(() => storedCity(data))
    const events = yield* Effect.promise(() => publishedEvents(data))
    return {
      state,
      windows: windows.map((window) => JSON.stringify(window)),
      districts: [...districtWindows.map((window) => JSON.stringify(window)), ...districtStates, ...events.toSorted()]
    }
  }).pipe(Effect.scoped)

describe.skipIf(!hasLosLoop)(`speeds of a replay (${needsLosLoop})`, () => {
  it.live("speed 1, speed 1000 and max end in identical state and identical windows, bit for bit", () =>
    Effect.gen(function*() {
      const max = yield* replayAt("max", 1)
      const one = yield* replayAt(1, 5_000)
      const thousand = yield* replayAt(1000, 5)

      assert.isAbove(max.windows.length, 207 * rows)
      assert.deepStrictEqual(one.state, max.state)
      assert.deepStrictEqual(thousand.state, max.state)
      assert.isAbove(max.districts.length, 1_000)
      assert.deepStrictEqual(one.districts, max.districts)
      assert.deepStrictEqual(thousand.districts, max.districts)
      assert.deepStrictEqual(one.windows, max.windows)
      assert.deepStrictEqual(thousand.windows, max.windows)
    }))
})
