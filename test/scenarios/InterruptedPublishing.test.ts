/**
 * A shard that moves or drains while it publishes: what was not acknowledged is nowhere else, so its position must not be
 * committed as if it were; and a log that cannot take anything does not keep the process from ending.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { Epochs } from "../../src/actors/Epochs.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { ProcessorMetrics } from "../../src/actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../../src/actors/ProcessorPermits.ts"
import { defaultProcessorSettings } from "../../src/actors/ProcessorSettings.ts"
import { SensorStage } from "../../src/actors/SensorStage.ts"
import { run } from "../../src/actors/ShardProcessor.ts"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import { openLogs, openStores } from "../../src/apps/EmbeddedCity.ts"
import { type Append, ObservationLog } from "../../src/ports/ShardedLog.ts"
import { ShardStore } from "../../src/ports/ShardStore.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { encodeTick, recordKind } from "../../src/schemas/Records.ts"
import { atCrashPoint, newData, settingsOf } from "./CityInProcess.ts"

const shard = 7
const minute = 60_000
const start = Date.UTC(2026, 10, 24)

const batch = (sequence: number): Uint8Array => {
  const writer = new BatchWriter()
  for (let at = 0; at < 30; at++) writer.add("s", 0, start + at * minute, NaN, 50 + at, "kallio", undefined)
  const [receivedAt, source] = [start + 30 * minute, "test"]
  return writer.take({ receivedAt, source, producer: "test", producerSequence: sequence, districtSetVersion: 1 })
}

/** Longer than what comes in time here, and short for what never comes. */
const patience = { publishPatience: Duration.seconds(1), storePatience: Duration.seconds(3) }

/** Where the shard stands after it was interrupted while it published records of a kind, and what those waited for came. */
const interruptedAt = (
  kind: "partials" | "windows",
  acknowledged: Effect.Effect<void>,
  insideCommit: Effect.Effect<void> = Effect.void
) =>
  Effect.gen(function*() {
    const data = yield* newData
    const edges = Context.merge(
      yield* Effect.flatMap(EmbeddedPostgres.make({ folder: data }), openStores).pipe(
        Effect.provide(atCrashPoint((point) => point === "inside-commit" ? insideCommit : Effect.void))
      ),
      yield* openLogs(settingsOf(data))
    )
    const local = yield* Layer.build(
      Layer.mergeAll(LocalShards.layer, Epochs.layer, ProcessorMetrics.layer, ProcessorPermits.layer(1))
    )
    return yield* Effect.gen(function*() {
      const log = yield* ObservationLog
      const store = yield* ShardStore
      const entry = (yield* LocalShards).entry(shard)
      yield* (yield* Epochs).raised("sensor", [shard], yield* store.acquire("sensor", [shard], "test"))
      yield* log.append([{ shard, payload: batch(1) }, { shard, payload: encodeTick(start + 30 * minute) }])
      const begun = yield* Deferred.make<void>()
      const publish = (records: ReadonlyArray<Append>) => {
        const isIt = records.some(({ payload }) => recordKind(payload) === kind)
        return isIt ? Effect.andThen(Deferred.succeed(begun, undefined), acknowledged) : Effect.void
      }
      const settings = { ...defaultProcessorSettings, commitInterval: Duration.millis(50), ...patience }
      const processor = yield* Effect.forkScoped(
        run({ stage: SensorStage, shard, log, publish, entry, settings, show: () => undefined })
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(processor)
      return yield* store.load("sensor", shard)
    }).pipe(Effect.provide(Context.merge(edges, local)))
  }).pipe(Effect.scoped)

describe("a processor that is interrupted while it publishes", () => {
  it.live.each(["partials", "windows"] as const)(
    "does not commit as if its %s were there, and ends",
    (kind) =>
      Effect.gen(function*() {
        const snapshot = yield* interruptedAt(kind, Effect.never)

        assert.isUndefined(snapshot)
      })
  )

  it.live("is not kept by a store that never answers", () =>
    Effect.gen(function*() {
      const snapshot = yield* interruptedAt("windows", Effect.void, Effect.never)

      assert.isUndefined(snapshot)
    }))

  it.live.each(["partials", "windows"] as const)(
    "commits once more when its %s are acknowledged a moment later",
    (kind) =>
      Effect.gen(function*() {
        const snapshot = yield* interruptedAt(kind, Effect.sleep("200 millis"))

        assert.strictEqual(snapshot?.position.sequence, 2)
      })
  )
})
