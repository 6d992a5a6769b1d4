/**
 * Leases and runners as a database keeps them that may be away for a moment, as when it restarts. Promises: a runner that cannot ask keeps
 * what it holds for `holdFor` after the last answer, as nobody else can take it meanwhile, or can, and then every write of ours is refused
 * by its epoch; and when the database is back, runners are not counted as gone before they had time to say that they are there.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { ClusterError, type Runner, RunnerStorage } from "effect/cluster"
import { monotonicMillis } from "../schemas/MonotonicMillis.ts"

interface Patience {
  readonly holdFor: Duration.Duration
  /** Of one question; shorter than the time Effect's cluster gives it. */
  readonly answerWithin: Duration.Duration
  /** After the database is back, in which everybody who was there still counts: longer than the refresh interval. */
  readonly settleFor: Duration.Duration
}

type Known = Array<readonly [runner: Runner.Runner, healthy: boolean]>

/** Those of today, and those of before who have not been heard of yet. */
const withFormer = (runners: Known, former: Known): Known => {
  const addressOf = ({ address }: Runner.Runner): string => `${address.host}:${address.port}`
  const present = new Set(runners.map(([runner]) => addressOf(runner)))
  return [...runners, ...former.filter(([runner]) => !present.has(addressOf(runner)))]
}

export const patientRunnerStorage = ({ answerWithin, holdFor, settleFor }: Patience) =>
  Layer.effect(
    RunnerStorage.RunnerStorage,
    Effect.gen(function*() {
      const inner = yield* RunnerStorage.RunnerStorage
      const clock = yield* Clock.Clock
      const now = () => monotonicMillis(clock)
      let refreshedAt = -Infinity
      let known: Known = []
      let missedAt = -Infinity
      const answered = <A>(answer: Effect.Effect<A, ClusterError.PersistenceError>) =>
        Effect.timeoutOrElse(answer, {
          duration: answerWithin,
          orElse: () =>
            Effect.fail(new ClusterError.PersistenceError({ cause: new Error("the database does not answer") }))
        })
      const getRunners = answered(inner.getRunners).pipe(
        Effect.tapError(() =>
          Effect.sync(() => {
            missedAt = now()
          })
        ),
        Effect.map((runners) => {
          if (now() - missedAt < Duration.toMillis(settleFor)) return withFormer(runners, known)
          known = runners
          return runners
        })
      )
      const refresh: typeof inner.refresh = (address, shardIds) => {
        const held = [...shardIds]
        return answered(inner.refresh(address, held)).pipe(
          Effect.tap(() =>
            Effect.sync(() => {
              refreshedAt = now()
            })
          ),
          Effect.catch((error) =>
            now() - refreshedAt < Duration.toMillis(holdFor) ? Effect.succeed(held) : Effect.fail(error)
          )
        )
      }
      return RunnerStorage.RunnerStorage.of({ ...inner, getRunners, refresh })
    })
  )
