/**
 * INBOX: a JetStream stream into which anyone publishes observations, as a `Source` that any number of processes share. Keeps the
 * promises of `ports/Source.ts`: a message is removed from the stream when it is done, and comes again, to whichever process, where
 * one died with it. At its limit the stream refuses new messages, so that its publishers hear of it.
 */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JsMsg } from "@nats-io/jetstream"
import { Duration, Effect, Semaphore } from "effect"
import type { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { Delivery, Settled, Source } from "../../ports/Source.ts"
import { defaultPrefix, inboxSubjects, streamOf } from "../../schemas/Subjects.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { NatsPull } from "./NatsPull.ts"
import { NatsRefused } from "./NatsRefused.ts"
import { checkedPrefix, ensureStream, request } from "./NatsStreams.ts"

export interface NatsInboxOptions {
  /** What subjects begin with; default `vicinity`. */
  readonly prefix?: string | undefined
  /** Of what is not taken yet; default 1 GiB. */
  readonly limitBytes?: number | undefined
  readonly replicas: number
  /** After how long without an answer a message comes again; default 30 s. */
  readonly answerWithin?: Duration.Duration | undefined
}

const GiB = 1024 * 1024 * 1024
/** For publishers that send again what they have not heard of. */
const duplicateWindow = Duration.minutes(2)
const consumerName = "ingest"
/** Messages that a process works on at once; as many again are read ahead. */
const inFlightMax = 128
/** Of all processes together: what is with them or is to come again later. */
const unsettledMax = 4_096
const retry = Duration.seconds(1)
/** How long messages that are being taken may take when the process stops. */
const drainTimeout = Duration.seconds(10)

export const make = Effect.fnUntraced(function*(
  options: NatsInboxOptions
): Effect.fn.Return<Source, LogUnavailable | NatsRefused, NatsConnection> {
  const connection = yield* NatsConnection
  const prefix = yield* checkedPrefix(options.prefix ?? defaultPrefix)
  const stream = streamOf(prefix, "INBOX")
  const answerWithin = options.answerWithin ?? Duration.seconds(30)
  const { created } = yield* ensureStream(connection, {
    name: stream,
    description: "Vicinity: observations that anyone may send",
    subjects: [inboxSubjects(prefix)],
    retention: "workqueue",
    discard: "new",
    limitBytes: options.limitBytes ?? GiB,
    replicas: options.replicas,
    duplicateWindow
  })
  yield* ensureConsumer(connection, stream, answerWithin)

  const deliveryOf = (message: JsMsg): Delivery => ({
    id: `${stream}@${created}:${message.seq}`,
    bytes: message.data,
    heldSince: Number(message.timestampNanos / 1_000_000n),
    contentType: contentTypeOf(message)
  })

  const deliver = <R>(
    take: (delivery: Delivery) => Effect.Effect<Settled, never, R>
  ): Effect.Effect<never, never, R> => {
    const once = Effect.gen(function*() {
      yield* ensureConsumer(connection, stream, answerWithin)
      const working = yield* Semaphore.make(inFlightMax)
      const messages = yield* opened(connection, stream)
      yield* Effect.addFinalizer(() => drained(working))
      const pull = yield* Effect.acquireRelease(
        Effect.sync(() => new NatsPull(messages)),
        (pull) => Effect.promise(() => pull.giveBack())
      )
      while (true) {
        const message = yield* pull.next
        // Started in the same step in which it was taken from what is given back.
        yield* Effect.uninterruptibleMask((restore) =>
          restore(working.take(1)).pipe(
            Effect.onInterrupt(() => Effect.sync(() => message.nak())),
            Effect.andThen(Effect.forkDetach(
              Effect.flatMap(take(deliveryOf(message)), (settled) => Effect.sync(() => settle(message, settled))).pipe(
                Effect.ensuring(working.release(1))
              )
            ))
          )
        )
      }
    })
    return Effect.scoped(once).pipe(
      Effect.catch((failure) =>
        Effect.andThen(Effect.logWarning(`INBOX stands still: ${failure.message}`), Effect.sleep(retry))
      ),
      Effect.forever
    )
  }
  return { name: "nats", deliver }
})

const settle = (message: JsMsg, settled: Settled): void => {
  try {
    if (settled._tag === "Done") message.ack()
    else message.nak(settled.afterMillis)
  } catch {
    // The connection is closed: the server gives it again by itself.
  }
}

const contentTypeOf = ({ headers }: JsMsg): string | undefined => {
  const [key] = headers?.keys().filter((name) => name.toLowerCase() === "content-type") ?? []
  return key === undefined ? undefined : headers?.get(key)
}

/** Until everything that was begun is settled, for a while. */
const drained = (working: Semaphore.Semaphore): Effect.Effect<void> =>
  Effect.asVoid(Effect.timeoutOption(working.take(inFlightMax), drainTimeout))

const opened = (connection: NatsConnection["Service"], stream: string) =>
  request(`reading stream ${stream}`, async () => {
    const consumer = await connection.manager.jetstream().consumers.get(stream, consumerName)
    return consumer.consume({
      max_messages: inFlightMax,
      idle_heartbeat: 1_000,
      expires: 5_000,
      abort_on_missing_resource: true
    })
  })

const wantedConsumer = (answerWithin: Duration.Duration) =>
  ({
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: Duration.toMillis(answerWithin) * 1e6,
    max_ack_pending: unsettledMax,
    max_deliver: -1
  }) satisfies Partial<ConsumerConfig>

/** Made by whoever comes first; limits that were set otherwise are set back. */
const ensureConsumer = Effect.fnUntraced(function*(
  { manager }: NatsConnection["Service"],
  stream: string,
  answerWithin: Duration.Duration
) {
  const wanted = wantedConsumer(answerWithin)
  const { ack_wait, max_ack_pending } = wanted
  const found = yield* request(`looking at the consumer of ${stream}`, async () => {
    for await (const { config } of manager.consumers.list(stream)) {
      if (config.durable_name === consumerName) return config
    }
    return undefined
  })
  if (found === undefined) {
    yield* request(`making the consumer of ${stream}`, () => manager.consumers.add(stream, wanted))
    return
  }
  if (
    found.ack_policy !== wanted.ack_policy || found.deliver_subject !== undefined || (found.max_deliver ?? -1) !== -1
  ) {
    const detail =
      `consumer ${consumerName} of stream ${stream} does not wait for every message to be acknowledged, however `
      + `often it comes: somebody else has made it; delete it (nats consumer rm ${stream} ${consumerName}) and start again`
    return yield* new NatsRefused({ reason: "other-stream", detail })
  }
  if (found.ack_wait === ack_wait && found.max_ack_pending === max_ack_pending) return
  yield* request(
    `changing the consumer of ${stream}`,
    () => manager.consumers.update(stream, consumerName, { ack_wait, max_ack_pending })
  )
})
