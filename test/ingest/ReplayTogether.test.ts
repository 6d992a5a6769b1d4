/** Several recordings replayed at once: one order of event time, nobody's windows closed by another, whole after interruptions. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Replay from "../../src/ingest/Replay.ts"
import type { ReplayMapping } from "../../src/ingest/ReplayMapping.ts"
import {
  allRecords,
  batchesOf,
  bytesOfShards,
  files,
  logs,
  readRecord,
  temporaryFolder,
  withoutRepeats
} from "./Logs.ts"
import { start, writeLong, writeMatrix } from "./Recordings.ts"

/** Three days of a station that tells four hours at once, out of order; its steps are longer than the others' ticks. */
const writeStation = (folder: string): ReplayMapping => {
  const lines = Array.from({ length: 72 }, (_, i) => {
    const hour = (i * 5) % 72
    return `${new Date(start + hour * 3_600_000).toISOString()},${hour / 4}`
  })
  fs.writeFileSync(path.join(folder, "station.csv"), ["time,temperature", ...lines].join("\n"))
  return {
    name: "station",
    shape: "long",
    files: ["station.csv"],
    timeZone: "Europe/Helsinki",
    stepSeconds: 14_400,
    tickSeconds: 86_400,
    sensor: { id: "station" },
    time: { columns: ["time"], format: "rfc3339" },
    values: [{ column: "temperature", property: "temperature" }]
  } as unknown as ReplayMapping
}

const recordings = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const kinds: ReadonlyArray<(data: string) => ReplayMapping> = [
    (data) => writeMatrix(data, 20, 100),
    (data) => writeLong(data, 10, 1500),
    writeStation
  ]
  const all = kinds.map((write, i): Replay.Recording => {
    const data = path.join(folder, `data-${i}`)
    fs.mkdirSync(data)
    return { folder: data, mapping: write(data) }
  })
  return { folder, all }
})

const over = (folder: string) => Layer.merge(logs(folder), files)
const settings = (own: string): Replay.ReplaySettings => ({ speed: "max", checkpointFolder: path.join(own, "replay") })

/** Replays into logs of their own; the records of every shard. */
const replayed = (own: string, recordings: ReadonlyArray<Replay.Recording>) =>
  Effect.provide(Effect.andThen(Replay.runTogether(recordings, settings(own)), bytesOfShards), over(own))

const isBatchOf = (name: string) => (hex: string): boolean => {
  const record = readRecord(Uint8Array.from(Buffer.from(hex, "hex")))
  return record.kind === "batch" && record.source === `replay:${name}`
}

describe("replays together", () => {
  it.live("send each recording's batches as if alone, in the order of event time, and no tick passes what is to come", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      const alone = yield* Effect.forEach(all, (recording, i) => replayed(path.join(folder, `alone-${i}`), [recording]))

      const own = path.join(folder, "own")
      const together = yield* replayed(own, all)

      for (const [i, { mapping: { name } }] of all.entries()) {
        const isOurs = isBatchOf(name)
        assert.deepStrictEqual(
          together.map((records) => records.filter(isOurs)),
          alone[i]?.map((records) => records.filter(isOurs))
        )
      }
      const records = yield* Effect.provide(allRecords, over(own))
      let ticks = 0
      for (const ofShard of records.values()) {
        const received = batchesOf([ofShard]).map(({ receivedAt }) => receivedAt)
        assert.deepStrictEqual(received, received.toSorted((a, b) => a - b))
        let tick = -Infinity
        for (const record of ofShard) {
          if (record.kind === "tick") {
            ticks++
            assert.isAbove(record.now, tick)
            tick = record.now
          } else if (record.kind === "batch") {
            for (const { phenomenonTime } of record.observations) assert.isAtLeast(phenomenonTime, tick)
          }
        }
        assert.strictEqual(tick, start + 72 * 3_600_000 + 86_400_000)
      }
      // Bounded by the station, whose next observation is four hours on, but for the others after its end.
      assert.isAtLeast(ticks, 61 * 20)
    }))

  it.live("write the same bytes to every shard at any speed", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      const max = yield* replayed(path.join(folder, "max"), all)

      const own = path.join(folder, "own")
      const fast = yield* Effect.provide(
        Effect.andThen(Replay.runTogether(all, { ...settings(own), speed: 500_000 }), bytesOfShards),
        over(own)
      )

      assert.deepStrictEqual(fast, max)
    }), 20_000)

  it.live("go on after interruptions so that, repeats dropped, the records are the same", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      const whole = yield* replayed(path.join(folder, "whole"), all)
      const own = path.join(folder, "own")

      let runs = 0
      for (let isFinished = false; !isFinished; runs++) {
        let left = 1 + (runs * 7) % 5
        isFinished = yield* Effect.gen(function*() {
          const cut = yield* Deferred.make<void>()
          const replay = yield* Effect.forkChild(Replay.runTogether(all, {
            ...settings(own),
            checkpointEvery: Duration.zero,
            appendRecords: 300,
            onProgress: () =>
              --left === 0 ? Effect.andThen(Deferred.succeed(cut, undefined), Effect.never) : Effect.void
          }))
          yield* Effect.raceFirst(Fiber.await(replay), Deferred.await(cut))
          const wasFinished = replay.pollUnsafe() !== undefined
          yield* Fiber.interrupt(replay)
          // As if the disk had kept one of the checkpoints only up to here.
          if (!wasFinished && runs % 3 === 1) fs.rmSync(path.join(own, "replay", "station.json"), { force: true })
          return wasFinished
        }).pipe(Effect.provide(over(own)))
      }

      assert.isAbove(runs, 3)
      const records = yield* Effect.provide(bytesOfShards, over(own))
      assert.deepStrictEqual(records.map(withoutRepeats), whole.map(withoutRepeats))
    }), 30_000)

  it.live("send only what is not finished, and tell of each recording by itself", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      yield* Effect.gen(function*() {
        const [matrix, buses, station] = all as [Replay.Recording, Replay.Recording, Replay.Recording]
        yield* Replay.runTogether([buses], settings(folder))

        const summaries = yield* Replay.runTogether([matrix, buses, station], settings(folder))

        assert.deepStrictEqual(
          summaries.map(({ name, observations, wasFinished }) => [name, observations, wasFinished]),
          [
            ["tiny", 2000, false],
            ["buses", 1500, true],
            ["station", 72, false]
          ]
        )
        const sent = batchesOf((yield* allRecords).values()).flatMap(({ observations }) => observations)
        assert.lengthOf(sent, 3572)
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("of one name twice are refused before anything is sent", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      yield* Effect.gen(function*() {
        const [first] = all as [Replay.Recording]
        const refused = yield* Effect.flip(Replay.runTogether([first, first], settings(folder)))

        assert.match(refused.message, /^tiny: is the name of two of the recordings/)
        assert.strictEqual((yield* allRecords).size, 0)
      }).pipe(Effect.provide(over(folder)))
    }))
})

describe("a part of a recording", () => {
  it.live("is what lies in its span, shifted as a whole, with a producer of its own", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      const startAt = Date.parse("2026-11-24T00:00:00Z")
      const shifted = all.map((recording) => ({
        ...recording,
        startAt,
        timeZone: "UTC",
        from: start,
        limit: 7_200_000
      }))
      yield* Effect.gen(function*() {
        const summaries = yield* Replay.runTogether(shifted, { ...settings(folder), closeWindows: false })

        assert.deepStrictEqual(summaries.map(({ observations }) => observations), [480, 424, 2])
        const records = yield* allRecords
        const batches = batchesOf(records.values())
        // Midnight in Los Angeles and 10:00 in Helsinki of a Thursday, as read on clocks of UTC.
        const starts: Readonly<Record<string, string>> = {
          "replay:tiny": "2026-11-26T00:00:00Z",
          "replay:buses": "2026-11-26T10:00:00Z",
          "replay:station": "2026-11-26T10:00:00Z"
        }
        for (const { observations, receivedAt, source } of batches) {
          const first = Date.parse(starts[source] ?? "")
          for (const { phenomenonTime } of observations) {
            assert.isTrue(phenomenonTime >= first && phenomenonTime < first + 7_200_000)
            assert.isAtLeast(receivedAt, phenomenonTime)
          }
        }
        const ticks = [...records.values()].flat().flatMap((record) => record.kind === "tick" ? [record.now] : [])
        assert.isAtMost(Math.max(...ticks), Math.max(...batches.map(({ receivedAt }) => receivedAt)))

        const before = new Set(batches.map(({ producer }) => producer))
        assert.deepInclude(yield* Replay.run({ ...(shifted[0] as Replay.Recording), ...settings(folder) }), {
          wasFinished: true
        })
        yield* Replay.run({ ...(all[0] as Replay.Recording), ...settings(folder) })
        const after = new Set(batchesOf((yield* allRecords).values()).map(({ producer }) => producer))
        assert.strictEqual(after.size, before.size + 1)
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("that holds nothing is refused with what was looked for", () =>
    Effect.gen(function*() {
      const { all, folder } = yield* recordings
      yield* Effect.gen(function*() {
        for (const recording of all) {
          const from = start - 86_400_000
          const refused = yield* Effect.flip(Replay.run({ ...recording, ...settings(folder), from, limit: 1000 }))

          assert.match(refused.message, /holds nothing from 2012-02-29T08:00:00.000Z to 2012-02-29T08:00:01.000Z/)
        }
      }).pipe(Effect.provide(over(folder)))
    }))
})
