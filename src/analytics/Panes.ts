/**
 * The open one-minute panes of a datastream: every raw (phenomenonTime, resultTime, result) of the span that may still change,
 * so that duplicates and corrections are exact.
 *
 *     watermark ──────────┐                     newest
 *     … sealed │ sealed │ open │ open │ open │ open
 *              └─ gone ─┘ └──────── in here ───────┘
 *
 * Rules, in the order of the log, for observations of the same phenomenon time:
 * - the same result time and result as any seen before (the current one or a superseded one): *duplicate*;
 * - a result time not older than that of the current one: the current one is *superseded*, the new one is current;
 * - an older result time: the new one is *superseded* on arrival.
 * An observation without a result time is taken as if its result time were its phenomenon time. Superseded ones are
 * remembered while the pane is open. Promise: the summary of a pane depends on the set of its observations and, for equal
 * result times, on their order in the log; on nothing else.
 */
import type { Aggregation } from "../schemas/ObservedProperties.ts"
import type { CellPool } from "./CellPool.ts"
import { summarize } from "./Summary.ts"
import type { WordWriter } from "./WordWriter.ts"

/** Milliseconds of a pane. */
export const paneMillis = 60_000
/** Raw values of one pane, superseded ones included; what comes beyond is counted as overflow. */
export const valuesPerPaneMax = 8_192

// A pane cell: start, newest value, values, next older pane.
const paneStart = 0
const paneHead = 1
const paneCount = 2
const paneNext = 3
// A value cell: phenomenon time, result time, result, link = 2 × next older value + superseded; −2 or −1 at the end.
const valueTime = 0
const valueResultTime = 1
const valueResult = 2
const valueLink = 3

export const outcomes = { counted: 0, duplicate: 1, corrected: 2, superseded: 3, overflow: 4 } as const

const older = (link: number): number => Math.floor(link / 2)
const isSuperseded = (link: number): boolean => (link & 1) === 1

export class Panes {
  readonly pool: CellPool
  /** Newest pane after the last `insert` or `removeOldest`. */
  head = -1
  private scratch = new Float64Array(256)

  constructor(pool: CellPool) {
    this.pool = pool
  }

  /**
   * Puts an observation into the panes that start with `head`; sets `this.head`. Returns an outcome: `corrected` counts the
   * new one and supersedes the old current one.
   */
  insert(head: number, time: number, resultTime: number, result: number): number {
    this.head = head
    const pane = this.paneOf(time - time % paneMillis)
    if (pane < 0) return outcomes.overflow
    const outcome = this.insertValue(pane, time, resultTime === resultTime ? resultTime : time, result)
    // A pane that was opened for a value the pool had no room for must not stay empty.
    if (outcome === outcomes.overflow) this.dropIfEmpty(pane)
    return outcome
  }

  /** Start of the oldest open pane, or Infinity. */
  oldestStart(head: number): number {
    let start = Infinity
    for (let pane = head; pane >= 0;) {
      const words = this.pool.chunk(pane)
      const at = this.pool.at(pane)
      start = words[at + paneStart] as number
      pane = words[at + paneNext] as number
    }
    return start
  }

  /**
   * Takes the oldest pane off the list that starts with `head`, summarizes its current values in order of phenomenon time into
   * `into[at…]`, frees its cells and sets `this.head`. There must be one.
   */
  removeOldest(head: number, into: Float64Array, at: number, aggregation: Aggregation): void {
    let newer = -1
    let pane = head
    for (let next = this.next(pane); next >= 0; next = this.next(pane)) {
      newer = pane
      pane = next
    }
    this.head = newer < 0 ? -1 : head
    if (newer >= 0) this.pool.chunk(newer)[this.pool.at(newer) + paneNext] = -1
    this.summarizePane(pane, into, at, aggregation)
    this.free(pane)
  }

  /** Summarizes every open pane, oldest first, without changing anything. */
  peek(head: number, aggregation: Aggregation, visit: (summary: Float64Array) => void): void {
    const list: Array<number> = []
    for (let pane = head; pane >= 0; pane = this.next(pane)) list.push(pane)
    const summary = new Float64Array(8)
    for (let i = list.length - 1; i >= 0; i--) {
      this.summarizePane(list[i] as number, summary, 0, aggregation)
      visit(summary)
    }
  }

  /** Writes the panes as words: how many, then of each (newest first) start, values, and each value (newest first). */
  write(head: number, writer: WordWriter): void {
    writer.reserve(1)
    const countAt = writer.length++
    let open = 0
    for (let pane = head; pane >= 0; pane = this.next(pane)) {
      const words = this.pool.chunk(pane)
      const at = this.pool.at(pane)
      const values = words[at + paneCount] as number
      writer.reserve(2 + 4 * values)
      writer.words[writer.length++] = words[at + paneStart] as number
      writer.words[writer.length++] = values
      for (let value = words[at + paneHead] as number; value >= 0;) {
        const cell = this.pool.chunk(value)
        const v = this.pool.at(value)
        const link = cell[v + valueLink] as number
        writer.words[writer.length++] = cell[v + valueTime] as number
        writer.words[writer.length++] = cell[v + valueResultTime] as number
        writer.words[writer.length++] = cell[v + valueResult] as number
        writer.words[writer.length++] = isSuperseded(link) ? 1 : 0
        value = older(link)
      }
      open++
    }
    writer.words[countAt] = open
  }

  /** Reads back what `write` wrote from `from[at…]`; sets `this.head`; returns where it ended. */
  read(from: Float64Array, at: number): number {
    let cursor = at
    let previousPane = -1
    this.head = -1
    for (let open = from[cursor++] as number; open > 0; open--) {
      const pane = this.cell(from[cursor++] as number, -1, 0, -1)
      if (previousPane < 0) this.head = pane
      else this.pool.chunk(previousPane)[this.pool.at(previousPane) + paneNext] = pane
      previousPane = pane
      const values = from[cursor++] as number
      this.pool.chunk(pane)[this.pool.at(pane) + paneCount] = values
      let previous = -1
      for (let i = 0; i < values; i++) {
        const flag = from[cursor + 3] as number
        const value = this.cell(
          from[cursor] as number,
          from[cursor + 1] as number,
          from[cursor + 2] as number,
          flag - 2
        )
        cursor += 4
        if (previous < 0) this.pool.chunk(pane)[this.pool.at(pane) + paneHead] = value
        else {
          const at = this.pool.at(previous) + valueLink
          const words = this.pool.chunk(previous)
          words[at] = 2 * value + ((words[at] as number) & 1)
        }
        previous = value
      }
    }
    return cursor
  }

  private next(pane: number): number {
    return this.pool.chunk(pane)[this.pool.at(pane) + paneNext] as number
  }

  private cell(a: number, b: number, c: number, d: number): number {
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

  /** The pane of a start, made where it is not there; −1 where the pool is full. Panes are kept newest first. */
  private paneOf(start: number): number {
    let newer = -1
    let pane = this.head
    while (pane >= 0) {
      const words = this.pool.chunk(pane)
      const at = this.pool.at(pane)
      const own = words[at + paneStart] as number
      if (own === start) return pane
      if (own < start) break
      newer = pane
      pane = words[at + paneNext] as number
    }
    const fresh = this.cell(start, -1, 0, pane)
    if (fresh < 0) return -1
    if (newer < 0) this.head = fresh
    else this.pool.chunk(newer)[this.pool.at(newer) + paneNext] = fresh
    return fresh
  }

  private dropIfEmpty(pane: number): void {
    if ((this.pool.chunk(pane)[this.pool.at(pane) + paneCount] as number) > 0) return
    const next = this.next(pane)
    if (this.head === pane) this.head = next
    else {
      let newer = this.head
      while (this.next(newer) !== pane) newer = this.next(newer)
      this.pool.chunk(newer)[this.pool.at(newer) + paneNext] = next
    }
    this.pool.give(pane)
  }

  /** Values are kept newest first; of one phenomenon time the current one first, then the superseded ones. */
  private insertValue(pane: number, time: number, resultTime: number, result: number): number {
    const { pool } = this
    const paneWords = pool.chunk(pane)
    const paneAt = pool.at(pane)
    let before = -1
    let value = paneWords[paneAt + paneHead] as number
    while (value >= 0) {
      const words = pool.chunk(value)
      const at = pool.at(value)
      if ((words[at + valueTime] as number) <= time) break
      before = value
      value = older(words[at + valueLink] as number)
    }
    const current = value
    let outcome: number = outcomes.counted
    if (value >= 0 && pool.chunk(value)[pool.at(value) + valueTime] === time) {
      outcome = (pool.chunk(value)[pool.at(value) + valueResultTime] as number) <= resultTime
        ? outcomes.corrected
        : outcomes.superseded
      while (value >= 0) {
        const words = pool.chunk(value)
        const at = pool.at(value)
        if (words[at + valueTime] !== time) break
        if (words[at + valueResultTime] === resultTime && words[at + valueResult] === result) return outcomes.duplicate
        value = older(words[at + valueLink] as number)
      }
    }
    if ((paneWords[paneAt + paneCount] as number) >= valuesPerPaneMax) return outcomes.overflow
    const behind = outcome === outcomes.superseded ? current : before
    const follower = outcome === outcomes.superseded ? this.olderOf(current) : current
    const fresh = this.cell(time, resultTime, result, 2 * follower + (outcome === outcomes.superseded ? 1 : 0))
    if (fresh < 0) return outcomes.overflow
    if (outcome === outcomes.corrected) {
      const at = pool.at(current) + valueLink
      const words = pool.chunk(current)
      words[at] = 2 * older(words[at] as number) + 1
    }
    if (behind < 0) paneWords[paneAt + paneHead] = fresh
    else {
      const at = pool.at(behind) + valueLink
      const words = pool.chunk(behind)
      words[at] = 2 * fresh + ((words[at] as number) & 1)
    }
    paneWords[paneAt + paneCount] = (paneWords[paneAt + paneCount] as number) + 1
    return outcome
  }

  private olderOf(value: number): number {
    return older(this.pool.chunk(value)[this.pool.at(value) + valueLink] as number)
  }

  private summarizePane(pane: number, into: Float64Array, at: number, aggregation: Aggregation): void {
    const words = this.pool.chunk(pane)
    const paneAt = this.pool.at(pane)
    const values = words[paneAt + paneCount] as number
    if (values > this.scratch.length) this.scratch = new Float64Array(2 * values)
    let low = values
    for (let value = words[paneAt + paneHead] as number; value >= 0;) {
      const cell = this.pool.chunk(value)
      const v = this.pool.at(value)
      const link = cell[v + valueLink] as number
      if (!isSuperseded(link)) this.scratch[--low] = cell[v + valueResult] as number
      value = older(link)
    }
    summarize(into, at, words[paneAt + paneStart] as number, this.scratch, low, values, aggregation)
  }

  private free(pane: number): void {
    for (let value = this.pool.chunk(pane)[this.pool.at(pane) + paneHead] as number; value >= 0;) {
      const next = this.olderOf(value)
      this.pool.give(value)
      value = next
    }
    this.pool.give(pane)
  }
}
