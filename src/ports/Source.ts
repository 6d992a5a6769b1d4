/**
 * A way in that keeps what it delivers until it hears what became of it: a stream, a broker with acknowledgements. Promises:
 *
 * 1. *At least once.* A delivery that was not settled as `Done` comes again, also to another process when this one dies. It has
 *    the same id then.
 * 2. *Settled means settled.* What is `Done` is not delivered again once the source has heard of it.
 * 3. *Bounded.* At most so many deliveries are with the process at once; the rest stays where it is. `Again` says that one cannot be
 *    taken now and after how long it may come again: so pressure reaches the source.
 */
import type { Effect } from "effect"

export interface Delivery {
  /** The same whenever it is delivered. */
  readonly id: string
  /** Not to be changed; valid until it is settled. */
  readonly bytes: Uint8Array
  /** Since when the source has it, by its clock; epoch milliseconds. It was received then at the latest. */
  readonly heldSince: number
  /** Media type, where the sender said one. */
  readonly contentType: string | undefined
}

export type Settled = { readonly _tag: "Done" } | { readonly _tag: "Again"; readonly afterMillis: number }

export interface Source {
  /** For the log and REJECTED: `nats`. */
  readonly name: string
  /** Hands every delivery to `take` and settles it as that says, several at once, in no order; until interrupted. */
  readonly deliver: <R>(
    take: (delivery: Delivery) => Effect.Effect<Settled, never, R>
  ) => Effect.Effect<never, never, R>
}
