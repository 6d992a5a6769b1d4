/** What was found out about an anomaly, and how severe that is. */
import type { AnomalyEnding, AnomalySeverity } from "../schemas/Anomaly.ts"
import { scoreAtOnce } from "./LightTest.ts"

/** A revision of an anomaly. Times in epoch milliseconds. */
export interface FoundAnomaly {
  readonly slot: number
  /** Number of the district in which it opened; 0: none. */
  readonly district: number
  /** Phenomenon time of the observation that opened it. */
  readonly opened: number
  /** Undefined while it is open. */
  readonly closed: number | undefined
  readonly ending: AnomalyEnding | undefined
  readonly revision: number
  readonly severity: AnomalySeverity
  /** Of the observation furthest beyond: its score, what was expected of it, its result and its phenomenon time. */
  readonly score: number
  readonly low: number
  readonly high: number
  readonly observed: number
  readonly observedAt: number
}

const hour = 3_600_000
/** Ascending. */
export const severities: ReadonlyArray<AnomalySeverity> = ["minor", "major", "critical"]

/** By how far and how long beyond: twice as far as opens one, or an hour, is major; four times, or twice for an hour, is critical. */
export const severityOf = (score: number, beyondMillis: number): AnomalySeverity => {
  const far = score >= 4 * scoreAtOnce ? 2 : score >= 2 * scoreAtOnce ? 1 : 0
  return severities[Math.min(2, far + (beyondMillis >= hour ? 1 : 0))] as AnomalySeverity
}
