/**
 * The anomalies of sensors and of districts. Promises: every anomaly of a commit is found here once, in its newest revision; pages are
 * newest opened first, and going on from a page's `next` shows nothing twice and leaves out nothing that was there.
 */
import { Context, type Effect } from "effect"
import type { Anomaly } from "../schemas/Anomaly.ts"
import type { StoreUnavailable } from "./ShardStore.ts"

/** Where an anomaly stands among all. */
export interface AnomalyPlace {
  /** Epoch milliseconds. */
  readonly opened: number
  /** Among those that opened at the same instant. */
  readonly number: number
}

export interface AnomalyQuery {
  readonly of: { readonly sensorId: string } | { readonly district: string }
  /** Opened in `[from, to)`, epoch milliseconds. */
  readonly from: number
  readonly to: number
  /** Only those that are open. */
  readonly open: boolean
  readonly limit: number
  /** `next` of the page before; without it the newest are asked for. */
  readonly after?: AnomalyPlace | undefined
}

export interface AnomalyPage {
  readonly items: ReadonlyArray<Anomaly>
  /** Null at the end. */
  readonly next: AnomalyPlace | null
}

export class AnomalyStore extends Context.Service<AnomalyStore, {
  /** Empty for what was never named. */
  readonly anomalies: (query: AnomalyQuery) => Effect.Effect<AnomalyPage, StoreUnavailable>
}>()("vicinity/ports/AnomalyStore") {}
