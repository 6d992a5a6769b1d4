/** The one who starts a process again that has ended by itself, as Kubernetes would, and who adds one where more is wanted. */
import { Effect, type Scope } from "effect"
import type { RoleProcess } from "./RoleProcess.ts"
import type { Stack } from "./Stack.ts"

export class Attendance {
  /** Processes that ended by themselves and were started again. */
  restarts: Array<string> = []
  /** All runners there have been. */
  readonly runners: Array<RoleProcess>
  /** Processes that are down because somebody wants it so. */
  private readonly excused = new Set<RoleProcess>()
  private readonly stack: Stack

  constructor(stack: Stack) {
    this.stack = stack
    this.runners = [...stack.runners]
  }

  /** Does what it does to a process, which may be down meanwhile. */
  excuse<A, E, R>(process: RoleProcess, change: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.excused.add(process)),
      () => change,
      () => Effect.sync(() => this.excused.delete(process))
    )
  }

  /** A runner more than there are, which is stopped afterwards. */
  readonly oneMore = Effect.fnUntraced(function*(
    this: Attendance,
    use: (runner: RoleProcess) => Effect.Effect<void>
  ): Effect.fn.Return<void, never, Scope.Scope> {
    const { runners } = this.stack
    const known = this.runners[runners.length]
    const more = known ?? (yield* this.stack.newRunner(runners.length + 1))
    if (known === undefined) this.runners.push(more)
    else yield* more.start
    this.excused.delete(more)
    yield* use(more)
    this.excused.add(more)
    yield* more.stop
  })

  /** Until interrupted. */
  get watch(): Effect.Effect<never> {
    const { api, ingests } = this.stack
    const look = Effect.suspend(() =>
      Effect.forEach([...this.runners, ...ingests, api], (process) => {
        if (process.isRunning() || this.excused.has(process)) return Effect.void
        this.restarts.push(process.name)
        return process.start
      })
    )
    return Effect.forever(Effect.andThen(look, Effect.sleep("500 millis")))
  }
}
