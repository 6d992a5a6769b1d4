/**
 * How the open panes of a datastream lie in the pool: cells of four words, the panes of a datastream in a ring, the values of a
 * pane in a list. Nothing here decides what is a duplicate or superseded.
 */
import type { CellPool } from "./CellPool.ts"

// A pane cell: start, newest value, 2^14 × (1 + its summary, see `PaneSummaries.ts`; 0: none) + values, next newer pane; the
// newest one's next is the oldest, so that both ends of the ring are at hand and neither inserting at one nor sealing at the
// other reads the panes between.
export const paneStart = 0
export const paneHead = 1
export const paneCount = 2
export const paneNext = 3
// A value cell: phenomenon time, result time, result, link. The low 32 bits of a link, signed, are 2 × next older value +
// superseded (−2 or −1 at the end, see `nextOf`); what is above is the district.
export const valueTime = 0
export const valueResultTime = 1
export const valueResult = 2
export const valueLink = 3

/** Above the values of a pane. */
export const aboveCount = 2 ** 14
export const countOf = (word: number): number => word & (aboveCount - 1)
/** −1: none. */
export const summaryOf = (word: number): number => Math.floor(word / aboveCount) - 1

export const isSuperseded = (link: number): boolean => (link & 1) === 1
/** The same district and flag with another next older value. */
export const relinked = (link: number, next: number): number => link - (link | 0) + 2 * next + (link & 1)

export class PaneRing {
  readonly pool: CellPool

  constructor(pool: CellPool) {
    this.pool = pool
  }

  next(pane: number): number {
    return (this.pool.chunk(pane)[this.pool.at(pane) + paneNext] as number) | 0
  }

  link(pane: number, next: number): void {
    this.pool.chunk(pane)[this.pool.at(pane) + paneNext] = next
  }

  /** Puts a pane into the ring behind another; alone where there is none. */
  linkAfter(pane: number, fresh: number): void {
    if (pane < 0) this.link(fresh, fresh)
    else {
      this.link(fresh, this.next(pane))
      this.link(pane, fresh)
    }
  }

  length(head: number): number {
    if (head < 0) return 0
    let count = 1
    for (let pane = this.next(head); pane !== head; pane = this.next(pane)) count++
    return count
  }

  cell(a: number, b: number, c: number, d: number): number {
    const cell = this.pool.take()
    if (cell < 0) return -1
    const words = this.pool.chunk(cell)
    const at = this.pool.at(cell)
    words[at] = a
    words[at + 1] = b
    words[at + 2] = c
    words[at + 3] = d
    return cell
  }
}
