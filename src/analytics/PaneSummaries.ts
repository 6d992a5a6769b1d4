/**
 * What each open pane comes to, kept while its values come in order of phenomenon time, as almost all do: to look at a pane, or to
 * seal it, need not read its values again. Promise: the very bits that `summarize` gives of the values in that order, or none. A pane
 * whose values came otherwise has none until somebody reads it.
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { secondBeyondUnit, thresholdsOf } from "./Beyond.ts"
import { CellPool } from "./CellPool.ts"
import * as Summary from "./Summary.ts"

// Words of one. `placed`: the low 32 bits, signed, are the oldest value, −1: no summary; above: 1 + the district, 0: several.
const mean = 0
const m2 = 1
const min = 2
const max = 3
const energy = 4
const beyond = 5
const placed = 6
const last = 7

const aboveLow = 2 ** 32
const arithmetic = 0
const energetic = 1
const circular = 2
const kinds = Uint8Array.from(
  observedProperties,
  ({ aggregation }) => aggregation === "energy" ? energetic : aggregation === "circular" ? circular : arithmetic
)
const degree = Math.PI / 180

/** The summary `read` found and `write` keeps: the words of a `Summary`, then observations beyond thresholds and the district. */
export const found = new Float64Array(Summary.summaryWords + 2)
export const foundBeyond = Summary.summaryWords
/** −1: several. */
export const foundDistrict = Summary.summaryWords + 1

export class PaneSummaries {
  private readonly pool = new CellPool(Infinity, 3)

  /** Of a new pane without values. */
  take(): number {
    const summary = this.pool.take()
    this.forget(summary)
    return summary
  }

  give(summary: number): void {
    this.pool.give(summary)
  }

  /** The pane's values did not come in order. */
  forget(summary: number): void {
    this.pool.chunk(summary)[this.pool.at(summary) + placed] = -1
  }

  /** The pane's oldest value, −1: there is no summary. */
  oldest(summary: number): number {
    return (this.pool.chunk(summary)[this.pool.at(summary) + placed] as number) | 0
  }

  /** A value was added that is newer than the `before` values there. It is result and district of `observation`, in the cell `value`. */
  extend(summary: number, before: number, value: number, observation: Float64Array, property: number): void {
    const words = this.pool.chunk(summary)
    const at = this.pool.at(summary)
    const x = observation[2] as number
    const district = observation[3] as number
    if (before === 0) {
      for (let i = mean; i <= beyond; i++) words[at + i] = 0
      words[at + min] = Infinity
      words[at + max] = -Infinity
      words[at + placed] = aboveLow * (district + 1) + value
    } else {
      const word = words[at + placed] as number
      const low = word | 0
      if (low < 0) return
      if (word - low !== aboveLow * (district + 1)) words[at + placed] = low
    }
    if (x < (words[at + min] as number)) words[at + min] = x
    if (x > (words[at + max] as number)) words[at + max] = x
    words[at + last] = x
    addTo(words, at, before + 1, x, kinds[property] as number)
    const first = thresholdsOf[2 * property] as number
    const second = thresholdsOf[2 * property + 1] as number
    if (first < 0 ? x < first : x > first) words[at + beyond] = (words[at + beyond] as number) + 1
    if (second < 0 ? x < second : x > second) words[at + beyond] = (words[at + beyond] as number) + secondBeyondUnit
  }

  /** Puts the summary of a pane with this start and count into `found`; false where there is none. */
  read(summary: number, start: number, count: number): boolean {
    const words = this.pool.chunk(summary)
    const at = this.pool.at(summary)
    const word = words[at + placed] as number
    const low = word | 0
    if (low < 0) return false
    found[Summary.start] = start
    found[Summary.count] = count
    found[Summary.mean] = words[at + mean] as number
    found[Summary.m2] = words[at + m2] as number
    found[Summary.min] = words[at + min] as number
    found[Summary.max] = words[at + max] as number
    found[Summary.last] = words[at + last] as number
    found[Summary.energy] = words[at + energy] as number
    found[foundBeyond] = words[at + beyond] as number
    found[foundDistrict] = (word - low) / aboveLow - 1
    return true
  }

  /** Keeps `found`, of values all of which count. */
  write(summary: number, oldest: number): void {
    const words = this.pool.chunk(summary)
    const at = this.pool.at(summary)
    words[at + mean] = found[Summary.mean] as number
    words[at + m2] = found[Summary.m2] as number
    words[at + min] = found[Summary.min] as number
    words[at + max] = found[Summary.max] as number
    words[at + last] = found[Summary.last] as number
    words[at + energy] = found[Summary.energy] as number
    words[at + beyond] = found[foundBeyond] as number
    words[at + placed] = aboveLow * ((found[foundDistrict] as number) + 1) + oldest
  }

  get bytes(): number {
    return this.pool.bytes
  }
}

/** As `summarize` does with the `n`th value. */
const addTo = (words: Float64Array, at: number, n: number, x: number, kind: number): void => {
  if (kind === circular) {
    words[at + mean] = (words[at + mean] as number) + (Math.cos(x * degree) - (words[at + mean] as number)) / n
    words[at + m2] = (words[at + m2] as number) + (Math.sin(x * degree) - (words[at + m2] as number)) / n
    return
  }
  const average = words[at + mean] as number
  const delta = x - average
  const next = average + delta / n
  words[at + mean] = next
  words[at + m2] = (words[at + m2] as number) + delta * (x - next)
  if (kind === energetic) {
    words[at + energy] = (words[at + energy] as number) + (10 ** (x / 10) - (words[at + energy] as number)) / n
  }
}
