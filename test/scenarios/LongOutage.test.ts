/**
 * A store that is away for longer than the duplicate window of the NATS server: the shard has published, cannot commit, and does it all
 * again once the store is back, here or in another process. Nobody hears an event twice.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { CrashPoints } from "../../src/actors/CrashPoints.ts"
import { Epochs } from "../../src/actors/Epochs.ts"
import { LocalShards } from "../../src/actors/LocalShards.ts"
import { ProcessorMetrics } from "../../src/actors/ProcessorMetrics.ts"
import { ProcessorPermits } from "../../src/actors/ProcessorPermits.ts"
import { defaultProcessorSettings } from "../../src/actors/ProcessorSettings.ts"
import { SensorStage } from "../../src/actors/SensorStage.ts"
import { run } from "../../src/actors/ShardProcessor.ts"
import * as EmbeddedPostgres from "../../src/adapters/embedded/EmbeddedPostgres.ts"
import { NatsConnection } from "../../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../../src/adapters/nats/NatsEventLog.ts"
import { openLogs, openStores } from "../../src/apps/EmbeddedCity.ts"
import { type Append, ObservationLog } from "../../src/ports/ShardedLog.ts"
import { ShardStore } from "../../src/ports/ShardStore.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import type { CityEvent } from "../../src/schemas/CityEvent.ts"
import { encodeTick, recordKind } from "../../src/schemas/Records.ts"
import { decodeWindows } from "../../src/schemas/WindowsCodec.ts"
import { untilForgotten } from "../adapters/nats/NatsServers.ts"
import { allEvents } from "../contracts/EventLogContract.ts"
import { connection, natsServer } from "../NatsForTests.ts"
import { newData, settingsOf } from "./CityInProcess.ts"

const shard = 7
const minute = 60_000
const start = Date.UTC(2026, 10, 24)

const batch = (): Uint8Array => {
  const writer = new BatchWriter()
  for (let at = 0; at < 60; at++) writer.add("s", 0, start + at * minute, NaN, 50 + at, "kallio", undefined)
  const [receivedAt, source] = [start + 60 * minute, "test"]
  return writer.take({ receivedAt, source, producer: "test", producerSequence: 1, districtSetVersion: 1 })
}

/** An event of each window that was closed. */
const eventsOf = (records: ReadonlyArray<Append>): ReadonlyArray<CityEvent> =>
  records.filter(({ payload }) => recordKind(payload) === "windows").flatMap(({ payload }) =>
    decodeWindows(payload).windows.map(({ sensorId, start }) => ({
      id: `window:${sensorId}:${start}`,
      type: "window",
      district: "kallio",
      sensor: sensorId,
      time: start,
      source: "/",
      data: null
    }))
  )

/** A log of events as another process has it. */
const eventLog = (server: { readonly url: string }) =>
  Effect.flatMap(connection(server), (own) =>
    Effect.provideService(
      NatsEventLog.make({ limitBytes: 16_777_216, replicas: 1, duplicateWindow: Duration.millis(100) }),
      NatsConnection,
      own
    ))

describe("a store that is away for longer than the server remembers ids", () => {
  it.live("makes no event heard twice: not by the process that goes on, and not by another one", () =>
    Effect.gen(function*() {
      const server = yield* natsServer()
      let isAway = true
      const away = Effect.suspend(() => isAway ? Effect.die(new Error("the store is away")) : Effect.void)
      const data = yield* newData
      const edges = Context.merge(
        yield* Effect.flatMap(EmbeddedPostgres.make({ folder: data }), openStores).pipe(
          Effect.provideService(CrashPoints, (point) => point === "inside-commit" ? away : Effect.void)
        ),
        yield* openLogs(settingsOf(data))
      )
      const local = yield* Layer.build(
        Layer.mergeAll(LocalShards.layer, Epochs.layer, ProcessorMetrics.layer, ProcessorPermits.layer(1))
      )
      yield* Effect.gen(function*() {
        const log = yield* ObservationLog
        const store = yield* ShardStore
        const entry = (yield* LocalShards).entry(shard)
        yield* (yield* Epochs).raised("sensor", [shard], yield* store.acquire("sensor", [shard], "test"))
        yield* log.append([{ shard, payload: batch() }, { shard, payload: encodeTick(start + 90 * minute) }])
        const first = yield* eventLog(server)
        let events = first
        const publish = (records: ReadonlyArray<Append>) => events.publish(eventsOf(records))
        const settings = { ...defaultProcessorSettings, commitInterval: Duration.millis(50) }
        const processor = yield* Effect.forkScoped(
          run({ stage: SensorStage, shard, log, publish, entry, settings, show: () => undefined })
        )
        const restarted = (times: number) =>
          Effect.repeat(Effect.sleep("10 millis"), { until: () => entry.restarts >= times })

        yield* restarted(1)
        yield* untilForgotten(yield* connection(server), "vicinity.events.model.@none")
        yield* restarted(entry.restarts + 2)
        events = yield* eventLog(server)
        yield* restarted(entry.restarts + 1)
        isAway = false
        yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => entry.committed === 2 })
        yield* Fiber.interrupt(processor)

        const heard = (yield* allEvents(first)).filter(({ type }) => type === "window").map(({ id }) => id)
        assert.isAtLeast(heard.length, 10)
        assert.strictEqual(new Set(heard).size, heard.length)
        assert.strictEqual((yield* store.load("sensor", shard))?.position.sequence, 2)
      }).pipe(Effect.provide(Context.merge(edges, local)))
    }))
})
