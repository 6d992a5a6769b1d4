/** The simulated Helsinki as what a start shows: its past quickly, then live, with the clock ticking only while it is live. */
import { Console, Effect, FiberHandle } from "effect"
import type { ReplayProgress } from "../ingest/Replay.ts"
import * as Simulation from "../ingest/simulation/Simulation.ts"
import { dataPaths } from "./DataPaths.ts"
import { progressBar } from "./ProgressBar.ts"
import { shownProgress } from "./Recordings.ts"
import type { CitySettings } from "./Settings.ts"

/** Runs until interrupted; `whileLive` runs whenever it is live. */
export const simulateHelsinki = Effect.fnUntraced(function*<E, R>(
  settings: CitySettings,
  whileLive: Effect.Effect<never, E, R>
) {
  const bar = yield* progressBar("its past", process.stdout)
  const ticks = yield* FiberHandle.make()
  const context = yield* Effect.context<R>()
  let isLive = false
  let last: ReplayProgress | undefined
  const goLive = Effect.gen(function*() {
    if (last !== undefined) yield* bar.finish(shownProgress(last))
    isLive = true
    yield* Console.log("  ✓ the simulated Helsinki is live: it reports every ten seconds")
    yield* FiberHandle.run(ticks, Effect.provide(whileLive, context))
  })
  const goBack = Effect.suspend(() => {
    isLive = false
    return FiberHandle.clear(ticks)
  })
  return yield* Simulation.run({
    seed: settings.seed,
    speed: "max",
    checkpointFolder: dataPaths(settings.data).replay,
    onPhase: (phase) => phase === "live" ? goLive : goBack,
    onProgress: (progress) => {
      last = progress
      return isLive ? Effect.void : bar.show(shownProgress(progress))
    }
  })
}, Effect.scoped)
