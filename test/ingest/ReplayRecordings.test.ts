/** Replays of real recordings, where they are beside the project (../shared/data); they are never copied into it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { findMapping } from "../../src/ingest/FindMapping.ts"
import * as Replay from "../../src/ingest/Replay.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { allRecords, batchesOf, files, logs, temporaryFolder } from "./Logs.ts"
import {
  dataFolder,
  has,
  linesOf as lines,
  recordedValues,
  type RecordingName,
  recordingNames
} from "./RecordedValues.ts"

/** Replays a folder by the mapping that is built in for it into logs of its own. */
const replayed = Effect.fnUntraced(function*(name: string) {
  const own = yield* temporaryFolder
  return yield* Effect.gen(function*() {
    const folder = path.join(dataFolder, name)
    const options = {
      folder,
      mapping: yield* findMapping(folder),
      speed: "max" as const,
      checkpointFolder: path.join(own, "replay")
    }
    const summary = yield* Replay.run(options)
    const records = yield* allRecords
    const observations = batchesOf(records.values()).flatMap((batch) => batch.observations)
    return { summary, records, observations }
  }).pipe(Effect.provide(Layer.merge(logs(own), files)))
})

describe("the recordings", () => {
  it.live.skipIf(!has("los-loop"))(
    "los-loop: 333,684 observations of 207 described sensors, each as in the file (skipped without it)",
    () =>
      Effect.gen(function*() {
        const { observations, records, summary } = yield* replayed("los-loop")

        assert.deepInclude(summary, { observations: 333_684, rejected: 0, missing: 0, steps: 1612 })
        assert.lengthOf(observations, 333_684)
        const [header = "", ...rows] = lines("los-loop/speed.csv")
        const column = new Map(header.split(",").map((id, index) => [id, index]))
        const cells = rows.map((row) => row.split(","))
        const start = Date.parse("2012-03-01T00:00:00-08:00")
        const wrong = observations.filter(({ phenomenonTime, property, result, sensorId }) =>
          property !== 0 ||
          result !== Number(cells[(phenomenonTime - start) / 300_000]?.[column.get(sensorId) ?? -1]) * 1.609344
        )
        assert.deepStrictEqual(wrong, [])
        assert.strictEqual(new Set(observations.map((o) => `${o.sensorId} ${o.phenomenonTime}`)).size, 333_684)

        const described = [...records.values()].flat().flatMap((r) => r.kind === "command" ? [r.command.command] : [])
        const places = described.map((c) =>
          c._tag === "DescribeSensor" ? [c.sensorId, c.location?.[1], c.location?.[0]].join() : ""
        )
        assert.sameMembers(
          places,
          lines("los-loop/locations.csv").slice(1).map((line) => line.slice(line.indexOf(",") + 1)).map((line) =>
            line.split(",").map((cell, i) => i === 0 ? cell : String(Number(cell))).join()
          )
        )
        assert.strictEqual(records.size, shards.length)
        for (const ofShard of records.values()) {
          const batches = batchesOf([ofShard])
          assert.deepStrictEqual(batches.map(({ producerSequence }) => producerSequence), batches.map((_, i) => i + 1))
          const received = batches.map(({ receivedAt }) => receivedAt)
          assert.deepStrictEqual(received, received.toSorted((a, b) => a - b))
          const last = ofShard.at(-1)
          assert.strictEqual(last?.kind === "tick" && last.now, start + 1611 * 300_000 + 86_400_000)
        }
      }),
    60_000
  )

  const expected: Readonly<Record<RecordingName, { observations: number; rejected: number; missing: number }>> = {
    "austin-buses": { observations: 91_137, rejected: 0, missing: 21_919 },
    "beijing-pm25": { observations: 85_581, rejected: 0, missing: 2067 },
    "metro-interstate": { observations: 144_601, rejected: 11, missing: 0 },
    "air-quality-italy": { observations: 33_371, rejected: 0, missing: 4057 }
  }
  for (const name of recordingNames) {
    it.live.skipIf(!has(name))(
      `${name}: every value of the file with its time, unit, sensor and place, and nothing else (skipped without it)`,
      () =>
        Effect.gen(function*() {
          const { observations, summary } = yield* replayed(name)

          const { missing, rejected, values } = recordedValues(name)
          assert.deepInclude(summary, { observations: values.length, missing, rejected })
          assert.deepInclude(summary, expected[name])
          const byTime = (a: readonly [string, number], b: readonly [string, number]) =>
            a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
          // Values of one sensor, property and time keep the order of the file: later ones correct earlier ones.
          const sent = observations.map((o): readonly [string, number] => [
            `${o.sensorId} ${observedProperties[o.property]?.name} ${o.phenomenonTime} ${o.location ?? "nowhere"}`,
            o.result
          ]).toSorted(byTime)
          const recorded = values.map((v): readonly [string, number] => [
            `${v.sensor} ${v.property} ${v.time} ${v.location ?? "nowhere"}`,
            v.result
          ]).toSorted(byTime)
          const wrong = recorded.filter(([key, result], i) =>
            sent[i]?.[0] !== key || !(Math.abs(sent[i][1] - result) <= 1e-6)
          )
          assert.deepStrictEqual(wrong.slice(0, 3), [])
          assert.strictEqual(sent.length, recorded.length)
        }),
      60_000
    )
  }
})
