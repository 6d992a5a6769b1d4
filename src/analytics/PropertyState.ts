/**
 * What a district measured of one property in the hour before: all that the quality of life is computed from.
 * A list of states holds at most one of each property; its order means nothing.
 */

export interface PropertyState {
  /** Name in the catalogue of observed properties. */
  readonly property: string
  /** Weighted mean over the sensors by the aggregation of the property, in its unit; NaN where there is no value. */
  readonly mean: number
  /** Observations counted in the hour. */
  readonly observations: number
  /** Observations beyond the first and the second threshold, away from zero: x < t for t < 0, x > t for t ≥ 0. */
  readonly beyond: readonly [number, number]
  /** Σ w over the sensor-windows that were compared with their own reference. */
  readonly referenced: number
  /** Σ w·c over the same: c is the share of free flow (`vehicle_speed`), or 1 where regular, else 0 (`headway`). */
  readonly compared: number
  /** Sensors that belong to the district; moving ones while they report. */
  readonly expected: number
  /** Of them, those that report by their own rhythm. */
  readonly seen: number
  /** Of the seen, those that are stuck: their weight is below 1. */
  readonly ill: number
  /** Σ of the health weights of the seen, at most `seen`. */
  readonly weight: number
}

/** The states by property. */
export type PropertyStates = ReadonlyMap<string, PropertyState>

/** A state that somebody reports for, or `undefined`. */
export const seenState = (states: PropertyStates, property: string): PropertyState | undefined => {
  const state = states.get(property)
  return state !== undefined && state.seen > 0 ? state : undefined
}

/** The state's share of what was compared with a reference of its own, in [0, 1], or `undefined` where nothing was. */
export const comparedShare = (states: PropertyStates, property: string): number | undefined => {
  const state = seenState(states, property)
  if (state === undefined || !(state.referenced > 0) || !Number.isFinite(state.compared)) return undefined
  return Math.min(1, Math.max(0, state.compared / state.referenced))
}

/** Of an hour a part's index, as computed from its states. */
export interface PartValue {
  /** 0 to 100. */
  readonly index: number
  /** The deciding value and its band: `PM2.5 18 µg/m³: moderate`. */
  readonly detail: string
  /** The same as a clause: `PM2.5 at 18 µg/m³ is moderate`. */
  readonly clause: string
}
