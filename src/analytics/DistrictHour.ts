/** The hour before a step of a district: its twelve five-minute windows together, as the quality of life takes them. */
import { aggregationOf, observedProperties } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import type { PropertyState } from "./PropertyState.ts"
import * as Summary from "./Summary.ts"

const word = (words: Float64Array | undefined, at: number): number => words?.[at] ?? 0

/** Partials by property, merged in the order given. */
export const mergeWindows = (
  windows: ReadonlyArray<ReadonlyMap<number, Float64Array>>
): ReadonlyMap<number, Float64Array> => {
  const hour = new Map<number, Float64Array>()
  for (const window of windows) {
    for (const [property, words] of window) {
      const into = hour.get(property)
      if (into === undefined) hour.set(property, words.slice(0, partialWords))
      else Partial.merge(into, 0, words, 0, aggregationOf(property))
    }
  }
  return new Map([...hour].sort(([a], [b]) => a - b))
}

/**
 * Windows in which sensors are looked for: a moving one belongs to a district for twenty minutes after it reported there, or public
 * transport would come and go with each bus.
 */
export const presentWindows = 4

/**
 * States of the hour: values from all its windows; sensors (expected, seen, ill) from the newest of `present` in which there are any, because
 * they say how things stand now. `present`: at most `presentWindows`, newest first.
 */
export const hourStates = (
  hour: ReadonlyMap<number, Float64Array>,
  present: ReadonlyArray<ReadonlyMap<number, Float64Array>>
): ReadonlyArray<PropertyState> =>
  Array.from(hour, ([number, words]): PropertyState => {
    const now = present.find((window) => word(window.get(number), Partial.expected) > 0)?.get(number)
    return {
      property: observedProperties[number]?.name ?? "",
      mean: Partial.sensorMean(words, 0, aggregationOf(number)),
      observations: word(words, Summary.count),
      beyond: [word(words, Partial.beyond), word(words, Partial.beyond + 1)],
      referenced: word(words, Partial.referenced),
      compared: word(words, Partial.compared),
      expected: word(now, Partial.expected),
      seen: word(now, Partial.seen),
      ill: word(now, Partial.ill),
      weight: word(now, Partial.seenWeight)
    }
  })
