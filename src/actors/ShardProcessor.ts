/**
 * The shard machine: one ordered feed from the log at a stored position, plain state, fenced commits. The same code runs every
 * stage. Promises:
 * - the order of a commit never varies: apply → publish outputs, all acknowledged → one transaction; each arrow is a crash point;
 * - it never dies silently: on failure the shard is not ready, the cause is logged, and it reloads from the store with back-off;
 * - fenced, it stops until the runner acquires the shard again;
 * - a record that cannot be read is kept in REJECTED and skipped; an observation that makes the stage throw twice is
 *   quarantined by position; a record of an unknown version stops the shard;
 * - interrupted (the shard moves, the process drains), it commits once more before it ends, unless the log or the store does
 *   not answer in a few seconds: then its state is what the store has.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import { PositionNotHonoured } from "../ports/ShardedLog.ts"
import { Fenced, ShardStore } from "../ports/ShardStore.ts"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"
import { RecordVersionUnknown } from "../schemas/Records.ts"
import { Epochs } from "./Epochs.ts"
import type { ProcessorEntry } from "./ProcessorEntries.ts"
import { makeLoop, type Processor, type Suspects } from "./ShardLoop.ts"
import type { StageState } from "./Stage.ts"
import { StateVersionUnknown } from "./StateVersionUnknown.ts"

/** Runs until interrupted. */
export const run = Effect.fnUntraced(function*<Output, State extends StageState<Output>>(
  processor: Processor<Output, State>
) {
  const { entry, shard, show, stage } = processor
  const epochs = yield* Epochs
  const clock = yield* Clock.Clock
  const suspects: Suspects = new Map()
  let epoch = 0
  let failures = 0
  while (true) {
    // Epochs begin with 1.
    epoch = yield* epochs.newer(stage.name, shard, Math.max(0, epoch - 1))
    entry.epoch = epoch
    const startedAt = monotonicMillis(clock)
    const exit = yield* runOnce(processor, epoch, suspects).pipe(
      Effect.scoped,
      Effect.ensuring(Effect.sync(() => show(undefined))),
      Effect.exit
    )
    if (Exit.isSuccess(exit)) continue
    const error = Cause.squash(exit.cause)
    // A fenced processor never writes again under this epoch.
    if (error instanceof Fenced) epoch++
    failures = monotonicMillis(clock) - startedAt > steadyMillis ? 1 : failures + 1
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
const logFailure = (stage: string, shard: number, { detail, state }: ProcessorEntry, cause: Cause.Cause<unknown>) =>
  Effect.logError(`a shard stopped: ${detail}`, ...(Cause.hasDies(cause) ? [cause] : [])).pipe(
    Effect.annotateLogs({ stage, shard, state })
  )

/** A processor that ran this long starts its back-off anew. */
const steadyMillis = 60_000

/** Failures that a restart does not mend: a person has to look (see `vicinity doctor`). */
const isRefusal = (error: unknown): boolean =>
  error instanceof PositionNotHonoured || error instanceof RecordVersionUnknown || error instanceof StateVersionUnknown

const runOnce = Effect.fnUntraced(
  function*<Output, State extends StageState<Output>>(
    processor: Processor<Output, State>,
    epoch: number,
    suspects: Suspects
  ) {
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
    }).pipe(Effect.onInterrupt(() => {
      entry.detail = "told to stop, commits once more"
      return Effect.ignore(loop.commit)
    }))
  }
)
