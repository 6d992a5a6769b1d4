/**
 * An anomaly: an episode in which what a sensor reported was far from what was expected of it, explained. It opens once, may become
 * more severe, and closes; each time it is told as a new revision under the same id.
 */
import { Schema } from "effect"
import { observedProperties } from "./ObservedProperties.ts"
import { toRfc3339 } from "./Quantities.ts"

/** As in ITU-T X.733 §8.1.2.3: the higher, the more it matters. */
export const AnomalySeverity = Schema.Literals(["minor", "major", "critical"])
export type AnomalySeverity = typeof AnomalySeverity.Type

/** How it ended: as expected again, nothing came any more, or the observation it rests on was corrected. */
export const AnomalyEnding = Schema.Literals(["over", "silent", "corrected"])
export type AnomalyEnding = typeof AnomalyEnding.Type

export const Anomaly = Schema.Struct({
  id: Schema.NonEmptyString,
  sensor: Schema.NonEmptyString,
  district: Schema.NullOr(Schema.String).annotate({ description: "In which it opened; null outside all" }),
  property: Schema.String,
  opened: Schema.String.annotate({ description: "Phenomenon time of the observation that opened it, RFC 3339 UTC" }),
  closed: Schema.NullOr(Schema.String).annotate({ description: "When it ended; null while it is open" }),
  severity: AnomalySeverity.annotate({ description: "By how far and how long; it never falls" }),
  score: Schema.Finite.annotate({
    description: "How far beyond what was expected: 1 is the edge of it, 3 opens an anomaly; without an upper end"
  }),
  expected: Schema.Struct({ low: Schema.Finite, high: Schema.Finite }).annotate({
    description: "What was expected of the observation that is furthest beyond"
  }),
  observed: Schema.Finite.annotate({ description: "Result of the observation that is furthest beyond" }),
  observedAt: Schema.String.annotate({ description: "Its phenomenon time" }),
  unit: Schema.String.annotate({ description: "UCUM code" }),
  ending: Schema.NullOr(AnomalyEnding).annotate({
    description:
      "As expected again, nothing came any more, or the observation it rests on was corrected; null while it is open"
  }),
  revision: Schema.Int.annotate({ description: "0 when it opened; a later one replaces it" }),
  sentence: Schema.NonEmptyString.annotate({ description: "What happened, for people" })
}).annotate({ identifier: "Anomaly" })
export type Anomaly = typeof Anomaly.Type

/** A revision of an anomaly as it is kept and as it travels; times in epoch milliseconds. */
export interface AnomalyRevision {
  readonly sensorId: string
  /** Number in the catalogue. */
  readonly property: number
  /** Null outside all. */
  readonly district: string | null
  readonly opened: number
  readonly closed: number | null
  readonly ending: AnomalyEnding | null
  readonly revision: number
  readonly severity: AnomalySeverity
  readonly score: number
  readonly low: number
  readonly high: number
  readonly observed: number
  readonly observedAt: number
  readonly sentence: string
}

/** The same anomaly has the same id, whoever makes it. The sensor's id may have colons, what follows it has as many as it always has. */
export const anomalyId = (sensorId: string, property: string, opened: number): string =>
  `anomaly:${sensorId}:${property}:${toRfc3339(opened)}`

export const shownAnomaly = (found: AnomalyRevision): Anomaly => {
  const { name = "", unit = "" } = observedProperties[found.property] ?? {}
  return {
    id: anomalyId(found.sensorId, name, found.opened),
    sensor: found.sensorId,
    district: found.district,
    property: name,
    opened: toRfc3339(found.opened),
    closed: found.closed === null ? null : toRfc3339(found.closed),
    severity: found.severity,
    score: found.score,
    expected: { low: found.low, high: found.high },
    observed: found.observed,
    observedAt: toRfc3339(found.observedAt),
    unit,
    ending: found.ending,
    revision: found.revision,
    sentence: found.sentence
  }
}
