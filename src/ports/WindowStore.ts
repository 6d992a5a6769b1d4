/**
 * The history of sealed windows. Promise: every row of a commit is found here once, in its newest revision; with `knownAt`
 * as it was known then.
 */
import { Context, type Effect, type Schema } from "effect"
import type { Window, WindowSize } from "../schemas/Window.ts"
import type { StoreUnavailable } from "./ShardStore.ts"

export interface WindowQuery {
  readonly sensorId: string
  readonly property: string
  readonly size: WindowSize
  /** Epoch milliseconds: windows whose start is in `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly limit: number
  /** The last `limit` of the span instead of the first; ascending all the same. */
  readonly newest?: boolean | undefined
  /** Epoch milliseconds: as was recorded at that instant. */
  readonly knownAt?: number | undefined
}

export class WindowStore extends Context.Service<WindowStore, {
  /** Ascending by start. */
  readonly windows: (
    query: WindowQuery
  ) => Effect.Effect<ReadonlyArray<Schema.Schema.Type<typeof Window>>, StoreUnavailable>
}>()("vicinity/ports/WindowStore") {}
