/** Two contents of a city, row by row. */
import type { CityContent } from "./CityContent.ts"

const compared = ["windows", "anomalies", "districtWindows", "districtStates", "events"] as const

export interface Comparison {
  readonly what: string
  readonly rows: number
  /** Rows that only one of them has. */
  readonly missing: number
  readonly added: number
  /** The first of each. */
  readonly example: string | undefined
}

/** Both sides are distinct rows, in any order. */
export const compareRows = (
  what: string,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): Comparison => {
  const here = new Set(before)
  const there = new Set(after)
  const missing = before.filter((row) => !there.has(row)).sort()
  const added = after.filter((row) => !here.has(row)).sort()
  const example = missing.length + added.length === 0
    ? undefined
    : `− ${missing[0] ?? "nothing"}\n+ ${added[0] ?? "nothing"}`
  return { what, rows: before.length, missing: missing.length, added: added.length, example }
}

export const compareContents = (before: CityContent, after: CityContent): ReadonlyArray<Comparison> =>
  compared.map((what) => compareRows(what, before[what], after[what]))
