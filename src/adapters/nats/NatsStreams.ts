/**
 * Makes a stream, or checks the one that is there. Promise: what is used afterwards is what was wanted, because the configuration is
 * read back and compared field by field: what the server ignored (an older one), what somebody changed and what another program made
 * under this name are refused with a sentence. Limits that may change safely (size, replicas, duplicate window) are changed. Nothing is
 * ever deleted, and nothing about a server's abilities is taken from its version.
 */
import { JetStreamApiCodes, JetStreamApiError, type StreamConfig, type StreamInfo } from "@nats-io/jetstream"
import { errors } from "@nats-io/transport-node"
import { Duration, Effect, Schedule } from "effect"
import { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import { NatsRefused } from "./NatsRefused.ts"

export interface StreamWanted {
  readonly name: string
  /** For people, and part of what is compared. */
  readonly description: string
  readonly subjects: ReadonlyArray<string>
  /** `workqueue`: what was acknowledged is removed. Default `limits`: it stays. */
  readonly retention?: "limits" | "workqueue" | undefined
  /** At the limit: refuse new ones, or remove the oldest. */
  readonly discard: "new" | "old"
  /** The server sets so much of its disk aside. */
  readonly limitBytes: number
  readonly replicas: number
  readonly duplicateWindow: Duration.Duration
  /** Nobody can take single messages out, for good: a hole would stop who needs every one. Default: not asked about. */
  readonly deniesDelete?: boolean | undefined
}

const subjectsPrefix = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

/** Of all subjects: what stands before `.obs.7`. */
export const checkedPrefix = (prefix: string): Effect.Effect<string, NatsRefused> =>
  subjectsPrefix.test(prefix)
    ? Effect.succeed(prefix)
    : Effect.fail(
      new NatsRefused({
        reason: "impossible",
        detail: `${
          JSON.stringify(prefix)
        } cannot begin subjects: letters, digits, - and _, parts separated by single dots`
      })
    )

/** The stream as it is, once it is as it was wanted. */
export const ensureStream = Effect.fnUntraced(function*(
  connection: NatsConnection["Service"],
  wanted: StreamWanted
): Effect.fn.Return<StreamInfo, NatsRefused | LogUnavailable> {
  const { streams } = connection.manager
  const found = yield* streamInfo(connection, wanted.name)
  if (found === undefined) {
    // Another process may make it just now (then its name is taken, or its subjects), or has wanted something else: what is read
    // back decides.
    yield* request(`making stream ${wanted.name}`, () => streams.add(configuration(wanted))).pipe(
      Effect.catchIf(
        isAnswer,
        (error) =>
          Effect.flatMap(
            streamInfo(connection, wanted.name),
            (info) => info === undefined ? impossible(wanted)(error) : Effect.void
          )
      )
    )
    return yield* compared(yield* readBack(connection, wanted), wanted)
  }
  yield* compared(found, { ...wanted, ...limitsOf(found.config) })
  if (differences(found.config, wanted).length === 0) return found
  yield* request(`changing the limits of stream ${wanted.name}`, () => streams.update(wanted.name, changeable(wanted)))
    .pipe(
      Effect.catchIf(isAnswer, impossible(wanted))
    )
  return yield* compared(yield* readBack(connection, wanted), wanted)
})

/** `undefined` where there is none. */
export const streamInfo = (
  { manager }: NatsConnection["Service"],
  name: string
): Effect.Effect<StreamInfo | undefined, LogUnavailable> =>
  request(`looking at stream ${name}`, () => manager.streams.info(name)).pipe(
    // While one is being made, nats-server 2.9 tells of it already and does not know yet since when it is.
    Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: ({ created }) => !created.startsWith("0001-") }),
    Effect.catchIf(isCode(JetStreamApiCodes.StreamNotFound), () => Effect.succeed(undefined))
  )

/** A request to JetStream; one that finds nobody to answer it (a leader is being elected) is asked again for a while. */
export const request = <A>(what: string, ask: () => Promise<A>): Effect.Effect<A, LogUnavailable> =>
  Effect.tryPromise({
    try: ask,
    catch: (cause) =>
      new LogUnavailable({
        operation: "open",
        detail: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause
      })
  }).pipe(
    Effect.retry({
      while: ({ cause }) => isPassing(cause),
      schedule: Schedule.upTo(Schedule.spaced("250 millis"), { duration: "10 seconds" })
    })
  )

/** "JetStream system temporarily unavailable" */
const temporarilyUnavailable = 10_008

const isPassing = (cause: unknown): boolean =>
  cause instanceof errors.TimeoutError
  || (cause instanceof JetStreamApiError && cause.code === temporarilyUnavailable)
  || cause instanceof errors.RequestError
  // Nobody listens to the request.
  || (cause instanceof Error && cause.name === "JetStreamNotEnabled")

const isCode = (code: number) => ({ cause }: LogUnavailable): boolean =>
  cause instanceof JetStreamApiError && cause.code === code

const isAnswer = ({ cause }: LogUnavailable): boolean => cause instanceof JetStreamApiError && !isPassing(cause)

/** The server has answered, and does not want to. */
const impossible = ({ limitBytes, name, replicas }: StreamWanted) => ({ cause }: LogUnavailable) =>
  Effect.fail(
    new NatsRefused({
      reason: "impossible",
      detail: `stream ${name} cannot have ${limitBytes} bytes on ${replicas} of the NATS servers: `
        + `${
          cause instanceof Error ? cause.message : cause
        }. A server sets aside what all its streams may take: lower the limit `
        + "of the log, or give JetStream more (max_file_store, or the limits of the account)",
      cause
    })
  )

const readBack = (connection: NatsConnection["Service"], { name }: StreamWanted) =>
  Effect.flatMap(streamInfo(connection, name), (info) =>
    info === undefined
      ? Effect.fail(new LogUnavailable({ operation: "open", detail: `stream ${name} is gone again` }))
      : Effect.succeed(info))

const nanos = (duration: Duration.Duration): number => Duration.toMillis(duration) * 1e6

const changeable = (wanted: StreamWanted) => ({
  max_bytes: wanted.limitBytes,
  num_replicas: wanted.replicas,
  duplicate_window: nanos(wanted.duplicateWindow)
})

const limitsOf = (config: StreamConfig) => ({
  limitBytes: config.max_bytes,
  replicas: config.num_replicas,
  duplicateWindow: Duration.millis(config.duplicate_window / 1e6)
})

const configuration = (wanted: StreamWanted) => ({
  ...changeable(wanted),
  name: wanted.name,
  description: wanted.description,
  subjects: [...wanted.subjects],
  retention: wanted.retention ?? ("limits" as const),
  storage: "file" as const,
  discard: wanted.discard,
  max_age: 0,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  no_ack: false,
  sealed: false,
  ...(wanted.deniesDelete === true ? { deny_delete: true } : {})
})

interface Difference {
  readonly field: string
  readonly wanted: string
  readonly found: string
}

/** What a server leaves out where it is so. */
const neverSaid = { no_ack: false, sealed: false, max_age: 0 }

/** Fields that a stream may carry and that would make it something else: copies, transformations, acknowledgement before the store. */
const foreign: ReadonlyArray<keyof StreamConfig> = ["mirror", "sources", "subject_transform", "republish"]

const differences = (config: StreamConfig, wanted: StreamWanted): ReadonlyArray<Difference> => {
  const found: Readonly<Record<string, unknown>> = { ...neverSaid, ...config }
  const all: Array<Difference> = []
  for (const [field, value] of Object.entries(configuration(wanted))) {
    const text = JSON.stringify(value)
    const other = JSON.stringify(found[field])
    if (text !== other) all.push({ field, wanted: text, found: other ?? "nothing" })
  }
  for (const field of foreign) {
    if (found[field] !== undefined) all.push({ field, wanted: "nothing", found: JSON.stringify(found[field]) })
  }
  if (config.persist_mode === "async") {
    all.push({ field: "persist_mode", wanted: '"default"', found: '"async" (acknowledged before it is stored)' })
  }
  return all
}

const compared = (info: StreamInfo, wanted: StreamWanted): Effect.Effect<StreamInfo, NatsRefused> => {
  const [first] = differences(info.config, wanted)
  return first === undefined ? Effect.succeed(info) : Effect.fail(
    new NatsRefused({
      reason: "other-stream",
      detail:
        `stream ${wanted.name} has ${first.field} ${first.found}, ${first.wanted} is wanted: if it is Vicinity's, set it back `
        + `(nats stream edit ${wanted.name}); if it is another program's, choose another prefix (VICINITY_NATS_PREFIX)`
    })
  )
}
