/** The simulated city as a source over real logs: the same records however it runs, whole after interruptions, live by the clock. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { SensorShard } from "../../../src/actors/SensorStage.ts"
import * as Slab from "../../../src/analytics/DatastreamSlab.ts"
import { Placement } from "../../../src/ingest/Placement.ts"
import { nearestDistrict } from "../../../src/ingest/simulation/DistrictShapes.ts"
import { districtCentres } from "../../../src/ingest/simulation/HelsinkiMap.ts"
import { toMetres } from "../../../src/ingest/simulation/Plane.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"
import * as Simulation from "../../../src/ingest/simulation/Simulation.ts"
import { RejectedLog } from "../../../src/ports/RejectedLog.ts"
import { observedProperties } from "../../../src/schemas/ObservedProperties.ts"
import { shards } from "../../../src/schemas/Shards.ts"
import {
  allRecords,
  batchesOf,
  bytesOfShards,
  files,
  logs,
  payloads,
  temporaryFolder,
  withoutRepeats
} from "../Logs.ts"
import { asText, day, hour, minute, monday, observationsOf } from "./CityOfSeed.ts"

const from = monday + 7 * hour
const placement = Layer.succeed(Placement, {
  version: 3,
  districtOf: (x: number, y: number) => districtCentres[nearestDistrict(toMetres([x, y]))]?.[0]
})
const over = (folder: string) => Layer.mergeAll(logs(folder), files, placement)
const optionsIn = (folder: string, more: Partial<Simulation.SimulationOptions> = {}): Simulation.SimulationOptions => ({
  seed: 1,
  from,
  checkpointFolder: path.join(folder, "replay"),
  ...more
})
const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** All observations in the log, as `asText` says them, sorted; each once. */
const logged = Effect.map(allRecords, (records) => {
  const seen = new Set<string>()
  return batchesOf(records.values()).flatMap((batch) => {
    const key = `${batch.producer} ${batch.producerSequence} ${batch.observations[0]?.sensorId}`
    if (seen.has(key)) return []
    seen.add(key)
    return batch.observations.map(({ location, phenomenonTime, property, result, sensorId }) =>
      `${sensorId} ${observedProperties[property]?.name} ${phenomenonTime} ${result} ${location?.join(",") ?? ""}\n`
    )
  }).sort()
})

describe("the past of a simulated city", () => {
  it.live(
    "is the same records at every shard for every size of append, described first, with ticks of event time",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const at = (name: string, more: Partial<Simulation.SimulationOptions>) => {
          const own = path.join(folder, name)
          return Effect.gen(function*() {
            const summary = yield* Simulation.run(optionsIn(own, { to: from + 20 * minute, ...more }))
            return { summary, bytes: yield* bytesOfShards, records: yield* allRecords, texts: yield* logged }
          }).pipe(Effect.provide(over(own)))
        }

        const large = yield* at("large", {})
        const small = yield* at("small", { appendRecords: 70, checkpointEvery: Duration.zero })
        const other = yield* at("other", { seed: 2 })

        assert.deepStrictEqual(small.bytes, large.bytes)
        assert.notDeepEqual(other.texts, large.texts)
        assert.deepStrictEqual(large.texts, observationsOf(1, from, from + 20 * minute).map(asText).sort())
        assert.deepInclude(large.summary, { from, eventTime: from + 20 * minute, observations: large.texts.length })
        const described = [...large.records.values()].flat().flatMap((record) =>
          record.kind === "command" ? [record.command.command] : []
        )
        assert.lengthOf(described, makeCity(1).sensors.length)
        assert.strictEqual(large.records.size, 61)
        for (const ofShard of large.records.values()) {
          assert.deepStrictEqual(
            ofShard.flatMap((record) => record.kind === "tick" ? [record.now] : []),
            [0, 1, 2, 3, 4].map((n) => from + n * 5 * minute)
          )
          for (const batch of batchesOf([ofShard])) {
            assert.deepInclude(batch, { source: "simulation", districtSetVersion: 3 })
            assert.strictEqual(batch.receivedAt % minute, 0)
            for (const { district, phenomenonTime } of batch.observations) {
              assert.isDefined(district)
              assert.isTrue(phenomenonTime < batch.receivedAt && phenomenonTime > batch.receivedAt - 5 * minute)
            }
          }
        }
      }),
    20_000
  )

  it.live(
    "comes late to no window of a sensor stage with the lateness of the properties, the late district neither",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.gen(function*() {
          const { observations } = yield* Simulation.run(optionsIn(folder, { to: from + 2 * hour }))
          let [counted, late, datastreams] = [0, 0, 0]
          for (const shard of shards) {
            const state = new SensorShard(shard, undefined)
            for (const [i, payload] of (yield* payloads(shard)).entries()) state.apply(i + 1, payload, undefined)
            const { slab } = state.streams
            datastreams += slab.length
            for (let slot = 0; slot < slab.length; slot++) {
              counted += slab.record(slot)[slab.at(slot) + Slab.counted] ?? NaN
              late += slab.record(slot)[slab.at(slot) + Slab.late] ?? NaN
            }
          }
          assert.deepStrictEqual({ counted, late }, { counted: observations, late: 0 })
          assert.isAbove(datastreams, 1200)
        }).pipe(Effect.provide(over(folder)))
      }),
    20_000
  )

  it.live(
    "goes on where it was interrupted, so that, repeats dropped, the records are the same",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const to = from + 30 * minute
        const whole = yield* Effect.andThen(Simulation.run(optionsIn(folder, { to })), bytesOfShards).pipe(
          Effect.provide(over(path.join(folder, "whole")))
        )
        for (const [name, every] of [["fresh", 0], ["old", 3_600_000]] as const) {
          const own = path.join(folder, name)
          let runs = 0
          for (let isFinished = false; !isFinished; runs++) {
            let left = every === 0 ? 2 + (runs % 3) : 3 + runs * 4
            isFinished = yield* Effect.gen(function*() {
              const cut = yield* Deferred.make<void>()
              const simulation = yield* Effect.forkChild(Simulation.run(optionsIn(own, {
                to,
                appendRecords: 200,
                // Only the first run may choose where it starts.
                from: runs === 0 ? from : from + hour,
                checkpointEvery: Duration.millis(every),
                onProgress: () =>
                  --left === 0 ? Effect.andThen(Deferred.succeed(cut, undefined), Effect.never) : Effect.void
              })))
              yield* Effect.raceFirst(Fiber.await(simulation), Deferred.await(cut))
              const wasFinished = simulation.pollUnsafe() !== undefined
              yield* Fiber.interrupt(simulation)
              return wasFinished
            }).pipe(Effect.provide(over(own)))
          }
          assert.isAbove(runs, 2)
          const records = yield* Effect.provide(bytesOfShards, over(own))
          assert.deepStrictEqual(records.map(withoutRepeats), whole.map(withoutRepeats))
        }
      }),
    20_000
  )

  it.live("keeps what the door would refuse in REJECTED, with what was sent", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.gen(function*() {
        const summary = yield* Simulation.run(optionsIn(folder, { from: monday, to: monday + 2 * hour }))
        const rejectedLog = yield* RejectedLog
        const { items } = yield* rejectedLog.list({ limit: 1000 })
        assert.isAbove(summary.rejected, 0)
        assert.strictEqual(items.length, Math.min(1000, summary.rejected))
        for (const { detail, reason, source } of items) {
          assert.strictEqual(reason, "implausible")
          assert.strictEqual(source, "simulation")
          assert.match(detail, /^sensor \S+ at 2026-11-1\S+Z: result \S+ \S+ is implausible for /)
        }
      }).pipe(Effect.provide(over(folder)))
    }))

  it.live("refuses a folder that holds the city of another seed, and says nothing else of it", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const said: Array<unknown> = []
      const listen = Logger.layer([Logger.make(({ message }) => {
        said.push(message)
      })])
      yield* Effect.gen(function*() {
        yield* Simulation.run(optionsIn(folder, { to: from + minute }))

        const refused = yield* Effect.flip(Simulation.run(optionsIn(folder, { seed: 2, to: from + minute }))).pipe(
          Effect.provide(listen)
        )

        assert.deepStrictEqual(said, [])
        assert.match(refused.message, /holds the simulated city 2-1 and 2-2 is asked for/)
      }).pipe(Effect.provide(over(folder)))
    }))

  it("says that only another folder helps where the folder is of another model", () => {
    const { message } = new Simulation.OtherCity({ found: "1-1", wanted: "2-1" })
    assert.match(
      message,
      /1-1 and 2-1 is asked for \(model-seed\): the model is newer, start with another data folder$/
    )
  })

  it.live("starts elsewhere under another producer when its checkpoint is lost, so that nothing is taken for a repeat", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.gen(function*() {
        yield* Simulation.run(optionsIn(folder, { to: from + 2 * minute }))
        fs.rmSync(path.join(folder, "replay"), { recursive: true })
        yield* Simulation.run(optionsIn(folder, { from: from + 2 * minute, to: from + 4 * minute }))

        const producers = new Set(batchesOf((yield* allRecords).values()).map(({ producer }) => producer))
        assert.lengthOf(producers, 2)
        assert.deepStrictEqual(yield* logged, observationsOf(1, from, from + 4 * minute).map(asText).sort())
      }).pipe(Effect.provide(over(folder)))
    }))
})

describe("a live simulated city", () => {
  /** Runs until `until` of the test's clock, from wherever that is; says the phases it went through. */
  const runUntil = Effect.fnUntraced(
    function*(folder: string, until: number, more: Partial<Simulation.SimulationOptions> = {}) {
      const phases: Array<string> = []
      let sent = 0
      const simulation = yield* Effect.forkChild(
        Simulation.run(optionsIn(folder, {
          to: until,
          onPhase: (phase) =>
            Effect.clockWith((clock) => clock.currentTimeMillis).pipe(
              Effect.map((now) => void phases.push(`${phase} ${(now - from) / 1000}`))
            ),
          onProgress: ({ eventTime }) =>
            Effect.sync(() => {
              sent = eventTime
            }),
          ...more
        })),
        { startImmediately: true }
      )
      while (simulation.pollUnsafe() === undefined) {
        yield* turn
        // Time goes on when what was due has been sent.
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        if (phases.at(-1)?.startsWith("live") === true && now < sent + 10_000) yield* TestClock.adjust(500)
      }
      const summary = yield* Fiber.join(simulation)
      return { phases, summary }
    }
  )

  it.effect(
    "sends the past, says when it is live, then each ten seconds when they have passed; nothing is sent early",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.gen(function*() {
          yield* TestClock.setTime(from + 3 * minute + 25_000)

          const { phases, summary } = yield* runUntil(folder, from + 6 * minute)

          assert.deepStrictEqual(phases, ["past 205", "live 205"])
          assert.strictEqual(summary.eventTime, from + 6 * minute)
          assert.isAtLeast(yield* Effect.clockWith((clock) => clock.currentTimeMillis), from + 6 * minute)
          const records = yield* allRecords
          const received = [...new Set(batchesOf(records.values()).map(({ receivedAt }) => receivedAt))]
          assert.sameMembers(received.map((at) => (at - from) / 1000), [
            60,
            120,
            180,
            ...Array.from({ length: 18 }, (_, i) => 190 + i * 10)
          ])
          assert.deepStrictEqual(yield* logged, observationsOf(1, from, from + 6 * minute).map(asText).sort())
        }).pipe(Effect.provide(over(folder)))
      }),
    20_000
  )

  it.effect(
    "goes on after a night off: the gap in long steps, then live, and every observation once",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.gen(function*() {
          yield* TestClock.setTime(from + 2 * minute)
          yield* runUntil(folder, from + 2 * minute + 50_000)
          yield* TestClock.setTime(from + 40 * minute + 30_000)

          const { phases } = yield* runUntil(folder, from + 42 * minute)

          assert.deepStrictEqual(phases, ["past 2430", "live 2430"])
          assert.deepStrictEqual(yield* logged, observationsOf(1, from, from + 42 * minute).map(asText).sort())
        }).pipe(Effect.provide(over(folder)))
      }),
    20_000
  )

  it.effect(
    "repeats a live step that its checkpoint does not cover as it was, and loses nothing",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const checkpoint = path.join(folder, "replay", "simulation.json")
        yield* Effect.gen(function*() {
          yield* TestClock.setTime(from + 2 * minute)
          yield* runUntil(folder, from + 2 * minute + 20_000)
          const before = fs.readFileSync(checkpoint)
          yield* runUntil(folder, from + 2 * minute + 30_000)
          // As if it had died between the append and the checkpoint, and come back a day later.
          fs.writeFileSync(checkpoint, before)
          yield* TestClock.setTime(from + hour)

          yield* runUntil(folder, from + hour + minute)

          assert.deepStrictEqual(yield* logged, observationsOf(1, from, from + hour + minute).map(asText).sort())
        }).pipe(Effect.provide(over(folder)))
      }),
    20_000
  )

  it.effect("starts seven days ago unless told otherwise", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.gen(function*() {
        const now = monday + 7 * day + 12_345
        yield* TestClock.setTime(now)
        const { from: _, ...options } = optionsIn(folder, { to: monday + 2 * minute })

        const summary = yield* Simulation.run(options)

        assert.deepInclude(summary, { from: monday, eventTime: monday + 2 * minute })
      }).pipe(Effect.provide(over(folder)))
    }))
})
