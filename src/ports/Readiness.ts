/**
 * Whether a process can do its work, beyond its shards: what each edge of it says of itself. Promise: asking is cheap and never waits for
 * what is away.
 */
import { Context, Effect } from "effect"

export interface ReadinessPart {
  readonly name: string
  /** `degraded`: everything is answered, something more slowly or by a detour. `not-ready`: requests would fail. */
  readonly state: "ready" | "degraded" | "not-ready"
  /** One sentence: what is, and what follows from it. */
  readonly detail: string
}

export interface ReadinessParts {
  /** Whether this process is to hold shards; one that is not has none to wait for. */
  readonly hasShards: boolean
  readonly parts: Effect.Effect<ReadonlyArray<ReadinessPart>>
}

export const Readiness = Context.Reference<ReadinessParts>("vicinity/ports/Readiness", {
  defaultValue: () => ({ hasShards: true, parts: Effect.succeed([]) })
})
