/**
 * A database that is killed under a shard processor and comes back: the shard keeps its state, shows it all the time and commits when it
 * can; and a commit that failed is never followed by one of what is left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { Epochs } from "../../src/actors/Epochs.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { ProcessorMetrics } from "../../src/actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../../src/actors/ProcessorPermits.ts"
import { defaultProcessorSettings } from "../../src/actors/ProcessorSettings.ts"
import { SensorStage } from "../../src/actors/SensorStage.ts"
import { run } from "../../src/actors/ShardProcessor.ts"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import { openLogs, openStores } from "../../src/apps/EmbeddedCity.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { ShardStore } from "../../src/ports/ShardStore.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { signalAll } from "../adapters/postgres/ServerProcesses.ts"
import { atCrashPoint, newData, settingsOf } from "./CityInProcess.ts"

const shard = 7
const start = Date.UTC(2026, 10, 24)

const batch = (sequence: number): Uint8Array => {
  const writer = new BatchWriter()
  writer.add(`s${sequence}`, 0, start + sequence, NaN, sequence, undefined, undefined)
  const [receivedAt, source] = [start + sequence, "test"]
  return writer.take({ receivedAt, source, producer: "test", producerSequence: sequence, districtSetVersion: 1 })
}

/** A processor of one shard; the database is killed inside its commit of that number. */
const processorKilledAt = Effect.fnUntraced(function*(killedCommit: number) {
  const data = yield* newData
  const server = yield* EmbeddedPostgres.make({ folder: data })
  let commits = 0
  const kill = Effect.suspend(() => {
    if (++commits === killedCommit) signalAll(server, "SIGKILL")
    return Effect.void
  })
  const edges = Context.merge(
    yield* openStores(server).pipe(
      Effect.provide(atCrashPoint((point) => point === "inside-commit" ? kill : Effect.void))
    ),
    yield* openLogs(settingsOf(data))
  )
  const local = yield* Layer.build(
    Layer.mergeAll(LocalShards.layer, Epochs.layer, ProcessorMetrics.layer, ProcessorPermits.layer(1))
  )
  const parts = Context.merge(edges, local)
  const log = Context.get(parts, ObservationLog)
  const store = Context.get(parts, ShardStore)
  const entry = Context.get(parts, LocalShards).entry(shard)
  yield* Context.get(parts, Epochs).raised("sensor", [shard], yield* store.acquire("sensor", [shard], "test"))
  const shown: Array<boolean> = []
  const settings = { ...defaultProcessorSettings, commitInterval: Duration.millis(50) }
  const show = (state: unknown) => shown.push(state !== undefined)
  const processor = yield* run({ stage: SensorStage, shard, log, publish: () => Effect.void, entry, settings, show })
    .pipe(Effect.provide(parts), Effect.forkScoped)
  const append = (sequence: number) => log.append([{ shard, payload: batch(sequence) }])
  const until = (condition: () => boolean) => Effect.repeat(Effect.sleep("5 millis"), { until: condition })
  const loaded = Effect.retry(store.load("sensor", shard), { while: () => Effect.as(Effect.sleep("50 millis"), true) })
  return { append, entry, loaded, processor, shown, until }
})

describe("a database that is killed inside a commit and comes back", () => {
  it.live("leaves the shard its state, which is shown all the time and committed whole", () =>
    Effect.gen(function*() {
      const { append, entry, loaded, shown, until } = yield* processorKilledAt(2)
      yield* append(1)
      yield* until(() => entry.committed === 1)

      yield* append(2)
      yield* until(() => entry.committed === 2)

      const stored = yield* loaded
      assert.deepStrictEqual(stored?.datastreams.map(({ sensorId }) => sensorId), ["s1", "s2"])
      assert.strictEqual(entry.restarts, 0)
      assert.deepStrictEqual(shown, [true])
      assert.strictEqual(entry.detail, "ready")
    }).pipe(Effect.scoped))

  it.live("has the whole commit or none of it where the shard moves meanwhile", () =>
    Effect.gen(function*() {
      const { append, entry, loaded, processor, until } = yield* processorKilledAt(2)
      yield* append(1)
      yield* until(() => entry.committed === 1)

      yield* append(2)
      yield* until(() => entry.detail.startsWith("waits for the store"))
      yield* Fiber.interrupt(processor)

      const stored = yield* loaded
      assert.strictEqual(stored?.datastreams.length, stored?.position.sequence)
    }).pipe(Effect.scoped))
})
