/**
 * How many observations lie beyond the (at most two) thresholds of their property. *Beyond* is away from zero: below a
 * negative threshold, above any other; so a schedule delay of exactly −60 s or 300 s is still on time. The two counts are packed
 * into one number, which adds as they do.
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"

const packing = 2 ** 26

const thresholds = observedProperties.map((property) => property.thresholds)

export const beyondOf = (values: Float64Array, from: number, to: number, property: number): number => {
  const limits = thresholds[property] as ReadonlyArray<number>
  let packed = 0
  for (let k = 0; k < limits.length; k++) {
    const limit = limits[k] as number
    let count = 0
    for (let i = from; i < to; i++) {
      const value = values[i] as number
      if (limit < 0 ? value < limit : value > limit) count++
    }
    packed += k === 0 ? count : packing * count
  }
  return packed
}

export const firstBeyond = (packed: number): number => packed % packing
export const secondBeyond = (packed: number): number => Math.floor(packed / packing)
