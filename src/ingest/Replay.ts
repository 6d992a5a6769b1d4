/**
 * Replays recorded data into the observation log, in the order of event time, as a live source would have sent them then; one recording
 * or several, which are merged by event time and share their ticks.
 *
 * Promises: every speed writes the same records to each shard, byte for byte, because steps and batches depend on the data
 * alone and `receivedAt` and ticks are event time. Time never passes what is still to come of any of them. A replay that was interrupted
 * goes on where the log has acknowledged it; what it repeats carries the same producer and sequence and is dropped. One that was
 * finished does nothing. A full log makes it wait. Values that cannot be kept go to REJECTED with file and line. Memory: one append under
 * way and one being made. Two calls at once would close each other's windows: what belongs together is one call.
 */
import { Clock, Duration, Effect, type FileSystem, type Path, type Scope } from "effect"
import type { RejectedLog, RejectedLogUnavailable } from "../ports/RejectedLog.ts"
import { type LogUnavailable, ObservationLog } from "../ports/ShardedLog.ts"
import { findReplay, type FoundReplay, type OpenReplay, openReplay, type Recording } from "./OpenReplay.ts"
import type { CheckpointUnavailable, ReplayState } from "./ReplayCheckpoint.ts"
import { makePace } from "./ReplayPace.ts"
import { ReplayRecords, tickSecondsDefault } from "./ReplayRecords.ts"
import { appendRecordsDefault, makeSender, type SenderOptions } from "./ReplaySender.ts"
import { ReplayDataInvalid } from "./ReplayStep.ts"

export type { Recording } from "./OpenReplay.ts"
export type { ReplayProgress } from "./ReplaySender.ts"

export interface ReplaySettings extends SenderOptions {
  /** How many times faster than it was, above 0; `max` as fast as the log takes it. */
  readonly speed: number | "max"
  /**
   * Whether the end closes every window, by a tick a day later: true unless set. Where others go on sending, that tick would make their
   * observations late; their own ticks close the windows then.
   */
  readonly closeWindows?: boolean
}

export interface ReplayOptions extends Recording, ReplaySettings {}

export interface ReplaySummary {
  readonly name: string
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

/** Replays one recording. */
export const run = Effect.fn("Replay.run")(function*(
  options: ReplayOptions
): Effect.fn.Return<ReplaySummary, ReplayError, Needs> {
  const [summary] = yield* runTogether([options], options)
  return summary as ReplaySummary
})

/** Replays several recordings in one order of event time; summaries in the order of the recordings. */
export const runTogether = Effect.fn("Replay.runTogether")(function*(
  recordings: ReadonlyArray<Recording>,
  settings: ReplaySettings
): Effect.fn.Return<ReadonlyArray<ReplaySummary>, ReplayError, Needs> {
  yield* refuseSameNames(recordings)
  const log = yield* ObservationLog
  const found = yield* Effect.forEach(
    recordings,
    (recording) => findReplay(recording, settings.checkpointFolder, log.identity.id)
  )
  const unfinished = found.filter(({ start }) => !start.finished)
  const reached = unfinished.length === 0 ? [] : yield* Effect.scoped(replayAll(unfinished, settings))
  return found.map(({ recording, start }) => {
    const state = reached[unfinished.findIndex((replay) => replay.recording === recording)]
    return summary(recording.mapping.name, state ?? start, start.nextStep, start.finished)
  })
})

/** Checkpoint, source and producer are named after the recording. */
const refuseSameNames = Effect.fnUntraced(function*(
  recordings: ReadonlyArray<Recording>
): Effect.fn.Return<void, ReplayDataInvalid> {
  const names = recordings.map(({ mapping }) => mapping.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  return yield* new ReplayDataInvalid({
    file: twice,
    detail: "is the name of two of the recordings: give each mapping a name of its own"
  })
})

const summary = (name: string, state: ReplayState, fromStep: number, wasFinished: boolean): ReplaySummary => ({
  name,
  observations: state.observations,
  rejected: state.rejected,
  missing: state.missing,
  steps: state.nextStep,
  fromStep,
  wasFinished
})

const replayAll = Effect.fnUntraced(function*(
  found: ReadonlyArray<FoundReplay>,
  settings: ReplaySettings
): Effect.fn.Return<ReadonlyArray<ReplayState>, ReplayError, Needs | Scope.Scope> {
  const tickSeconds = found.map(({ recording }) => recording.mapping.tickSeconds ?? tickSecondsDefault)
  // The checkpoint that is furthest behind: what is said twice is harmless.
  const lastTick = Math.min(...found.map(({ start }) => start.lastTick))
  const records = new ReplayRecords(1000 * Math.min(...tickSeconds), lastTick)
  const replays = yield* Effect.forEach(found, (replay) => openReplay(replay, records))
  const states = (finished: boolean) => replays.map((replay) => replay.reached(records.lastTick, finished))
  const sender = yield* makeSender(settings, states(false))
  const send = (finished: boolean) =>
    Effect.suspend(() => {
      const reached = states(finished)
      const sent = replays.map((replay, i) => ({
        replay,
        bad: replay.takeBad(),
        state: reached[i] as ReplayState
      }))
      return sender.send(records.take(), sent)
    })
  const pace = makePace(yield* Clock.Clock, settings.speed)
  const sendAt = settings.appendRecords ?? appendRecordsDefault
  for (const replay of replays) yield* replay.advance
  for (let next = earliest(replays); next !== undefined; next = earliest(replays)) {
    const { replay, step } = next
    const waitMillis = pace(step.receivedAt)
    if (waitMillis > 0) {
      if (records.pending > 0) yield* send(false)
      yield* Effect.sleep(Duration.millis(waitMillis))
    }
    replay.addStep(step)
    yield* replay.advance
    records.tickTo(
      replays.reduce((bound, other) => other === replay ? bound : Math.min(bound, other.earliest), step.receivedAt)
    )
    if (records.pending >= sendAt) yield* send(false)
  }
  const eventTime = Math.max(...replays.map((replay) => replay.eventTime))
  if (eventTime > 0 && settings.closeWindows !== false) records.close(eventTime)
  yield* send(true)
  yield* sender.settled
  return states(true)
})

/** The replay whose step comes next in event time; of equal ones the first. */
const earliest = (replays: ReadonlyArray<OpenReplay>) => {
  let found: { readonly replay: OpenReplay; readonly step: NonNullable<OpenReplay["step"]> } | undefined = undefined
  for (const replay of replays) {
    const { step } = replay
    if (step !== undefined && (found === undefined || step.receivedAt < found.step.receivedAt)) found = { replay, step }
  }
  return found
}
