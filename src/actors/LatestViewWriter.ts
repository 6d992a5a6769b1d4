/**
 * Writes the latest values of the shards of this process into the view, once a second each: what changed since the write before,
 * or all of the shard where the view does not have it whole (a new owner, a view that was away or lost its memory).
 * Promises: states are only read; a view that is away costs nothing but a look a second; whatever the view answers, nothing of the
 * city waits for it.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { expiry, LatestView, type LatestViewService, type LatestWritten } from "../ports/LatestView.ts"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"
import { LocalShards } from "./LocalShards.ts"
import type { SensorShard } from "./SensorStage.ts"
import { ShownBlocks } from "./ShownBlocks.ts"

const interval = Duration.seconds(1)

/** At most this share of the process goes into looking for what changed; a very large city is written less often. */
const shareMax = 0.1

/** What this process has written of a shard. */
interface Shown {
  readonly epoch: number
  readonly blocks: ShownBlocks
  /** Of the last write; `undefined` where the view may not have what was given last. */
  revision: number | undefined
  /** Somebody else owns the shard, as the view sees it: not before this time again. */
  restsUntil: number
}

const makeWriter = (view: LatestViewService, clock: Clock.Clock) => {
  const shown = new Map<number, Shown>()

  const shownOf = (shard: number, epoch: number, state: SensorShard): Shown => {
    const known = shown.get(shard)
    if (known?.epoch === epoch && known.blocks.shard === state) return known
    const fresh = { epoch, blocks: new ShownBlocks(state), revision: undefined, restsUntil: -Infinity }
    shown.set(shard, fresh)
    return fresh
  }

  const remember = (entry: Shown, written: LatestWritten): void => {
    entry.revision = written._tag === "kept" ? written.revision : undefined
    if (written._tag === "superseded") entry.restsUntil = monotonicMillis(clock) + Duration.toMillis(expiry)
  }

  /** Milliseconds of this process it took to look. */
  const write = Effect.fnUntraced(function*(shard: number, epoch: number, position: number, state: SensorShard) {
    const entry = shownOf(shard, epoch, state)
    const startedAt = monotonicMillis(clock)
    if (startedAt < entry.restsUntil) return 0
    const after = entry.revision
    const changes = entry.blocks.take(after === undefined)
    const { sensors } = state.directory
    const lookedFor = monotonicMillis(clock) - startedAt
    // Until the answer says otherwise.
    entry.revision = undefined
    const written = yield* view.write({ shard, epoch, position, after, sensors, changes })
    remember(entry, written)
    if (written._tag === "incomplete") {
      const whole = entry.blocks.take(true)
      const again = { shard, epoch, position, after: undefined, sensors: state.directory.sensors, changes: whole }
      remember(entry, yield* view.write(again))
    }
    return lookedFor
  })

  return { shown, write }
}

/** Runs until interrupted. */
export const writeLatest = Effect.fnUntraced(function*(view: LatestViewService) {
  const clock = yield* Clock.Clock
  const local = yield* LocalShards
  const { shown, write } = makeWriter(view, clock)
  while (true) {
    const startedAt = monotonicMillis(clock)
    let lookedFor = 0
    for (const shard of shown.keys()) if (!local.has(shard)) shown.delete(shard)
    for (const [shard, { applied, epoch, sensors, state }] of local.entries()) {
      if (state !== "ready" || sensors === undefined || (yield* view.status).state === "away") continue
      // What went wrong is in the status of the view, which readiness shows.
      lookedFor += yield* Effect.orElseSucceed(write(shard, epoch, applied, sensors), () => 0)
      yield* Effect.yieldNow
    }
    const took = monotonicMillis(clock) - startedAt
    yield* Effect.sleep(Math.max(Duration.toMillis(interval) - took, lookedFor / shareMax - took, 1))
  }
})

/** Does nothing where the profile has no view. */
export const layer = Layer.effectDiscard(
  Effect.flatMap(LatestView, (view) => view === undefined ? Effect.void : Effect.forkScoped(writeLatest(view)))
)
