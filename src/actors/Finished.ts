/**
 * Work that is not broken off where it stands. Promise: an interrupted caller waits until it has ended, but for so long at most; then the
 * work is interrupted, too, and nobody waits for that any longer.
 */
import { type Duration, Effect, Exit, Fiber, Option } from "effect"

/**
 * `hurry` runs when the caller is interrupted: work that waits may give up then. `givenUp` runs where the work was not waited for: it may
 * or may not have been done.
 */
export const finishedWithin = <A, E, R>(
  limit: Duration.Duration,
  work: Effect.Effect<A, E, R>,
  { givenUp, hurry }: { readonly givenUp: () => void; readonly hurry: () => void }
): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(Effect.gen(function*() {
    const fiber = yield* Effect.forkDetach(work)
    const heard = yield* Effect.exit(Effect.interruptible(Fiber.await(fiber)))
    if (Exit.isFailure(heard)) {
      hurry()
      const ended = yield* Effect.timeoutOption(Fiber.await(fiber), limit)
      if (Option.isNone(ended)) {
        givenUp()
        fiber.interruptUnsafe()
        return yield* Effect.interrupt
      }
    }
    return yield* Fiber.join(fiber)
  }))
