/** What is done to a running city, and the one who starts a process again that has ended by itself, as Kubernetes would. */
import { Effect } from "effect"
import type { RoleProcess } from "./RoleProcess.ts"
import type { Stack } from "./Stack.ts"

export const faultKinds = [
  "runner killed",
  "ingest killed",
  "nats-server killed",
  "redis killed",
  "postgres restarted",
  "runner frozen",
  "rolling restart"
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Longer than the lease of a runner. */
const frozenFor = "9 seconds"
const awayFor = "2 seconds"

const killed = ({ kill, start }: Pick<RoleProcess, "kill" | "start">) =>
  kill.pipe(Effect.andThen(Effect.sleep("1 second")), Effect.andThen(start))

/** Processes that are down because somebody wants it so. */
export class Attendance {
  /** Processes that ended by themselves and were started again. */
  restarts: Array<string> = []
  private readonly excused = new Set<RoleProcess>()

  /** Does what it does to a process, which may be down meanwhile. */
  excuse<A, E, R>(process: RoleProcess, change: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.excused.add(process)),
      () => change,
      () => Effect.sync(() => this.excused.delete(process))
    )
  }

  /** Until interrupted. */
  watch(processes: ReadonlyArray<RoleProcess>): Effect.Effect<never> {
    const look = Effect.forEach(processes, (process) => {
      if (process.isRunning() || this.excused.has(process)) return Effect.void
      this.restarts.push(process.name)
      return process.start
    })
    return Effect.forever(Effect.andThen(look, Effect.sleep("500 millis")))
  }
}

export const inflict = (kind: FaultKind, stack: Stack, attendance: Attendance, random: () => number): Effect.Effect<void> => {
  const runner = stack.runners[Math.floor(random() * stack.runners.length)] as RoleProcess
  switch (kind) {
    case "runner killed":
      return attendance.excuse(runner, killed(runner))
    case "ingest killed":
      return attendance.excuse(stack.ingest, killed(stack.ingest))
    case "nats-server killed":
      return killed(stack.nats)
    case "redis killed":
      return killed(stack.redis)
    case "postgres restarted":
      return stack.postgres.stop.pipe(Effect.andThen(Effect.sleep(awayFor)), Effect.andThen(Effect.orDie(stack.postgres.start)))
    case "runner frozen":
      return runner.freeze.pipe(Effect.andThen(Effect.sleep(frozenFor)), Effect.andThen(runner.thaw))
    case "rolling restart":
      return Effect.forEach(
        stack.runners,
        (each) => attendance.excuse(each, Effect.andThen(each.stop, Effect.andThen(each.start, each.ready))),
        { discard: true }
      )
  }
}
