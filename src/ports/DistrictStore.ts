/**
 * The history of districts. Promise: every revision of a commit is found here, in its newest form or, with `knownAt`, as it was known
 * then, in the time of the log.
 */
import { Context, type Effect } from "effect"
import type { DistrictState } from "../schemas/DistrictState.ts"
import type { Window, WindowSize } from "../schemas/Window.ts"
import type { StoreUnavailable } from "./ShardStore.ts"

export interface DistrictWindowQuery {
  readonly district: string
  readonly property: string
  readonly size: WindowSize
  /** Epoch milliseconds: windows whose start is in `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly limit: number
  /** The last `limit` of the span instead of the first; ascending all the same. */
  readonly newest?: boolean | undefined
  /** Epoch milliseconds. */
  readonly knownAt?: number | undefined
}

export interface DistrictStateQuery {
  readonly district: string
  /** Epoch milliseconds: steps whose start is in `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly limit: number
  /** The last `limit` of the span instead of the first; ascending all the same. */
  readonly newest?: boolean | undefined
  readonly knownAt?: number | undefined
}

export class DistrictStore extends Context.Service<DistrictStore, {
  /** Windows with a value, ascending by start. */
  readonly windows: (query: DistrictWindowQuery) => Effect.Effect<ReadonlyArray<Window>, StoreUnavailable>
  /** Ascending by start. */
  readonly states: (query: DistrictStateQuery) => Effect.Effect<ReadonlyArray<DistrictState>, StoreUnavailable>
  /** The newest step that was known at an instant, as it was known; `undefined` where none was. */
  readonly stateAt: (district: string, knownAt: number) => Effect.Effect<DistrictState | undefined, StoreUnavailable>
}>()("vicinity/ports/DistrictStore") {}
