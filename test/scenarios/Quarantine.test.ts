/** An observation that makes the stage throw: it is set aside by position, everything beside it counts. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Epochs } from "../../src/actors/Epochs.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { ProcessorMetrics } from "../../src/actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../../src/actors/ProcessorPermits.ts"
import { defaultProcessorSettings } from "../../src/actors/ProcessorSettings.ts"
import { SensorShard, SensorStage } from "../../src/actors/SensorStage.ts"
import { run } from "../../src/actors/ShardProcessor.ts"
import type { Stage } from "../../src/actors/Stage.ts"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import { counted } from "../../src/analytics/DatastreamSlab.ts"
import { openLogs, openStores } from "../../src/apps/EmbeddedCity.ts"
import { type Append, ObservationLog, PartialsLog } from "../../src/ports/ShardedLog.ts"
import { ShardStore } from "../../src/ports/ShardStore.ts"
import { BatchReader } from "../../src/schemas/BatchReader.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { newData, settingsOf } from "./CityInProcess.ts"

const shard = 7
const poison = 66.6

/** The sensor stage with a fault: it throws, half way through a batch, at one result. */
class FaultyShard extends SensorShard {
  override apply(sequence: number, payload: Uint8Array, skip: ReadonlySet<number> | undefined): void {
    const reader = new BatchReader()
    reader.read(payload)
    const index = reader.f64.subarray(reader.resultAt, reader.resultAt + reader.n).indexOf(poison)
    super.apply(sequence, payload, skip)
    if (index < 0 || skip?.has(index) === true) return
    this.applyingIndex = index
    throw new Error("a fault of the stage")
  }
}

const faultyStage: Stage<Append, SensorShard> = {
  ...SensorStage,
  open: (shard, snapshot) => new FaultyShard(shard, snapshot)
}

const batch = (sequence: number, results: ReadonlyArray<number>): Uint8Array => {
  const writer = new BatchWriter()
  const from = Date.UTC(2026, 10, 24) + sequence * 60_000
  for (const [i, result] of results.entries()) writer.add("s", 0, from + 1000 * i, NaN, result, undefined, undefined)
  return writer.take({
    receivedAt: from + 60_000,
    source: "test",
    producer: "test",
    producerSequence: sequence,
    districtSetVersion: 0
  })
}

const scenario = Effect.gen(function*() {
  const data = yield* newData
  const settings = settingsOf(data)
  const edges = Context.merge(
    yield* Effect.flatMap(EmbeddedPostgres.make({ folder: data }), openStores),
    yield* openLogs(settings)
  )
  const local = yield* Layer.build(Layer.mergeAll(
    LocalShards.layer,
    Epochs.layer,
    ProcessorMetrics.layer,
    ProcessorPermits.layer(1)
  ))
  return yield* Effect.gen(function*() {
    const log = yield* ObservationLog
    const store = yield* ShardStore
    const partials = yield* PartialsLog
    const entry = (yield* LocalShards).entry(shard)
    const raised = yield* store.acquire("sensor", [shard], "test")
    yield* (yield* Epochs).raised("sensor", [shard], raised)
    yield* log.append([
      { shard, payload: batch(1, [50, 51]) },
      { shard, payload: batch(2, [52, poison, 53]) },
      { shard, payload: batch(3, [54]) }
    ])
    yield* Effect.forkScoped(run({
      stage: faultyStage,
      shard,
      log,
      publish: partials.append,
      entry,
      settings: defaultProcessorSettings,
      show: (state) => {
        entry.sensors = state
      }
    }))
    while (entry.applied < 3 || entry.state !== "ready") yield* Effect.sleep("10 millis")
    const quarantined = yield* store.quarantined("sensor", shard)
    return { entry, state: entry.sensors, quarantined }
  }).pipe(Effect.provide(Context.merge(edges, local)))
}).pipe(Effect.scoped)

describe("an observation that makes the stage throw", () => {
  it.live("is quarantined after the second time, by position, and all others are counted", () =>
    Effect.gen(function*() {
      const { entry, quarantined, state } = yield* scenario

      assert.deepStrictEqual(quarantined, [{ sequence: 2, index: 1 }])
      assert.strictEqual(entry.restarts, 2)
      assert.strictEqual(state?.totals.quarantined, 1)
      assert.strictEqual(state?.streams.slab.record(0)[counted], 5)
    }))
})
