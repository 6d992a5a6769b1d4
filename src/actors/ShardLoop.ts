/**
 * What a shard processor does from one start to its end: takes records, applies them, and commits. Promise: the order of a
 * commit never varies (docs/adr/0007), and whatever fails leaves nothing half done in the store; the state is then void.
 */
import { Clock, Duration, Effect, Option } from "effect"
import { Catalogue } from "../ports/Catalogue.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import type { Feed, LogRecord, Position, ShardedLog } from "../ports/ShardedLog.ts"
import { type Fenced, ShardStore } from "../ports/ShardStore.ts"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"
import { RecordCorrupt, RecordVersionUnknown } from "../schemas/Records.ts"
import { CrashPoints } from "./CrashPoints.ts"
import { finishedWithin } from "./Finished.ts"
import { patientCommit } from "./PatientCommit.ts"
import type { ProcessorEntry } from "./ProcessorEntries.ts"
import { ProcessorMetrics } from "./ProcessorMetrics.ts"
import { ProcessorPermits } from "./ProcessorPermits.ts"
import type { ProcessorSettings } from "./ProcessorSettings.ts"
import type { Stage, StageState } from "./Stage.ts"

export interface Processor<Output, State extends StageState<Output>> {
  readonly stage: Stage<Output, State>
  readonly shard: number
  readonly log: ShardedLog
  /** Succeeds when all of it is acknowledged. */
  readonly publish: (outputs: ReadonlyArray<Output>) => Effect.Effect<void, unknown>
  readonly entry: ProcessorEntry
  readonly settings: ProcessorSettings
  /** Shows the state to readers, or takes it away. */
  readonly show: (state: State | undefined) => void
}

/** Observations that were seen to throw, by sequence: they are applied one restart later with the culprit left out. */
export type Suspects = Map<number, { readonly index: number; readonly times: number }>

/** How long a new sensor may wait for the commit that makes it known. */
const urgentMillis = 200

export const makeLoop = Effect.fnUntraced(function*<Output, State extends StageState<Output>>(
  processor: Processor<Output, State>,
  state: State,
  from: Position,
  epoch: number,
  skips: ReadonlyMap<number, ReadonlySet<number>>,
  suspects: Suspects
) {
  const { entry, log, publish, settings, shard, stage } = processor
  const store = yield* ShardStore
  const catalogue = yield* Catalogue
  const rejected = yield* RejectedLog
  const crashPoint = yield* CrashPoints
  const permits = yield* ProcessorPermits
  const clock = yield* Clock.Clock
  const metrics = yield* ProcessorMetrics
  const commitMillis = Duration.toMillis(settings.commitInterval)
  const commitMillisBehind = 2 * commitMillis
  const turnMillis = Duration.toMillis(settings.turnSpan)
  const idleMillis = Duration.toMillis(settings.idleCommitInterval)
  const storeAwayMillisMax = Duration.toMillis(settings.storeAwayMax)
  let sequence = from.sequence
  let committed = from.sequence
  let committedAt = monotonicMillis(clock)
  let isBehind = false
  /** Taken from the feed and not applied yet. */
  let waiting: ReadonlyArray<LogRecord> = []
  /** Something was taken from the state to be published or stored and may not have been: only what the store has knows it still. */
  let isVoid = false
  /** Interrupted: a store that is away is not waited for any more. */
  let isEnding = false
  yield* log.retain(stage.name, shard, committed)

  const applyOne = (record: LogRecord): Effect.Effect<void, unknown> | undefined => {
    try {
      state.apply(record.sequence, record.payload, skips.get(record.sequence))
    } catch (error) {
      return failed(record, error)
    }
    sequence = record.sequence
    return undefined
  }

  const failed = Effect.fnUntraced(function*(record: LogRecord, error: unknown) {
    if (error instanceof RecordVersionUnknown) return yield* Effect.fail(error)
    if (error instanceof RecordCorrupt) {
      yield* rejected.record([{
        id: `${log.identity.id}:${shard}:${record.sequence}`,
        receivedAt: clock.currentTimeMillisUnsafe(),
        source: "log",
        reason: "corrupt-batch",
        detail: `record ${record.sequence} of shard ${shard}: ${error.detail}`,
        raw: record.payload.slice(0, 65_536),
        rawBytes: record.payload.length
      }])
      state.skipCorrupt()
      sequence = record.sequence
      return
    }
    if (state.applyingIndex >= 0) {
      const before = suspects.get(record.sequence)
      const same = before?.index === state.applyingIndex
      suspects.set(record.sequence, { index: state.applyingIndex, times: same ? before.times + 1 : 1 })
    }
    return yield* Effect.die(error)
  })

  const give = (take: () => ReadonlyArray<Output>): Effect.Effect<void, unknown> =>
    Effect.suspend(() => {
      const outputs = take()
      if (outputs.length === 0) return Effect.void
      isVoid = true
      return Effect.map(publish(outputs), () => {
        isVoid = false
      })
    })

  const ending = {
    hurry: (): void => {
      isEnding = true
    },
    givenUp: (): void => {
      isVoid = true
    }
  }
  const published = (take: () => ReadonlyArray<Output>) => finishedWithin(settings.publishPatience, give(take), ending)

  const isWaitedFor = (awayMillis: number): boolean => !isEnding && awayMillis < storeAwayMillisMax

  /** Told here, because whoever commits for the last time before it ends hears of no failure. */
  const refused = (error: Fenced) =>
    Effect.andThen(
      Effect.sync(() => metrics.refused()),
      Effect.annotateLogs(Effect.logWarning(`a stale write was refused: ${error.message}`), {
        stage: stage.name,
        shard
      })
    )

  const stored = Effect.gen(function*() {
    const at = sequence
    const startedAt = monotonicMillis(clock)
    const changes = yield* permits.commit((writer) => {
      const changes = state.changes(writer)
      isVoid = true
      const position = { stream: log.identity.id, sequence: at }
      const commit = { stage: stage.name, shard, epoch, position, ...changes }
      const given = patientCommit(store, commit, entry, isWaitedFor)
      return Effect.as(Effect.tapErrorTag(given, "Fenced", refused), changes)
    })
    isVoid = false
    yield* crashPoint("after-commit", shard, stage.name)
    state.committed()
    committed = at
    committedAt = monotonicMillis(clock)
    entry.committed = at
    metrics.committed(committedAt - startedAt, changes.windows.length, changes.late.length)
    if (changes.sensors.length > 0) yield* catalogue.learned(changes.sensors)
    yield* log.retain(stage.name, shard, at)
  })

  /** Interrupted, it goes on, so that a drain commits; but neither a full log nor a store that hangs keeps the process. */
  const commit: Effect.Effect<void, unknown> = Effect.uninterruptible(Effect.gen(function*() {
    if (isVoid || (sequence === committed && !state.changed)) return
    yield* crashPoint("after-apply-before-publish", shard, stage.name)
    yield* published(() => [...state.takePrompt(), ...state.outputs(sequence)])
    yield* crashPoint("after-publish-before-commit", shard, stage.name)
    yield* finishedWithin(settings.storePatience, stored, ending)
  }))

  /** Milliseconds until the next commit is due; 0 or less: now. Infinity: nothing to commit. */
  const dueIn = (): number => {
    if (state.pendingRows >= settings.pendingRowsMax) return 0
    if (sequence === committed && !state.changed) return Infinity
    const age = monotonicMillis(clock) - committedAt
    if (!state.changed) return idleMillis - age
    // Behind, a shard has only its share of the process, so the same time is less work to repeat.
    return (isBehind ? commitMillisBehind : state.urgent ? urgentMillis : commitMillis) - age
  }

  /** Applies what waits, up to a time in the log. */
  const applyUntil = Effect.fnUntraced(function*(time: number) {
    let n = 0
    while (n < waiting.length && (n === 0 || state.time <= time)) {
      const failure = applyOne(waiting[n++] as LogRecord)
      if (failure !== undefined) yield* failure
    }
    waiting = waiting.slice(n)
    metrics.applied(n)
    yield* Effect.yieldNow
  })

  /** Applies what was taken, and more of the backlog if there is any. */
  const turn = Effect.fnUntraced(function*(feed: Feed) {
    const until = state.time + turnMillis
    for (let slices = 0; slices < settings.slicesPerTurn; slices++) {
      if (waiting.length === 0) waiting = yield* feed.take(settings.sliceBytes)
      yield* applyUntil(until)
      isBehind = waiting.length > 0 || (yield* log.bounds(shard)).last > sequence
      if (!isBehind || state.time > until || dueIn() <= 0) return
    }
  })

  const publishPrompt = Effect.suspend(() =>
    state.promptWaiting === 0 || (isBehind && state.promptWaiting < settings.promptWaitingMax)
      ? Effect.void
      : published(() => state.takePrompt())
  )

  const follow = Effect.fnUntraced(function*(feed: Feed, until: number, ready: () => void) {
    let isReady = sequence >= until
    if (isReady) ready()
    while (true) {
      const wait = dueIn()
      if (wait <= 0) {
        yield* commit
        continue
      }
      if (waiting.length === 0) {
        const taken = wait === Infinity
          ? Option.some(yield* feed.take(settings.sliceBytes))
          : yield* Effect.timeoutOption(feed.take(settings.sliceBytes), wait)
        if (Option.isNone(taken)) continue
        waiting = taken.value
      }
      yield* permits.apply.withPermit(turn(feed))
      yield* publishPrompt
      // Only now, so that who sees it applied finds what it gave out.
      entry.applied = sequence
      if (!isReady && sequence >= until) {
        isReady = true
        ready()
      }
    }
  })

  return { commit, follow }
})
