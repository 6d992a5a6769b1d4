/**
 * Appends what replays have made, keeps what they refuse, and writes their checkpoints after the appends they cover. One append is under
 * way while the next is being made. Not more: were a later append to succeed after an earlier one has failed, the earlier batches sent
 * again would be taken for repeats and be lost. A full log makes it wait.
 */
import { Clock, Duration, Effect, Fiber, type FileSystem, type Path } from "effect"
import type { RejectedLog, RejectedLogUnavailable } from "../ports/RejectedLog.ts"
import { type Append, type LogUnavailable, ObservationLog } from "../ports/ShardedLog.ts"
import * as DoorMetrics from "./DoorMetrics.ts"
import type { OpenReplay } from "./OpenReplay.ts"
import { type CheckpointUnavailable, type ReplayState, writeCheckpoint } from "./ReplayCheckpoint.ts"
import { keepRejected } from "./ReplayRejections.ts"
import type { BadValue } from "./ReplayStep.ts"

/** Records of one append. */
export const appendRecordsDefault = 4096

export interface SenderOptions {
  /** Where the checkpoints are kept, e.g. `<data>/replay`. */
  readonly checkpointFolder: string
  /** At most this often; one second unless set. */
  readonly checkpointEvery?: Duration.Duration
  /** Records of one append, for who calls `send`; 4096 unless set. */
  readonly appendRecords?: number
  /** Told after each acknowledged append, and when the log is full. */
  readonly onProgress?: (progress: ReplayProgress) => Effect.Effect<void>
}

/** Of all recordings that are replayed together. */
export interface ReplayProgress {
  /** Values sent, refused or missing, of `total` (an estimate for a matrix until the end). */
  readonly done: number
  readonly total: number
  /** Observations the log has acknowledged, and values refused. */
  readonly observations: number
  readonly rejected: number
  /** Epoch milliseconds. */
  readonly eventTime: number
  /** The log is full and the replay waits for its consumers. */
  readonly isWaiting: boolean
}

/** Of one replay: what it refused since the last send, and where it stands. */
export interface Sent {
  readonly replay: Pick<OpenReplay, "batches" | "values"> & { readonly mapping: { readonly name: string } }
  readonly bad: ReadonlyArray<BadValue>
  readonly state: ReplayState
}

type Needs = ObservationLog | RejectedLog | FileSystem.FileSystem | Path.Path
type SendError = LogUnavailable | RejectedLogUnavailable | CheckpointUnavailable

export const makeSender = Effect.fnUntraced(function*(options: SenderOptions, start: ReadonlyArray<ReplayState>) {
  const log = yield* ObservationLog
  const clock = yield* Clock.Clock
  const metrics = DoorMetrics.make(yield* Effect.context<never>())
  const everyMillis = Duration.toMillis(options.checkpointEvery ?? Duration.seconds(1))
  let underWay: Fiber.Fiber<void, SendError> | undefined = undefined
  let checkpointAt = clock.currentTimeMillisUnsafe()
  let acknowledged = start
  let values = 0

  const tell = (states: ReadonlyArray<ReplayState>, isWaiting: boolean): Effect.Effect<void> => {
    if (options.onProgress === undefined) return Effect.void
    const sum = (of: (state: ReplayState) => number): number => states.reduce((total, state) => total + of(state), 0)
    const [observations, rejected] = [sum((state) => state.observations), sum((state) => state.rejected)]
    const done = observations + rejected + sum((state) => state.missing)
    return options.onProgress({
      done,
      total: states.every(({ finished }) => finished) ? done : Math.max(values, done),
      observations,
      rejected,
      eventTime: states.reduce((latest, { eventTime }) => Math.max(latest, eventTime), 0),
      isWaiting
    })
  }

  const append = Effect.fnUntraced(function*(
    records: ReadonlyArray<Append>
  ): Effect.fn.Return<void, LogUnavailable> {
    let isWritten = records.length === 0
    while (!isWritten) {
      isWritten = yield* log.append(records).pipe(
        Effect.as(true),
        Effect.catchTag("LogFull", (full) =>
          tell(acknowledged, true).pipe(
            Effect.andThen(Effect.sleep(Duration.millis(Math.max(1, full.retryAfterMillis)))),
            Effect.as(false)
          ))
      )
    }
  })

  const deliver = Effect.fnUntraced(function*(
    records: ReadonlyArray<Append>,
    sent: ReadonlyArray<Sent>
  ): Effect.fn.Return<void, SendError, Needs> {
    for (const { bad, replay } of sent) yield* keepRejected(replay.batches, bad)
    yield* append(records)
    const states = sent.map(({ state }) => state)
    for (const [i, state] of states.entries()) {
      metrics.offered(state.observations - (acknowledged[i]?.observations ?? 0), [])
    }
    acknowledged = states
    const now = clock.currentTimeMillisUnsafe()
    if (states.every(({ finished }) => finished) || now - checkpointAt >= everyMillis) {
      checkpointAt = now
      for (const { replay, state } of sent) {
        yield* writeCheckpoint(options.checkpointFolder, replay.mapping.name, state)
      }
    }
    yield* tell(states, false)
  })

  const settled = Effect.suspend(() => underWay === undefined ? Effect.void : Fiber.join(underWay))
  return {
    /** Waits for the append before it, then starts this one. */
    send: Effect.fnUntraced(function*(
      records: ReadonlyArray<Append>,
      sent: ReadonlyArray<Sent>
    ): Effect.fn.Return<void, SendError, Needs> {
      yield* settled
      values = sent.reduce((sum, { replay }) => sum + replay.values, 0)
      underWay = yield* Effect.forkChild(deliver(records, sent), { startImmediately: true })
    }),
    settled
  }
})
