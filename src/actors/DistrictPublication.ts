/**
 * What becomes public when a window of a district was put together: its rows in the history, its state with the quality of life,
 * and the events that tell of both. A function of the district and its settings.
 */
import { hourStates, mergeWindows, presentWindows } from "../analytics/DistrictHour.ts"
import type { DistrictWindow } from "../analytics/DistrictWindow.ts"
import * as Partial from "../analytics/Partial.ts"
import type { PropertyState } from "../analytics/PropertyState.ts"
import { qualityOfLife } from "../analytics/QualityOfLife.ts"
import * as Summary from "../analytics/Summary.ts"
import type { DistrictStateRow, DistrictWindowRow } from "../ports/ShardStore.ts"
import { type CityEvent, districtSource } from "../schemas/CityEvent.ts"
import { type DistrictState, stepMillis } from "../schemas/DistrictState.ts"
import type { DistrictWindows } from "../schemas/EventMessages.ts"
import { DistrictId } from "../schemas/Identifiers.ts"
import { aggregationOf, observedProperties, observedProperty } from "../schemas/ObservedProperties.ts"
import type { QualityWeights } from "../schemas/QualityOfLife.ts"
import { toRfc3339 } from "../schemas/Quantities.ts"
import type { Window } from "../schemas/Window.ts"
import { type DistrictHour, hourMillis } from "./DistrictHours.ts"
import type { DistrictRecord } from "./DistrictRecord.ts"

interface Publication {
  readonly rows: ReadonlyArray<DistrictWindowRow>
  readonly state: DistrictState
  readonly stateRow: DistrictStateRow
  readonly events: ReadonlyArray<CityEvent>
}

interface PublicationSettings {
  readonly weights: QualityWeights
  /** Hour of the day, 0 to 23, in the city's zone at an instant. */
  readonly localHour: (epochMillis: number) => number
}

const get = (words: Float64Array, at: number): number => words[at] as number

const rowOf = (
  district: string,
  property: number,
  words: Float64Array,
  window: Pick<DistrictWindowRow, "size" | "start" | "revision" | "final" | "knownAt">
): DistrictWindowRow => {
  const aggregation = aggregationOf(property)
  const isEmpty = get(words, Summary.count) === 0
  return {
    district,
    property: observedProperties[property]?.name ?? "",
    ...window,
    count: get(words, Summary.count),
    mean: Partial.sensorMean(words, 0, aggregation),
    variance: isEmpty ? NaN : Summary.reportedVariance(words, 0, aggregation),
    min: isEmpty ? NaN : get(words, Summary.min),
    max: isEmpty ? NaN : get(words, Summary.max),
    last: Partial.sensorLast(words, 0, aggregation),
    sensors: get(words, Partial.sensors),
    expected: get(words, Partial.expected),
    seen: get(words, Partial.seen),
    ill: get(words, Partial.ill),
    weight: get(words, Partial.weight),
    beyond: [get(words, Partial.beyond), get(words, Partial.beyond + 1)],
    referenced: get(words, Partial.referenced),
    compared: get(words, Partial.compared)
  }
}

/** The window as the API and subscribers see it; only where it has values. */
const shownWindow = (row: DistrictWindowRow): Window => ({
  property: row.property,
  start: toRfc3339(row.start),
  end: toRfc3339(row.start + row.size),
  count: row.count,
  mean: row.mean,
  variance: row.variance,
  min: row.min,
  max: row.max,
  last: row.last,
  revision: row.revision,
  final: row.final
})

const propertiesOf = (states: ReadonlyArray<PropertyState>): DistrictState["properties"] =>
  states.flatMap(({ mean, property, seen }) => {
    const unit = observedProperty(property)?.unit ?? ""
    return Number.isFinite(mean) ? [{ property, unit, mean, sensors: seen }] : []
  })

/** What becomes public of an hour: all its windows together. */
export const hourRows = (
  record: DistrictRecord,
  { revision, start }: DistrictHour,
  time: number
): ReadonlyArray<DistrictWindowRow> => {
  const windows = record.hourOf(start + hourMillis - stepMillis)
  const merged = mergeWindows(windows.map(({ merged }) => merged))
  const final = windows.every(({ isFinal }) => isFinal)
  return Array.from(
    merged,
    ([property, words]) =>
      rowOf(record.id, property, words, { size: hourMillis, start, revision, final, knownAt: time })
  )
}

/** Counts the window's next revision and gives what becomes public with it. `changed`: properties whose partials did. */
export const publish = (
  record: DistrictRecord,
  window: DistrictWindow,
  time: number,
  changed: ReadonlyArray<number>,
  wasFinal: boolean,
  { localHour, weights }: PublicationSettings
): Publication => {
  window.revision++
  const { isFinal: final, merged, revision, start } = window
  const shown = wasFinal ? changed : [...merged.keys()]
  const rows = shown.flatMap((property) => {
    const words = merged.get(property)
    const size = stepMillis
    return words === undefined
      ? []
      : [rowOf(record.id, property, words, { size, start, revision, final, knownAt: time })]
  })
  const hour = record.hourOf(start)
  const present = hour.filter((each) => each.start > start - presentWindows * stepMillis).toReversed()
  const states = hourStates(mergeWindows(hour.map(({ merged }) => merged)), present.map(({ merged }) => merged))
  const quality = qualityOfLife(states, weights, localHour(start)) ?? null
  const state: DistrictState = {
    district: DistrictId.make(record.id),
    name: record.description?.name ?? record.id,
    start: toRfc3339(start),
    end: toRfc3339(start + stepMillis),
    knownAt: toRfc3339(time),
    revision,
    final,
    quality,
    properties: propertiesOf(states),
    incidents: record.incidents.at(time)
  }
  const stateRow: DistrictStateRow = {
    district: record.id,
    start,
    revision,
    final,
    knownAt: time,
    quality: quality?.index ?? null,
    confidence: quality?.confidence ?? null,
    state: JSON.stringify(state)
  }
  return {
    rows,
    state,
    stateRow,
    events: eventsOf(record.id, time, state, rows)
  }
}

const eventsOf = (
  district: string,
  time: number,
  state: DistrictState,
  rows: ReadonlyArray<DistrictWindowRow>
): ReadonlyArray<CityEvent> => {
  const { end, final, knownAt, revision, start } = state
  const idOf = (type: string): string => `${type}:${district}:${start}:r${revision}`
  const source = districtSource(district)
  const windows: DistrictWindows = {
    district: state.district,
    start,
    end,
    knownAt,
    revision,
    final,
    windows: rows.filter(({ count }) => count > 0).map(shownWindow)
  }
  return [
    { id: idOf("quality"), type: "quality", district, time, source, data: state },
    { id: idOf("window"), type: "window", district, time, source, data: windows }
  ]
}
