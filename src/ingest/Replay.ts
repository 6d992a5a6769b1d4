/**
 * Replays recorded data into the observation log, in the order of event time, as a live source would have sent them then.
 *
 * Promises: every speed writes the same records to each shard, byte for byte, because steps and batches depend on the data
 * alone and `receivedAt` and ticks are event time. A replay that was interrupted goes on where the log has acknowledged it;
 * what it repeats carries the same producer and sequence and is dropped. One that was finished does nothing. A full log makes
 * it wait. Values that cannot be kept go to REJECTED with file and line. Memory: one append under way and one being made.
 */
import { Clock, Duration, Effect, Fiber, type FileSystem, type Path, Stream } from "effect"
import { rawBytesMax, RejectedLog, type RejectedLogUnavailable, type Rejection } from "../ports/RejectedLog.ts"
import { type Append, type LogUnavailable, ObservationLog } from "../ports/ShardedLog.ts"
import * as DoorMetrics from "./DoorMetrics.ts"
import { longTable } from "./LongTable.ts"
import { matrixTable } from "./MatrixTable.ts"
import { Placement } from "./Placement.ts"
import { ReplayBatches, tickSecondsDefault } from "./ReplayBatches.ts"
import {
  type CheckpointUnavailable,
  readCheckpoint,
  type ReplayState,
  startState,
  writeCheckpoint
} from "./ReplayCheckpoint.ts"
import { replayFingerprint } from "./ReplayFingerprint.ts"
import type { ReplayMapping } from "./ReplayMapping.ts"
import type { BadValue, ReplayDataInvalid, ReplayStep } from "./ReplayStep.ts"
import { sensorPlaces } from "./SensorPlaces.ts"

export interface ReplayOptions {
  /** Folder of the data. */
  readonly folder: string
  readonly mapping: ReplayMapping
  /** How many times faster than it was, above 0; `max` as fast as the log takes it. */
  readonly speed: number | "max"
  /** Where the checkpoint is kept, e.g. `<data>/replay`. */
  readonly checkpointFolder: string
  /** At most this often; one second unless set. */
  readonly checkpointEvery?: Duration.Duration
  /** Records of one append; 4096 unless set. */
  readonly appendRecords?: number
  /** Told after each acknowledged append, and when the log is full. */
  readonly onProgress?: (progress: ReplayProgress) => Effect.Effect<void>
}

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

export interface ReplaySummary {
  /** Of the whole recording, whichever run sent them. */
  readonly observations: number
  readonly rejected: number
  readonly missing: number
  readonly steps: number
  /** First step this run sent: above 0 where it went on with an earlier one. */
  readonly fromStep: number
  /** Nothing was left to send. */
  readonly wasFinished: boolean
}

export type ReplayError = ReplayDataInvalid | LogUnavailable | RejectedLogUnavailable | CheckpointUnavailable
type Needs = ObservationLog | RejectedLog | FileSystem.FileSystem | Path.Path

const appendRecordsDefault = 4096
const rejectionsAtOnce = 1000

export const run = Effect.fn("Replay.run")(function*(
  options: ReplayOptions
): Effect.fn.Return<ReplaySummary, ReplayError, Needs> {
  const { checkpointFolder, folder, mapping } = options
  const log = yield* ObservationLog
  const { fingerprint, matrixValues } = yield* replayFingerprint(folder, mapping)
  const start = yield* readCheckpoint(checkpointFolder, mapping.name, fingerprint, log.identity.id)
  if (start.finished) return summary(start, start.nextStep, true)

  const { bad: badPlaces, places } = yield* sensorPlaces(folder, mapping)
  const placement = yield* Placement
  const tickMillis = 1000 * (mapping.tickSeconds ?? tickSecondsDefault)
  const batches = new ReplayBatches({ name: mapping.name, fingerprint, tickMillis, placement, places }, start)
  const keepBad = recorder(batches)
  const isFresh = start.nextStep === 0
  const state = { ...(isFresh ? startState(fingerprint, log.identity.id) : start) }
  // Bad places and, in a long table, bad rows are found before the first step, so a resumed replay has kept them already.
  const keepEarly = (bad: ReadonlyArray<BadValue>) => {
    if (!isFresh) return Effect.void
    state.rejected += bad.length
    return keepBad(bad)
  }
  yield* keepEarly(badPlaces)
  const table = mapping.shape === "matrix"
    ? yield* matrixTable(folder, mapping, matrixValues)
    : yield* longTable(folder, mapping, keepEarly)
  if (isFresh) state.missing += table.missing

  const sender = yield* makeSender(options, table.values, state, keepBad)
  const pace = yield* makePace(options.speed)
  let step = 0
  let bad: Array<BadValue> = []
  const send = Effect.suspend(() => {
    const badNow = bad
    bad = []
    return sender.send(batches.take(), badNow, { ...state, ...batches.state() })
  })
  const addStep = (next: ReplayStep): void => {
    if (state.nextStep === 0) batches.describe(next.receivedAt)
    batches.addStep(next)
    for (const value of next.bad) bad.push(value)
    state.nextStep = step
    state.eventTime = next.receivedAt
    state.observations += next.observations.length
    state.rejected += next.bad.length
    state.missing += next.missing
  }
  yield* Stream.runForEach(
    table.steps,
    Effect.fnUntraced(function*(next) {
      if (++step <= start.nextStep) return
      const waitMillis = pace(next.receivedAt)
      if (waitMillis > 0) {
        if (batches.pending > 0) yield* send
        yield* Effect.sleep(Duration.millis(waitMillis))
      }
      addStep(next)
      if (batches.pending >= (options.appendRecords ?? appendRecordsDefault)) yield* send
    })
  )
  if (state.nextStep > 0) batches.close(state.eventTime)
  state.finished = true
  yield* send
  yield* sender.settled
  return summary(state, start.nextStep, false)
})

const summary = (state: ReplayState, fromStep: number, wasFinished: boolean): ReplaySummary => ({
  observations: state.observations,
  rejected: state.rejected,
  missing: state.missing,
  steps: state.nextStep,
  fromStep,
  wasFinished
})

/** How long to wait before a step, so that event time passes `speed` times as fast as the clock. */
const makePace = Effect.fnUntraced(function*(speed: number | "max") {
  const clock = yield* Clock.Clock
  if (speed === "max") return () => 0
  let first: { readonly event: number; readonly wall: number } | undefined = undefined
  return (eventTime: number): number => {
    const now = clock.currentTimeMillisUnsafe()
    first ??= { event: eventTime, wall: now }
    return first.wall + (eventTime - first.event) / speed - now
  }
})

/** Keeps bad values in REJECTED, under ids that a repeated replay has too. */
const recorder = (batches: ReplayBatches) =>
  Effect.fnUntraced(function*(
    bad: ReadonlyArray<BadValue>
  ): Effect.fn.Return<void, RejectedLogUnavailable, RejectedLog> {
    const rejectedLog = yield* RejectedLog
    const receivedAt = yield* Clock.currentTimeMillis
    DoorMetrics.make(yield* Effect.context<never>()).offered(0, bad.map((value) => value.refusal))
    for (let from = 0; from < bad.length; from += rejectionsAtOnce) {
      yield* rejectedLog.record(
        bad.slice(from, from + rejectionsAtOnce).map((value) => rejection(batches, value, receivedAt))
      )
    }
  })

const rejection = (batches: ReplayBatches, { column, file, line, raw, refusal }: BadValue, at: number): Rejection => {
  const bytes = new TextEncoder().encode(raw)
  return {
    id: `${batches.producer}:${file}:${line}:${column}`,
    receivedAt: at,
    source: batches.source,
    reason: refusal.reason,
    detail: `${file} line ${line}${column === "" ? "" : ` column ${column}`}: ${refusal.detail}`,
    raw: bytes.length > rawBytesMax ? bytes.slice(0, rawBytesMax) : bytes,
    rawBytes: bytes.length
  }
}

/**
 * One append is under way while the next is being made. Not more: were a later append to succeed after an earlier one has
 * failed, the earlier batches sent again would be taken for repeats and be lost.
 */
const makeSender = Effect.fnUntraced(function*(
  options: ReplayOptions,
  total: number,
  start: ReplayState,
  keepBad: (bad: ReadonlyArray<BadValue>) => Effect.Effect<void, RejectedLogUnavailable, RejectedLog>
) {
  const log = yield* ObservationLog
  const clock = yield* Clock.Clock
  const metrics = DoorMetrics.make(yield* Effect.context<never>())
  const everyMillis = Duration.toMillis(options.checkpointEvery ?? Duration.seconds(1))
  let underWay: Fiber.Fiber<void, ReplayError> | undefined = undefined
  let checkpointAt = clock.currentTimeMillisUnsafe()
  let acknowledged = { ...start }

  const tell = (state: ReplayState, isWaiting: boolean): Effect.Effect<void> => {
    const done = state.observations + state.rejected + state.missing
    const { eventTime, observations, rejected } = state
    return options.onProgress?.({
      done,
      total: state.finished ? done : Math.max(total, done),
      observations,
      rejected,
      eventTime,
      isWaiting
    }) ?? Effect.void
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
    bad: ReadonlyArray<BadValue>,
    state: ReplayState
  ): Effect.fn.Return<void, ReplayError, Needs> {
    yield* keepBad(bad)
    yield* append(records)
    metrics.offered(state.observations - acknowledged.observations, [])
    acknowledged = state
    const now = clock.currentTimeMillisUnsafe()
    if (state.finished || now - checkpointAt >= everyMillis) {
      checkpointAt = now
      yield* writeCheckpoint(options.checkpointFolder, options.mapping.name, state)
    }
    yield* tell(state, false)
  })

  const settled = Effect.suspend(() => underWay === undefined ? Effect.void : Fiber.join(underWay))
  return {
    /** Waits for the append before it, then starts this one. */
    send: Effect.fnUntraced(function*(
      records: ReadonlyArray<Append>,
      bad: ReadonlyArray<BadValue>,
      state: ReplayState
    ): Effect.fn.Return<void, ReplayError, Needs> {
      yield* settled
      underWay = yield* Effect.forkChild(deliver(records, bad, state), { startImmediately: true })
    }),
    settled
  }
})
