/**
 * How well a part is known: by the share of its sensors that can be believed, and by how many there are. Ours.
 *
 *     coverage = Σ weight / Σ expected        over the properties of the part
 *     n        = max weight                   the property with the most healthy sensors
 *     confidence = coverage · n / (n + 1)
 *
 * n/(n + 1) is the reliability of a mean of n sensors where one alone has 1/2 (Spearman 1910 and Brown 1910, with ρ = 1/2).
 * The maximum, not the sum, because a sensor with four properties is still at one place.
 * Promise: a sensor that falls silent or gets stuck never raises it.
 */
import type { PropertyStates } from "./PropertyState.ts"

/** 0 to 1. */
export const partConfidence = (states: PropertyStates, properties: ReadonlyArray<string>): number => {
  let weight = 0
  let expected = 0
  let most = 0
  for (const property of properties) {
    const state = states.get(property)
    if (state === undefined) continue
    weight += state.weight
    expected += Math.max(state.expected, state.seen)
    most = Math.max(most, state.weight)
  }
  if (!(expected > 0) || !(weight > 0)) return 0
  return Math.min(1, weight / expected) * (most / (most + 1))
}
