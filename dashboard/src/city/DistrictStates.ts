/** States of districts and their order. Pure. Promise: an older state never replaces a newer one, whichever way it came. */
import type { District, QualityEvent } from "../api/Shapes.ts"

/** What both a listed district and an event have. */
type State = Pick<District, "end" | "final" | "knownAt" | "revision">

const endOf = ({ end }: State): number => end === null ? -Infinity : Date.parse(end)

/** By window, then revision, then whether it is final, then when it became known. */
const isNewer = (state: State, than: State): boolean => {
  if (endOf(state) !== endOf(than)) return endOf(state) > endOf(than)
  if (state.revision !== than.revision) return (state.revision ?? -1) > (than.revision ?? -1)
  if (state.final !== than.final) return state.final === true
  return (state.knownAt ?? "") > (than.knownAt ?? "")
}

export type Districts = ReadonlyMap<string, District>

/** After an event; the same map when it is no news, `undefined` when the district is not known: the list must be asked for. */
export const withEvent = (districts: Districts, event: QualityEvent): Districts | undefined => {
  const before = districts.get(event.district)
  if (before === undefined) return undefined
  if (!isNewer(event, before)) return districts
  const { end, final, incidents, knownAt, properties, quality, revision, start } = event
  const after = { ...before, end, final, incidents, knownAt, properties, quality, revision, start }
  return new Map(districts).set(event.district, after)
}

/** After a list: what an event has brought meanwhile stays, and so do outlines, which are asked for once. */
export const withList = (districts: Districts, list: ReadonlyArray<District>): Districts =>
  new Map(list.map((item) => {
    const before = districts.get(item.id)
    const outline = item.outline ?? before?.outline
    const state = before !== undefined && isNewer(before, item) ? before : item
    return [item.id, { ...state, ...(outline === undefined ? {} : { outline }) }]
  }))

export const newestEnd = (districts: Districts): number | undefined => {
  const newest = Math.max(...[...districts.values()].map(endOf))
  return Number.isFinite(newest) ? newest : undefined
}

export type Order = "lowest" | "highest" | "name"

/** Those without an index come last; equal ones by name. */
export const inOrder = (districts: Districts, order: Order): ReadonlyArray<District> => {
  const byName = (a: District, b: District) => a.name.localeCompare(b.name)
  const sign = order === "highest" ? -1 : 1
  return [...districts.values()].sort((a, b) => {
    if (order === "name") return byName(a, b)
    if (a.quality === null || b.quality === null) {
      return Number(a.quality === null) - Number(b.quality === null) || byName(a, b)
    }
    return sign * (a.quality.index - b.quality.index) || byName(a, b)
  })
}
