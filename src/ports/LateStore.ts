/**
 * The late observations. Promise: every late row of a commit is found here once, with every bit it came with; pages are newest
 * received first, and going on from a page's `next` shows nothing twice and leaves out nothing that was there.
 */
import { Context, type Effect } from "effect"
import type { LateObservation } from "../schemas/LateObservation.ts"
import type { StoreUnavailable } from "./ShardStore.ts"

/** Where a late observation stands among those of its datastream. */
export interface LatePlace {
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** Among those received at the same instant: a higher one was recorded later. */
  readonly number: number
}

export interface LateQuery {
  readonly sensorId: string
  readonly property: string
  readonly limit: number
  /** `next` of the page before; without it the newest are asked for. */
  readonly after?: LatePlace | undefined
}

export interface LatePage {
  readonly items: ReadonlyArray<LateObservation>
  /** Null at the end. */
  readonly next: LatePlace | null
}

export class LateStore extends Context.Service<LateStore, {
  /** Empty for what was never named. */
  readonly late: (query: LateQuery) => Effect.Effect<LatePage, StoreUnavailable>
}>()("vicinity/ports/LateStore") {}
