/**
 * The shard machine: one ordered feed from the log at a stored position, plain state, fenced commits. The same code runs every
 * stage. Promises (design §2):
 * - the order of a commit never varies: apply → publish outputs, all acknowledged → one transaction; each arrow is a crash point;
 * - it never dies silently: on failure the shard is not ready, the cause is logged, and it reloads from the store with back-off;
 * - fenced, it stops until the runner acquires the shard again;
 * - a record that cannot be read is kept in REJECTED and skipped; an observation that makes the stage throw twice is
 *   quarantined by position; a record of an unknown version stops the shard;
 * - interrupted (the shard moves, the process drains), it commits once more before it ends.
 */
import { Cause, Clock, Context, Duration, Effect, Exit, Layer, Option, Semaphore } from "effect"
import { WordWriter } from "../analytics/WordWriter.ts"
import { Catalogue } from "../ports/Catalogue.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import type { Feed, LogRecord, Position, ShardedLog } from "../ports/ShardedLog.ts"
import { PositionNotHonoured } from "../ports/ShardedLog.ts"
import { Fenced, ShardStore } from "../ports/ShardStore.ts"
import { RecordCorrupt, RecordVersionUnknown } from "../schemas/Records.ts"
import { CrashPoints } from "./CrashPoints.ts"
import { Epochs } from "./Epochs.ts"
import { type LocalShard } from "./LocalShards.ts"
import { ProcessorMetrics } from "./ProcessorMetrics.ts"
import { StateVersionUnknown } from "./SensorShardHeader.ts"
import type { Stage, StageState } from "./Stage.ts"

export interface ProcessorSettings {
  /** A changed state is committed at least this often; bounds what a restart replays. */
  readonly commitInterval: Duration.Duration
  /** How long a position may stay uncommitted when nothing but time passed. */
  readonly idleCommitInterval: Duration.Duration
  /** Sealed windows that force a commit. */
  readonly pendingRowsMax: number
  /** Bytes of log applied before others get the event loop. */
  readonly sliceBytes: number
  /** Slices of a backlog one shard works off before another has its turn. */
  readonly slicesPerTurn: number
}

export const defaultProcessorSettings: ProcessorSettings = {
  commitInterval: Duration.seconds(5),
  idleCommitInterval: Duration.seconds(30),
  pendingRowsMax: 40_000,
  sliceBytes: 128 * 1024,
  slicesPerTurn: 16
}

/** What the processors of a process share. */
export class ProcessorPermits extends Context.Service<ProcessorPermits, {
  /** Runs a commit when there is room for one, with a buffer that is its own until it ends. */
  readonly commit: <A, E, R>(run: (writer: WordWriter) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** One shard at a time works off its backlog, so that its state stays in the processor's cache. */
  readonly apply: Semaphore.Semaphore
}>()("vicinity/actors/ProcessorPermits") {
  static readonly layer = (commitsAtOnce: number) =>
    Layer.effect(
      ProcessorPermits,
      Effect.gen(function*() {
        const permits = yield* Semaphore.make(commitsAtOnce)
        const writers: Array<WordWriter> = []
        return ProcessorPermits.of({
          apply: yield* Semaphore.make(1),
          commit: (run) =>
            permits.withPermit(Effect.suspend(() => {
              const writer = writers.pop() ?? new WordWriter()
              return Effect.ensuring(run(writer), Effect.sync(() => writers.push(writer)))
            }))
        })
      })
    )
}

/** How long the last commit of an interrupted processor may take. */
const drainTimeout = Duration.seconds(10)

/** How long a new sensor may wait for the commit that makes it known. */
const urgentMillis = 200

/** Observations that were seen to throw, by sequence: they are applied one restart later with the culprit left out. */
type Suspects = Map<number, { readonly index: number; readonly times: number }>

export interface Processor<State extends StageState> {
  readonly stage: Stage<State>
  readonly shard: number
  readonly log: ShardedLog
  readonly outputs: ShardedLog
  readonly entry: LocalShard
  readonly settings: ProcessorSettings
  /** Shows the state to readers, or takes it away. */
  readonly show: (state: State | undefined) => void
}

/** Runs until interrupted. */
export const run = Effect.fnUntraced(function*<State extends StageState>(processor: Processor<State>) {
  const { entry, shard, show, stage } = processor
  const epochs = yield* Epochs
  const suspects: Suspects = new Map()
  let epoch = 0
  let failures = 0
  while (true) {
    epoch = yield* epochs.newer(stage.name, shard, epoch - 1)
    entry.epoch = epoch
    const startedAt = yield* Clock.currentTimeMillis
    const exit = yield* runOnce(processor, epoch, suspects).pipe(
      Effect.scoped,
      Effect.ensuring(Effect.sync(() => show(undefined))),
      Effect.exit
    )
    if (Exit.isSuccess(exit)) continue
    const error = Cause.squash(exit.cause)
    // A fenced processor never writes again under this epoch.
    if (error instanceof Fenced) epoch++
    failures = (yield* Clock.currentTimeMillis) - startedAt > steadyMillis ? 1 : failures + 1
    entry.restarts++
    entry.state = isRefusal(error) ? "refused" : "failed"
    entry.detail = error instanceof Error ? error.message : String(error)
    if (failures === 1 || failures % failuresPerLog === 0) yield* logFailure(stage.name, shard, entry, exit.cause)
    yield* Effect.sleep(Math.min(backOffMillisMax, backOffMillis * 2 ** (failures - 1)))
  }
})

const backOffMillis = 200
const backOffMillisMax = 10_000
/** Repeated failures are logged now and then: at the longest back-off about every two minutes. */
const failuresPerLog = 12

/** A failure of something outside is a sentence; a defect is shown whole. */
const logFailure = (stage: string, shard: number, { detail, state }: LocalShard, cause: Cause.Cause<unknown>) =>
  Effect.logError(`shard ${shard} stopped: ${detail}`, ...(Cause.hasDies(cause) ? [cause] : [])).pipe(
    Effect.annotateLogs({ stage, state })
  )

/** A processor that ran this long starts its back-off anew. */
const steadyMillis = 60_000

/** Spans are measured by a clock that nobody sets back. */
const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** Failures that a restart does not mend: a person has to look (see `vicinity doctor`). */
const isRefusal = (error: unknown): boolean =>
  error instanceof PositionNotHonoured || error instanceof RecordVersionUnknown || error instanceof StateVersionUnknown

const runOnce = Effect.fnUntraced(
  function*<State extends StageState>(processor: Processor<State>, epoch: number, suspects: Suspects) {
    const { entry, log, shard, show, stage } = processor
    const store = yield* ShardStore
    entry.state = "starting"
    entry.detail = "loading its state"
    const snapshot = yield* store.load(stage.name, shard)
    const position = snapshot?.position ?? { stream: log.identity.id, sequence: 0 }
    const feed = yield* log.subscribe(shard, position)
    const quarantined = yield* store.quarantined(stage.name, shard)
    const skips = new Map<number, Set<number>>()
    for (const { index, sequence } of quarantined) {
      skips.set(sequence, (skips.get(sequence) ?? new Set()).add(index))
    }
    yield* Effect.forEach(suspects, ([sequence, { index, times }]) =>
      times < 2 ? Effect.void : Effect.gen(function*() {
        yield* store.quarantine(stage.name, shard, epoch, { sequence, index })
        skips.set(sequence, (skips.get(sequence) ?? new Set()).add(index))
        suspects.delete(sequence)
        yield* Effect.logWarning("observation quarantined").pipe(Effect.annotateLogs({ shard, sequence, index }))
      }))
    const state = yield* Effect.try({ try: () => stage.open(shard, snapshot), catch: (cause) => cause })
    entry.applied = position.sequence
    entry.committed = position.sequence
    const { last } = yield* log.bounds(shard)
    entry.detail = `catching up from ${position.sequence} to ${last}`
    const loop = yield* makeLoop(processor, state, position, epoch, skips, suspects)
    return yield* loop.follow(feed, last, () => {
      entry.state = "ready"
      entry.detail = "ready"
      show(state)
    }).pipe(Effect.onInterrupt(() => loop.commit.pipe(Effect.timeout(drainTimeout), Effect.ignore)))
  }
)

const makeLoop = Effect.fnUntraced(function*<State extends StageState>(
  processor: Processor<State>,
  state: State,
  from: Position,
  epoch: number,
  skips: ReadonlyMap<number, ReadonlySet<number>>,
  suspects: Suspects
) {
  const { entry, log, outputs, settings, shard, stage } = processor
  const store = yield* ShardStore
  const catalogue = yield* Catalogue
  const rejected = yield* RejectedLog
  const crashPoint = yield* CrashPoints
  const permits = yield* ProcessorPermits
  const clock = yield* Clock.Clock
  const metrics = yield* ProcessorMetrics
  const commitMillis = Duration.toMillis(settings.commitInterval)
  const commitMillisBehind = 2 * commitMillis
  const idleMillis = Duration.toMillis(settings.idleCommitInterval)
  let sequence = from.sequence
  let committed = from.sequence
  let committedAt = monotonicMillis(clock)
  let isBehind = false
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

  const commit: Effect.Effect<void, unknown> = Effect.gen(function*() {
    if (sequence === committed && !state.changed) return
    yield* crashPoint("after-apply-before-publish", shard)
    const published = state.outputs(sequence)
    if (published.length > 0) yield* outputs.append(published.map((payload) => ({ shard, payload })))
    yield* crashPoint("after-publish-before-commit", shard)
    const at = sequence
    const startedAt = monotonicMillis(clock)
    const changes = yield* permits.commit((writer) => {
      const changes = state.changes(writer)
      const position = { stream: log.identity.id, sequence: at }
      return Effect.as(store.commit({ stage: stage.name, shard, epoch, position, ...changes }), changes)
    })
    yield* crashPoint("after-commit", shard)
    state.committed()
    committed = at
    committedAt = monotonicMillis(clock)
    entry.committed = at
    metrics.committed(committedAt - startedAt, changes.windows.length)
    if (changes.sensors.length > 0) yield* catalogue.learned(changes.sensors)
    yield* log.retain(stage.name, shard, at)
  }).pipe(Effect.uninterruptible)

  /** Milliseconds until the next commit is due; 0 or less: now. Infinity: nothing to commit. */
  const dueIn = (): number => {
    if (state.pendingRows >= settings.pendingRowsMax) return 0
    if (sequence === committed && !state.changed) return Infinity
    const age = monotonicMillis(clock) - committedAt
    if (!state.changed) return idleMillis - age
    // Behind, a shard has only its share of the process, so the same time is less work to repeat.
    return (isBehind ? commitMillisBehind : state.urgent ? urgentMillis : commitMillis) - age
  }

  const apply = Effect.fnUntraced(function*(records: ReadonlyArray<LogRecord>) {
    for (const record of records) {
      const failure = applyOne(record)
      if (failure !== undefined) yield* failure
    }
    entry.applied = sequence
    metrics.applied(records.length)
    yield* Effect.yieldNow
  })

  /** Applies what was taken, and more of the backlog if there is any. */
  const turn = Effect.fnUntraced(function*(feed: Feed, taken: ReadonlyArray<LogRecord>) {
    yield* apply(taken)
    for (let slices = 1; slices < settings.slicesPerTurn && dueIn() > 0; slices++) {
      isBehind = (yield* log.bounds(shard)).last > sequence
      if (!isBehind) return
      yield* apply(yield* feed.take(settings.sliceBytes))
    }
  })

  const follow = Effect.fnUntraced(function*(feed: Feed, until: number, ready: () => void) {
    let isReady = sequence >= until
    if (isReady) ready()
    while (true) {
      const wait = dueIn()
      if (wait <= 0) {
        yield* commit
        continue
      }
      const taken = wait === Infinity
        ? Option.some(yield* feed.take(settings.sliceBytes))
        : yield* Effect.timeoutOption(feed.take(settings.sliceBytes), wait)
      if (Option.isNone(taken)) continue
      yield* permits.apply.withPermit(turn(feed, taken.value))
      if (!isReady && sequence >= until) {
        isReady = true
        ready()
      }
    }
  })

  return { commit, follow }
})
