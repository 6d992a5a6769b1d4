/**
 * What each open pane came to when somebody read its values last: who looks again, or seals it, need not read them again where none came
 * since. Promise: the very bits that `summarize` gives of them, or none.
 */
import { CellPool } from "./CellPool.ts"
import { aboveOf, lowOf, packed } from "./LowWord.ts"
import * as Summary from "./Summary.ts"

// Words of one. `beyond`: 2^40 × the values there were + those beyond thresholds, packed. `placed`: the low 32 bits, signed,
// are the oldest value, −1: no summary; above: 1 + the district, 0: several.
const mean = 0
const m2 = 1
const min = 2
const max = 3
const energy = 4
const beyond = 5
const placed = 6
const last = 7

const aboveBeyond = 2 ** 40
/** Of a pane with more values none is kept. */
const countMax = 8_191

/** The summary `read` found and `write` keeps: the words of a `Summary`, then observations beyond thresholds and the district. */
export const found = new Float64Array(Summary.summaryWords + 2)
export const foundBeyond = Summary.summaryWords
/** −1: several. */
export const foundDistrict = Summary.summaryWords + 1

export class PaneSummaries {
  private readonly pool = new CellPool(Infinity, 3)

  /** Of a new pane, of which nothing is kept. */
  take(): number {
    const summary = this.pool.take()
    this.pool.chunk(summary)[this.pool.at(summary) + placed] = -1
    return summary
  }

  give(summary: number): void {
    this.pool.give(summary)
  }

  /** Puts the summary of a pane with this start and count into `found`; returns its oldest value, −1 where there is none. */
  read(summary: number, start: number, count: number): number {
    const words = this.pool.chunk(summary)
    const at = this.pool.at(summary)
    const word = words[at + placed] as number
    const oldest = lowOf(word)
    const counted = words[at + beyond] as number
    if (oldest < 0 || Math.floor(counted / aboveBeyond) !== count) return -1
    found[Summary.start] = start
    found[Summary.count] = count
    found[Summary.mean] = words[at + mean] as number
    found[Summary.m2] = words[at + m2] as number
    found[Summary.min] = words[at + min] as number
    found[Summary.max] = words[at + max] as number
    found[Summary.last] = words[at + last] as number
    found[Summary.energy] = words[at + energy] as number
    found[foundBeyond] = counted - aboveBeyond * count
    found[foundDistrict] = aboveOf(word) - 1
    return oldest
  }

  /** Keeps `found`, of values all of which count. */
  write(summary: number, oldest: number): void {
    const count = found[Summary.count] as number
    if (count > countMax) return
    const words = this.pool.chunk(summary)
    const at = this.pool.at(summary)
    words[at + mean] = found[Summary.mean] as number
    words[at + m2] = found[Summary.m2] as number
    words[at + min] = found[Summary.min] as number
    words[at + max] = found[Summary.max] as number
    words[at + last] = found[Summary.last] as number
    words[at + energy] = found[Summary.energy] as number
    words[at + beyond] = aboveBeyond * count + (found[foundBeyond] as number)
    words[at + placed] = packed((found[foundDistrict] as number) + 1, oldest)
  }
}
