/**
 * What a stopped city has found out, as rows of text, so that two cities can be compared row by row. What a city has only because of when
 * it was done is left out: it is no content.
 */
import { Effect } from "effect"
import { storedRows } from "./CityRows.ts"
import { publishedEvents } from "./PublishedEvents.ts"

export const cityContent = Effect.gen(function*() {
  const { repeated, rows } = yield* publishedEvents
  // When a late observation was received differs from one run to the next.
  const { districtStates, districtWindows, windows } = yield* storedRows
  return { windows, districtWindows, districtStates, events: rows, repeatedEvents: repeated }
})

export type CityContent = Effect.Success<typeof cityContent>
