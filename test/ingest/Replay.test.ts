/** Replays over real logs: the same records at every speed, whole after every interruption, waiting when the log is full. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Replay from "../../src/ingest/Replay.ts"
import type { ReplayMapping } from "../../src/ingest/ReplayMapping.ts"
import { RejectedLog } from "../../src/ports/RejectedLog.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { allRecords, batchesOf, bytesOfShards, files, logs, temporaryFolder, withoutRepeats } from "./Logs.ts"
import { speed, start, stepMillis, writeLong, writeMatrix } from "./Recordings.ts"

/** A folder with data in `data`, logs beside it. */
const recording = Effect.fnUntraced(function*(write: (folder: string) => ReplayMapping) {
  const folder = yield* temporaryFolder
  const data = path.join(folder, "data")
  fs.mkdirSync(data)
  const mapping = write(data)
  const options = { folder: data, mapping, speed: "max" as const, checkpointFolder: path.join(folder, "replay") }
  return { folder, options }
})
const over = (folder: string, log?: Parameters<typeof logs>[1]) => Layer.merge(logs(folder, log), files)

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Bad cells in row 1, a field too many in row 2, a blank row 3. */
const spoilt = (row: string, step: number): string => {
  if (step === 1) return row.replace(/^[^,]+,[^,]+,[^,]+/, ",fast,4000")
  return step === 2 ? `${row},1` : step === 3 ? "" : row
}

describe("a replay of a matrix", () => {
  it.live("describes the sensors, sends every value in order of time, ticks, and closes", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 100, 13))
      yield* Effect.gen(function*() {
        const summary = yield* Replay.run(options)

        assert.deepStrictEqual(summary, {
          name: "tiny",
          observations: 1300,
          rejected: 0,
          missing: 0,
          steps: 13,
          fromStep: 0,
          wasFinished: false
        })
        const records = yield* allRecords
        assert.strictEqual(records.size, 61)
        for (const ofShard of records.values()) {
          const batches = batchesOf([ofShard])
          const times = Array.from({ length: 13 }, (_, step) => start + step * stepMillis)
          if (batches.length > 0) assert.deepStrictEqual(batches.map(({ receivedAt }) => receivedAt), times)
          assert.deepStrictEqual(batches.map(({ producerSequence }) => producerSequence), batches.map((_, i) => i + 1))
          const kinds = ofShard.map((record) => record.kind === "tick" ? `tick ${record.now}` : record.kind)
          const touched = batches.length > 0 ? ["batch"] : []
          assert.deepStrictEqual(kinds.filter((kind) => kind !== "command"), [
            ...times.flatMap((time) => [...touched, `tick ${time}`]),
            `tick ${start + 12 * stepMillis + 86_400_000}`
          ])
          assert.isTrue(kinds.lastIndexOf("command") < (kinds.indexOf("batch") >>> 0))
        }
        const observations = batchesOf(records.values()).flatMap((batch) => batch.observations)
        assert.lengthOf(observations, 1300)
        for (const { location, phenomenonTime, result, sensorId } of observations) {
          const sent = speed(Number(sensorId.slice(2)), (phenomenonTime - start) / stepMillis)
          assert.strictEqual(result, sent * 1.609344)
          assert.isUndefined(location)
        }
        const described = [...records.values()].flat().flatMap((r) => r.kind === "command" ? [r.command.command] : [])
        assert.lengthOf(described, 100)
        const [fifth] = described.filter((command) => command._tag === "DescribeSensor" && command.sensorId === "s-5")
        assert.deepInclude(fifth, { _tag: "DescribeSensor", sensorId: "s-5", name: "Street 5, east" })
        assert.deepStrictEqual(fifth?._tag === "DescribeSensor" ? [...fifth.location ?? []] : [], [-118.05, 34.05])
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("keeps bad cells and rows with file and line, and sends the rest at its own time", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 4, 6, spoilt))
      yield* Effect.gen(function*() {
        const summary = yield* Replay.run(options)

        assert.deepInclude(summary, { observations: 13, rejected: 4, missing: 1, steps: 6 })
        const { items } = yield* (yield* RejectedLog).list({ limit: 10 })
        assert.deepStrictEqual(items.map(({ detail, reason }) => [reason, detail]).toReversed(), [
          [
            "wrong-type",
            'speed.csv line 3 column s-1: result "fast" is not a number: expected a finite number in km/h'
          ],
          [
            "implausible",
            "speed.csv line 3 column s-2: result 4000 [mi_i]/h (6437.38 km/h) is implausible for vehicle_speed: "
            + "expected 0 to 300 km/h"
          ],
          [
            "wrong-type",
            'speed.csv line 4: row "6.25,13.25,20.25,27.25,1" has 5 fields: expected 4, one per sensor of the first line'
          ],
          ["missing-field", 'speed.csv line 5: row "" has 1 fields: expected 4, one per sensor of the first line']
        ])
        assert.deepStrictEqual(items.map(({ source }) => source), Array.from({ length: 4 }, () => "replay:tiny"))
        const times = batchesOf((yield* allRecords).values()).flatMap((b) =>
          b.observations.map((o) => o.phenomenonTime)
        )
        assert.sameMembers([...new Set(times)].map((time) => (time - start) / stepMillis), [0, 1, 4, 5])
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("is refused when its first line does not name sensors", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 2, 2))
      yield* Effect.gen(function*() {
        const refused = (text: string) => {
          fs.writeFileSync(path.join(options.folder, "speed.csv"), text)
          return Effect.map(Effect.flip(Replay.run(options)), ({ message }) => message)
        }
        assert.match(yield* refused("a,a\n1,2"), /^speed.csv: column 2 of its first line .* "a" is there twice/)
        assert.match(yield* refused("a,\n1,2"), /^speed.csv: column 2 of its first line .* is empty/)
        fs.rmSync(path.join(options.folder, "speed.csv"))
        assert.match((yield* Effect.flip(Replay.run(options))).message, /^speed.csv: cannot be read/)
      }).pipe(Effect.provide(over(folder)))
    }))
})

describe("a replay of a long table", () => {
  it.live("sends rows in order of time, a batch per minute and shard, with the places of moving sensors", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeLong(data, 13, 600))
      yield* Effect.gen(function*() {
        const summary = yield* Replay.run(options)

        assert.deepInclude(summary, { observations: 600, rejected: 0, steps: 170 })
        const records = yield* allRecords
        for (const batch of batchesOf(records.values())) {
          for (const { phenomenonTime } of batch.observations) {
            assert.isTrue(phenomenonTime < batch.receivedAt && phenomenonTime >= batch.receivedAt - 60_000)
          }
          assert.strictEqual(batch.receivedAt % 60_000, 0)
        }
        for (const ofShard of records.values()) {
          const times = batchesOf([ofShard]).flatMap(({ observations }) => observations.map((o) => o.phenomenonTime))
          assert.deepStrictEqual(times, times.toSorted((a, b) => a - b))
        }
        const sent = batchesOf(records.values()).flatMap(({ observations }) => observations)
        for (const { location, phenomenonTime, result, sensorId } of sent) {
          const n = (phenomenonTime - start) / 17_000
          assert.strictEqual(sensorId, `bus/${n % 13}`)
          assert.strictEqual(result, ((n % 30) + 0.5) * 3.6)
          assert.deepStrictEqual(location, [24 + (n % 50) / 1000, 60 + (n % 100) / 1000])
        }
        assert.lengthOf(new Set(sent.map(({ phenomenonTime }) => phenomenonTime)), 600)
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("keeps bad rows with file and line, once", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => {
        const mapping = writeLong(data, 3, 10)
        fs.appendFileSync(
          path.join(data, "buses.csv"),
          [
            "1,yesterday,5,60,24,x",
            "1,2012-03-01T08:00:00Z,quick,60,24,x",
            "1,2012-03-01T08:00:00Z,5,160,24,x",
            ",2012-03-01T08:00:00Z,5,60,24,x",
            "1,1969-03-01T08:00:00Z,5,60,24,x",
            "1,2012-03-01T08:00:00Z,,60,24,x",
            "",
            "1,2012-03-01T08:00:00Z,5,,,x",
            '1,2012-03-01T08:00:00Z,5,60,24,"x',
            ",,,,,"
          ].join("\n")
        )
        return mapping
      })
      yield* Effect.gen(function*() {
        const summary = yield* Replay.run(options)

        assert.deepInclude(summary, { observations: 11, rejected: 6, missing: 1 })
        const rejectedLog = yield* RejectedLog
        const { items } = yield* rejectedLog.list({ limit: 10 })
        const details = items.map(({ detail, reason }) => `${reason}: ${detail}`).toReversed()
        const says = [
          /^bad-time: buses.csv line 12 column time: time "yesterday" is none: expected rfc3339$/,
          /^wrong-type: buses.csv line 13 column speed: result "quick" is not a number/,
          /^bad-location: buses.csv line 14: position \[24, 160\] is not on Earth/,
          /^missing-field: buses.csv line 15 column bus: bus is empty: expected the id of the sensor$/,
          /^ancient: buses.csv line 16 column time: time "1969.*expected 1970 or later$/,
          /^wrong-type: buses.csv line 20: row ".*" has a quote that is never closed/
        ]
        assert.lengthOf(details, says.length)
        for (const [i, pattern] of says.entries()) assert.match(details[i] ?? "", pattern)
        fs.rmSync(options.checkpointFolder, { recursive: true })
        yield* Replay.run(options)
        assert.strictEqual((yield* rejectedLog.list({ limit: 100 })).items.length, 6)
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("is refused when a column is not there", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeLong(data, 3, 10))
      fs.writeFileSync(path.join(options.folder, "buses.csv"), "bus,zeit,speed,lat,lon\n")

      const error = yield* Effect.flip(Effect.provide(Replay.run(options), over(folder)))

      assert.strictEqual(
        error.message,
        'buses.csv: has no column "time": its first line has bus, zeit, speed, lat, lon'
      )
    }))
})

describe("a replay at any speed", () => {
  const kinds: ReadonlyArray<readonly [string, (folder: string) => ReplayMapping]> = [
    ["matrix", (folder) => writeMatrix(folder, 20, 9)],
    ["long table", (folder) => writeLong(folder, 5, 60)]
  ]
  it.effect.each(kinds)("writes the same bytes to every shard: %s", ([, write]) =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording(write)
      const at = Effect.fnUntraced(function*(speedUp: number | "max") {
        const own = path.join(folder, String(speedUp))
        return yield* Effect.gen(function*() {
          const began = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          const replay = yield* Effect.forkChild(
            Replay.run({ ...options, speed: speedUp, checkpointFolder: path.join(own, "replay") }),
            { startImmediately: true }
          )
          while (replay.pollUnsafe() === undefined) {
            yield* turn
            if (speedUp !== "max") yield* TestClock.adjust(10_000 / speedUp)
          }
          const { eventTime } = JSON.parse(
            fs.readFileSync(path.join(own, "replay", `${options.mapping.name}.json`), "utf8")
          ) as { eventTime: number }
          yield* Fiber.join(replay)
          const took = (yield* Effect.clockWith((clock) => clock.currentTimeMillis)) - began
          return { records: yield* bytesOfShards, took, eventTime }
        }).pipe(Effect.provide(over(own)))
      })

      const max = yield* at("max")
      const thousand = yield* at(1000)
      const one = yield* at(1)

      assert.isAbove(max.records.flat().length, 100)
      assert.deepStrictEqual(thousand.records, max.records)
      assert.deepStrictEqual(one.records, max.records)
      assert.isAtLeast(one.took, one.eventTime - start - 60_000)
      assert.isAtLeast(thousand.took, (one.eventTime - start - 60_000) / 1000)
    }), 20_000)
})

describe("a replay that was interrupted", () => {
  const kinds: ReadonlyArray<readonly [string, (folder: string) => ReplayMapping]> = [
    ["matrix", (folder) => writeMatrix(folder, 40, 60)],
    ["long table", (folder) => writeLong(folder, 20, 800)]
  ]
  for (const [kind, write] of kinds) {
    for (const [checkpoints, checkpointEvery] of [["fresh", 0], ["never written", 3_600_000]] as const) {
      it.live(
        `goes on so that, repeats dropped, the records are the same (${kind}, checkpoint ${checkpoints})`,
        () =>
          Effect.gen(function*() {
            const { folder, options } = yield* recording(write)
            const whole = yield* Effect.provide(
              Effect.andThen(Replay.run(options), bytesOfShards),
              over(path.join(folder, "whole"))
            )
            const own = path.join(folder, "own")
            const settings = {
              ...options,
              checkpointFolder: path.join(own, "replay"),
              checkpointEvery: Duration.millis(checkpointEvery),
              appendRecords: 100
            }
            // Small congruential generator: the same points every time.
            let seed = 12_345
            const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below
            let runs = 0
            for (let isFinished = false; !isFinished; runs++) {
              // Without checkpoints a run must be allowed to get further than the one before.
              let left = checkpointEvery === 0 ? 1 + random(12) : 5 + runs * 9
              isFinished = yield* Effect.gen(function*() {
                const cut = yield* Deferred.make<void>()
                const replay = yield* Effect.forkChild(Replay.run({
                  ...settings,
                  onProgress: () =>
                    --left === 0 ? Effect.andThen(Deferred.succeed(cut, undefined), Effect.never) : Effect.void
                }))
                yield* Effect.raceFirst(Fiber.await(replay), Deferred.await(cut))
                const wasFinished = replay.pollUnsafe() !== undefined
                yield* Fiber.interrupt(replay)
                return wasFinished
              }).pipe(Effect.provide(over(own)))
            }
            assert.isAbove(runs, 2)

            const records = yield* Effect.provide(bytesOfShards, over(own))
            assert.deepStrictEqual(records.map(withoutRepeats), whole.map(withoutRepeats))
            assert.isAtLeast(records.flat().length, whole.flat().length)
          }),
        20_000
      )
    }
  }

  it.live("does nothing when everything was sent, and says so", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 10, 5))
      yield* Effect.gen(function*() {
        yield* Replay.run(options)
        const before = yield* bytesOfShards

        const summary = yield* Replay.run(options)

        assert.deepInclude(summary, { observations: 50, wasFinished: true })
        assert.deepStrictEqual(yield* bytesOfShards, before)
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("starts anew in another log, with a damaged checkpoint, and as another producer when the data changed", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 10, 5))
      const producers = Effect.map(allRecords, (records) => new Set(batchesOf(records.values()).map((b) => b.producer)))
      yield* Effect.gen(function*() {
        yield* Replay.run(options)
        fs.writeFileSync(path.join(options.checkpointFolder, "tiny.json"), '{"version":1,"fing')
        assert.deepInclude(yield* Replay.run(options), { fromStep: 0, wasFinished: false })
        assert.strictEqual((yield* producers).size, 1)

        fs.appendFileSync(path.join(options.folder, "speed.csv"), `\n${Array.from({ length: 10 }, () => 5).join(",")}`)
        assert.deepInclude(yield* Replay.run(options), { observations: 60, wasFinished: false })
        assert.strictEqual((yield* producers).size, 2)
      }).pipe(Effect.provide(over(folder)))
      yield* Effect.gen(function*() {
        assert.deepInclude(yield* Replay.run(options), { observations: 60, wasFinished: false })
      }).pipe(Effect.provide(over(path.join(folder, "other"))))
    }))
})

describe("a replay into a full log", () => {
  it.live("waits, says so, and goes on when a consumer has released room", () =>
    Effect.gen(function*() {
      const { folder, options } = yield* recording((data) => writeMatrix(data, 120, 300))
      yield* Effect.gen(function*() {
        const log = yield* ObservationLog
        const waited = yield* Deferred.make<void>()
        const replay = yield* Effect.forkChild(Replay.run({
          ...options,
          appendRecords: 500,
          onProgress: ({ isWaiting }) => isWaiting ? Deferred.succeed(waited, undefined) : Effect.void
        }))
        yield* Deferred.await(waited)
        assert.isUndefined(replay.pollUnsafe())

        const release = Effect.forEach(shards, (shard) =>
          Effect.flatMap(log.bounds(shard), ({ last }) => log.retain("sensor", shard, last)))
        while (replay.pollUnsafe() === undefined) {
          yield* Effect.andThen(release, Effect.sleep("20 millis"))
        }

        assert.deepInclude(yield* Fiber.join(replay), { observations: 36_000 })
      }).pipe(
        Effect.provide(
          over(folder, {
            consumers: ["sensor"],
            limitBytes: 2_400_000,
            segmentBytes: 500_000,
            recordBytesMax: 100_000,
            minRetainedBytes: 0
          })
        )
      )
    }), 30_000)
})
