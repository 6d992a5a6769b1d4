/** Tells the person at the terminal, step by step, what a start does and how long each step took. */
import { Clock, Console, Effect } from "effect"

const seconds = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`

const line = (mark: string, text: string, millis: number): string =>
  `  ${mark} ${text.padEnd(66)} ${seconds(millis).padStart(8)}`

/** Runs a step, then prints what it did (from its result) and how long it took. */
export const step = <A, E, R>(
  doing: string,
  done: string | ((value: A) => string),
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    const value = yield* effect.pipe(
      Effect.tapCause(() =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Console.log(line("✗", doing, now - startedAt)))
      )
    )
    const millis = (yield* Clock.currentTimeMillis) - startedAt
    yield* Console.log(line("✓", typeof done === "string" ? done : done(value), millis))
    return value
  })
