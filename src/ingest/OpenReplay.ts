/**
 * One recording, opened for replay: its steps from where its checkpoint says, shifted, and what has become of it so far. Promise: the
 * step in hand is the next one of this recording, and nothing of it that is still to come is earlier than `earliest`.
 */
import { Effect, type FileSystem, type Path, Pull, type Scope, Stream } from "effect"
import type { RejectedLog, RejectedLogUnavailable } from "../ports/RejectedLog.ts"
import { longTable } from "./LongTable.ts"
import { matrixTable } from "./MatrixTable.ts"
import { Placement } from "./Placement.ts"
import { ReplayBatches } from "./ReplayBatches.ts"
import { readCheckpoint, type ReplayState, startState } from "./ReplayCheckpoint.ts"
import { replayFingerprint } from "./ReplayFingerprint.ts"
import type { ReplayMapping } from "./ReplayMapping.ts"
import type { ReplayRecords } from "./ReplayRecords.ts"
import { keepRejected } from "./ReplayRejections.ts"
import { type ReplaySpan, replaySpan, type SpanOptions, wholeSpan } from "./ReplaySpan.ts"
import { type BadValue, ReplayDataInvalid, type ReplayStep } from "./ReplayStep.ts"
import { sensorPlaces } from "./SensorPlaces.ts"

/** A recording to replay. */
export interface Recording extends SpanOptions {
  /** Folder of the data. */
  readonly folder: string
  readonly mapping: ReplayMapping
}

/** A recording with what its checkpoint says of it. */
export interface FoundReplay {
  readonly recording: Recording
  readonly span: ReplaySpan
  readonly matrixValues: number
  readonly start: ReplayState
}

type Files = FileSystem.FileSystem | Path.Path

export const findReplay = Effect.fnUntraced(function*(
  recording: Recording,
  checkpointFolder: string,
  log: string
): Effect.fn.Return<FoundReplay, ReplayDataInvalid, Files> {
  const { folder, mapping } = recording
  const span = yield* replaySpan(folder, mapping, recording)
  const { fingerprint, matrixValues } = yield* replayFingerprint(folder, mapping, span)
  const start = yield* readCheckpoint(checkpointFolder, mapping.name, fingerprint, log)
  return { recording, span, matrixValues, start }
})

export const openReplay = Effect.fnUntraced(function*(
  { matrixValues, recording, span, start }: FoundReplay,
  records: ReplayRecords
): Effect.fn.Return<
  OpenReplay,
  ReplayDataInvalid | RejectedLogUnavailable,
  Files | RejectedLog | Scope.Scope
> {
  const { folder, mapping } = recording
  const { bad: badPlaces, places } = yield* sensorPlaces(folder, mapping)
  const placement = yield* Placement
  const { fingerprint } = start
  const batches = new ReplayBatches({ name: mapping.name, fingerprint, placement, places }, start.sequences, records)
  const isFresh = start.nextStep === 0
  const state = { ...(isFresh ? startState(fingerprint, start.log) : start) }
  // Bad places and, in a long table, bad rows are found before the first step, so a resumed replay has kept them already.
  const keepEarly = (bad: ReadonlyArray<BadValue>) => {
    if (!isFresh) return Effect.void
    state.rejected += bad.length
    return keepRejected(batches, bad)
  }
  yield* keepEarly(badPlaces)
  const table = mapping.shape === "matrix"
    ? yield* matrixTable(folder, mapping, matrixValues, span)
    : yield* longTable(folder, mapping, span, keepEarly)
  if (isFresh) state.missing += table.missing
  const pull = yield* Stream.toPull(table.steps)
  return new OpenReplay(mapping, span, start, state, batches, table.values, pull)
})

type StepPull = Pull.Pull<ReadonlyArray<ReplayStep>, ReplayDataInvalid>

export class OpenReplay {
  readonly mapping: ReplayMapping
  readonly batches: ReplayBatches
  /** Values there are, as far as is known. */
  readonly values: number
  readonly start: ReplayState
  /** Refused values that are not kept yet. */
  bad: Array<BadValue> = []
  /** The next step, `undefined` behind the last. */
  step: ReplayStep | undefined = undefined
  /** Earliest time of what is still to come; after the end, infinite. */
  earliest = -Infinity
  private readonly span: ReplaySpan
  private readonly state: { -readonly [K in keyof ReplayState]: ReplayState[K] }
  private readonly pull: StepPull
  private pulled: ReadonlyArray<ReplayStep> = []
  private at = 0
  private number = 0

  constructor(
    mapping: ReplayMapping,
    span: ReplaySpan,
    start: ReplayState,
    state: ReplayState,
    batches: ReplayBatches,
    values: number,
    pull: StepPull
  ) {
    this.mapping = mapping
    this.span = span
    this.start = start
    this.state = { ...state }
    this.batches = batches
    this.values = values
    this.pull = pull
  }

  get eventTime(): number {
    return this.state.eventTime
  }

  /** Takes the next step in hand, past those that were sent before. */
  readonly advance: Effect.Effect<void, ReplayDataInvalid> = Effect.suspend(() => {
    if (this.take()) return Effect.void
    return this.pull.pipe(
      Effect.flatMap((steps) => {
        this.pulled = steps
        this.at = 0
        return this.advance
      }),
      Pull.catchDone(() => this.ended())
    )
  })

  private take(): boolean {
    while (this.at < this.pulled.length) {
      const step = this.pulled[this.at++] as ReplayStep
      if (++this.number <= this.start.nextStep) continue
      this.step = shifted(step, this.span.shiftMillis)
      this.earliest = this.step.observations.reduce(
        (least, { phenomenonTime }) => Math.min(least, phenomenonTime),
        this.step.receivedAt
      )
      return true
    }
    return false
  }

  private ended(): Effect.Effect<void, ReplayDataInvalid> {
    this.step = undefined
    this.earliest = Infinity
    if (this.number > 0 || this.span === wholeSpan) return Effect.void
    const { from, to } = this.span
    const instant = (time: number): string => Number.isFinite(time) ? new Date(time).toISOString() : "its end"
    return Effect.fail(
      new ReplayDataInvalid({
        file: this.mapping.name,
        detail: `holds nothing from ${instant(Math.max(from, 0))} to ${instant(to)}: choose another part of it`
      })
    )
  }

  /** Turns the step in hand into records. */
  addStep(step: ReplayStep): void {
    const { batches, state } = this
    if (state.nextStep === 0) batches.describe(step.receivedAt)
    batches.addStep(step)
    for (const value of step.bad) this.bad.push(value)
    state.nextStep = this.number
    state.eventTime = step.receivedAt
    state.observations += step.observations.length
    state.rejected += step.bad.length
    state.missing += step.missing
  }

  takeBad(): ReadonlyArray<BadValue> {
    const { bad } = this
    this.bad = []
    return bad
  }

  /** What a checkpoint must hold to go on from here. */
  reached(lastTick: number, finished: boolean): ReplayState {
    return { ...this.state, sequences: this.batches.sent(), lastTick, finished }
  }
}

const shifted = (step: ReplayStep, millis: number): ReplayStep =>
  millis === 0 ? step : {
    ...step,
    receivedAt: step.receivedAt + millis,
    observations: step.observations.map((observation) => ({
      ...observation,
      phenomenonTime: observation.phenomenonTime + millis
    }))
  }
