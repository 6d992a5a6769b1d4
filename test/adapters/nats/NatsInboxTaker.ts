/**
 * A program to be killed: `NatsInboxTaker.ts URL`. An ingest process: takes what is in INBOX through the door into the logs, all on that
 * server, and prints a line when it begins.
 */
import { Duration, Effect, Layer, Redacted } from "effect"
import * as NatsConnection from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsInbox from "../../../src/adapters/nats/NatsInbox.ts"
import * as NatsRejectedLog from "../../../src/adapters/nats/NatsRejectedLog.ts"
import * as NatsShardedLog from "../../../src/adapters/nats/NatsShardedLog.ts"
import * as BatchingDoor from "../../../src/ingest/BatchingDoor.ts"
import { takeDeliveries } from "../../../src/ingest/Deliveries.ts"

const MiB = 1024 * 1024

/** What one that was killed had comes again soon. */
export const inboxOptions = { replicas: 1, limitBytes: 64 * MiB, answerWithin: Duration.seconds(2) }

/** OBSERVATIONS and REJECTED on a server. */
export const logsOn = (url: string) =>
  Layer.mergeAll(
    NatsShardedLog.observationLogLayer({ consumers: ["sensor"], limitBytes: 61 * 4 * MiB, minRetainedBytes: 0 }),
    NatsRejectedLog.layer({ replicas: 1 })
  ).pipe(Layer.provideMerge(NatsConnection.layer({ url: Redacted.make(url), name: "taker" })))

const taking = (url: string) =>
  Effect.gen(function*() {
    const inbox = yield* NatsInbox.make(inboxOptions)
    yield* Effect.sync(() => process.stdout.write("taking\n"))
    return yield* takeDeliveries(inbox)
  }).pipe(Effect.provide(Layer.provideMerge(BatchingDoor.layer(), logsOn(url))))

if (import.meta.main) await Effect.runPromise(taking(process.argv[2] ?? ""))
