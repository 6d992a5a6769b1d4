/**
 * What a stopped city has found out, as rows of text, so that two cities can be compared row by row. What a city has only because of when
 * it was done is left out: it is no content.
 */
import { Effect } from "effect"
import { storedAnomalies, storedDistricts, storedWindows } from "./CityRows.ts"
import { publishedEvents } from "./PublishedEvents.ts"

export const cityContent = Effect.gen(function*() {
  const { repeated, rows } = yield* publishedEvents
  const { states, windows } = yield* storedDistricts
  // Late observations are left out: when they were received differs from one run to the next.
  return {
    windows: yield* storedWindows,
    anomalies: yield* storedAnomalies,
    districtWindows: windows,
    districtStates: states,
    events: rows,
    repeatedEvents: repeated
  }
})

export type CityContent = Effect.Success<typeof cityContent>
