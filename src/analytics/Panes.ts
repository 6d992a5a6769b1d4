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
import { aggregationOf } from "../schemas/ObservedProperties.ts"
import { beyondOf } from "./Beyond.ts"
import { nextOf } from "./CellPool.ts"
import { aboveOf, packed } from "./LowWord.ts"
import {
  aboveCount,
  countOf,
  isSuperseded,
  paneCount,
  paneHead,
  PaneRing,
  paneStart,
  relinked,
  summaryOf,
  valueLink,
  valueResult,
  valueResultTime,
  valueTime
} from "./PaneRing.ts"
import { found, foundBeyond, foundDistrict, PaneSummaries } from "./PaneSummaries.ts"
import { readPanes, writePanes } from "./PaneWords.ts"
import { summarize, summaryWords } from "./Summary.ts"
import type { WordWriter } from "./WordWriter.ts"

/** Milliseconds of a pane. */
export const paneMillis = 60_000
/** Raw values of one pane, superseded ones included; what comes beyond is counted as overflow. */
export const valuesPerPaneMax = 8_192

/**
 * The observation that `insert` takes: phenomenon time, result time (NaN: none), result, district (a number below 2^20; 0:
 * none). Set by the caller right before, because numbers with a fraction that are passed as arguments cost an allocation each.
 */
export const observation = new Float64Array(4)

export const outcomes = { counted: 0, duplicate: 1, corrected: 2, superseded: 3, overflow: 4 } as const

export class Panes extends PaneRing {
  private readonly summaries = new PaneSummaries()
  /** Newest pane after the last `insert`, `removeOldest` or `read`; −1: none. */
  head = -1
  /** Of the pane that was summarized last: the district of all its values (−1: several), and those beyond thresholds, packed. */
  district = 0
  beyond = 0
  private summarized = -1
  private isLoaded = false
  private removed = -1
  /** Its oldest value. */
  private removedOldest = -1
  /** Current values of the pane that was loaded last, in order of phenomenon time: `values[from, to)`. */
  values = new Float64Array(256)
  /** The district of each of them. */
  districts = new Int32Array(256)
  from = 0
  to = 0

  /**
   * Puts `observation` into the panes that start with `head`; sets `this.head`. Returns an outcome: `corrected` counts the
   * new one and supersedes the old current one. `isNewest` promises that its phenomenon time is later than that of every value there.
   */
  insert(head: number, isNewest: boolean): number {
    this.head = head
    const pane = this.paneOfObservation()
    if (pane < 0) return outcomes.overflow
    const outcome = isNewest ? this.pushValue(pane) : this.insertValue(pane)
    // A pane that was opened for a value the pool had no room for must not stay empty.
    if (outcome === outcomes.overflow) this.dropIfEmpty(pane)
    return outcome
  }

  /** Start of the oldest open pane, or Infinity. */
  oldestStart(head: number): number {
    if (head < 0) return Infinity
    const oldest = this.next(head)
    return this.pool.chunk(oldest)[this.pool.at(oldest) + paneStart] as number
  }

  /**
   * Takes the oldest pane of those whose newest is `head`, summarizes its current values in order of phenomenon time into
   * `into[at…]` and sets `this.head`. There must be one. Its cells are free after `release`.
   */
  removeOldest(head: number, into: Float64Array, at: number, property: number): void {
    const oldest = this.next(head)
    this.head = oldest === head ? -1 : head
    this.link(head, this.next(oldest))
    this.removedOldest = this.summarizePane(oldest, property)
    for (let i = 0; i < summaryWords; i++) into[at + i] = found[i] as number
    this.removed = oldest
  }

  /** Frees the cells of the pane that was removed. */
  release(): void {
    this.free(this.removed)
    this.removed = -1
  }

  /**
   * Summarizes every open pane that starts in `[from, until)`, oldest first, without changing anything; `visit` must take what it
   * needs before it returns.
   */
  peek(head: number, from: number, until: number, property: number, visit: (summary: Float64Array) => void): void {
    if (head < 0) return
    let pane = head
    do {
      pane = this.next(pane)
      const start = this.pool.chunk(pane)[this.pool.at(pane) + paneStart] as number
      if (start >= until) return
      if (start < from) continue
      const oldest = this.summarizePane(pane, property)
      if (this.isLoaded) this.keep(pane, oldest)
      visit(found)
    } while (pane !== head)
  }

  /** Makes `values` and `districts` those of the pane that was summarized last. */
  load(): void {
    if (!this.isLoaded) this.loadPane(this.summarized)
  }

  /** Writes the panes whose newest is `head`, as `PaneWords.ts` says. */
  write(head: number, writer: WordWriter): void {
    writePanes(this, head, writer)
  }

  /** Reads back what `write` wrote from `from[at…]`; sets `this.head`; returns where it ended. */
  read(from: Float64Array, at: number): number {
    this.head = -1
    return readPanes(this, from, at, (pane) => {
      this.head = pane
    })
  }

  /** The pane of `observation`, made where it is not there; −1 where the pool is full. */
  private paneOfObservation(): number {
    // Not `time % paneMillis`: the remainder of doubles is a call of some 20 ns.
    const start = Math.floor((observation[0] as number) / paneMillis) * paneMillis
    const { head, pool } = this
    if (head < 0) return this.openPane(start, -1, true)
    const newest = pool.chunk(head)[pool.at(head) + paneStart] as number
    if (newest === start) return head
    if (newest < start) return this.openPane(start, head, true)
    // Out of order: from the oldest on, to the last one that is not newer.
    let before = head
    for (let pane = this.next(head); pane !== head; pane = this.next(pane)) {
      const own = pool.chunk(pane)[pool.at(pane) + paneStart] as number
      if (own === start) return pane
      if (own > start) break
      before = pane
    }
    return this.openPane(start, before, false)
  }

  /** A new pane behind `before` in the ring. */
  private openPane(start: number, before: number, isNewest: boolean): number {
    const fresh = this.cell(start, -1, 0, -1)
    if (fresh < 0) return -1
    this.linkAfter(before, fresh)
    if (isNewest) this.head = fresh
    return fresh
  }

  private dropIfEmpty(pane: number): void {
    const word = this.pool.chunk(pane)[this.pool.at(pane) + paneCount] as number
    if (countOf(word) > 0) return
    if (summaryOf(word) >= 0) this.summaries.give(summaryOf(word))
    let before = pane
    while (this.next(before) !== pane) before = this.next(before)
    if (this.head === pane) this.head = before === pane ? -1 : before
    this.link(before, this.next(pane))
    this.pool.give(pane)
  }

  /** The short way for the newest value: nothing to compare it with, so the values before are not even read. */
  private pushValue(pane: number): number {
    const words = this.pool.chunk(pane)
    const at = this.pool.at(pane)
    const word = words[at + paneCount] as number
    const values = countOf(word)
    if (values >= valuesPerPaneMax) return outcomes.overflow
    const time = observation[0] as number
    const given = observation[1] as number
    const fresh = this.pool.take()
    if (fresh < 0) return outcomes.overflow
    const cell = this.pool.chunk(fresh)
    const v = this.pool.at(fresh)
    cell[v + valueTime] = time
    cell[v + valueResultTime] = given === given ? given : time
    cell[v + valueResult] = observation[2] as number
    cell[v + valueLink] = packed(observation[3] as number, 2 * (words[at + paneHead] as number))
    words[at + paneHead] = fresh
    words[at + paneCount] = word + 1
    return outcomes.counted
  }

  /** Values are kept newest first; of one phenomenon time the current one first, then the superseded ones. */
  private insertValue(pane: number): number {
    const { pool } = this
    const time = observation[0] as number
    const given = observation[1] as number
    const resultTime = given === given ? given : time
    const result = observation[2] as number
    const paneWords = pool.chunk(pane)
    const paneAt = pool.at(pane)
    let before = -1
    let value = (paneWords[paneAt + paneHead] as number) | 0
    while (value >= 0) {
      const words = pool.chunk(value)
      const at = pool.at(value)
      if ((words[at + valueTime] as number) <= time) break
      before = value
      value = nextOf(words[at + valueLink] as number)
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
        value = nextOf(words[at + valueLink] as number)
      }
    }
    const word = paneWords[paneAt + paneCount] as number
    if (countOf(word) >= valuesPerPaneMax) return outcomes.overflow
    const behind = outcome === outcomes.superseded ? current : before
    const follower = outcome === outcomes.superseded ? this.olderOf(current) : current
    const link = packed(observation[3] as number, 2 * follower + (outcome === outcomes.superseded ? 1 : 0))
    const fresh = this.cell(time, resultTime, result, link)
    if (fresh < 0) return outcomes.overflow
    if (outcome === outcomes.corrected) {
      const at = pool.at(current) + valueLink
      const words = pool.chunk(current)
      words[at] = (words[at] as number) + 1
    }
    if (behind < 0) paneWords[paneAt + paneHead] = fresh
    else {
      const at = pool.at(behind) + valueLink
      const words = pool.chunk(behind)
      words[at] = relinked(words[at] as number, fresh)
    }
    paneWords[paneAt + paneCount] = word + 1
    return outcome
  }

  private olderOf(value: number): number {
    return nextOf(this.pool.chunk(value)[this.pool.at(value) + valueLink] as number)
  }

  /** Into `found`, `district` and `beyond`; returns the oldest value. They are loaded only where no summary is kept. */
  private summarizePane(pane: number, property: number): number {
    const words = this.pool.chunk(pane)
    const at = this.pool.at(pane)
    const word = words[at + paneCount] as number
    const summary = summaryOf(word)
    this.summarized = pane
    this.isLoaded = false
    let oldest = summary < 0 ? -1 : this.summaries.read(summary, words[at + paneStart] as number, countOf(word))
    if (oldest < 0) {
      oldest = this.loadPane(pane)
      const { districts, from, to, values } = this
      summarize(found, 0, words[at + paneStart] as number, values, from, to, aggregationOf(property))
      found[foundBeyond] = beyondOf(values, from, to, property)
      found[foundDistrict] = commonDistrict(districts, from, to)
    }
    this.district = found[foundDistrict] as number
    this.beyond = found[foundBeyond] as number
    return oldest
  }

  /** Keeps what was found of a pane for the next look. */
  private keep(pane: number, oldest: number): void {
    // With a superseded value there are more values than count.
    if (this.from > 0) return
    const at = this.pool.at(pane) + paneCount
    const words = this.pool.chunk(pane)
    let summary = summaryOf(words[at] as number)
    if (summary < 0) {
      summary = this.summaries.take()
      words[at] = aboveCount * (summary + 1) + countOf(words[at] as number)
    }
    this.summaries.write(summary, oldest)
  }

  /** Its oldest value. */
  private loadPane(pane: number): number {
    const words = this.pool.chunk(pane)
    const paneAt = this.pool.at(pane)
    const count = countOf(words[paneAt + paneCount] as number)
    if (count > this.values.length) {
      this.values = new Float64Array(2 * count)
      this.districts = new Int32Array(2 * count)
    }
    let low = count
    let oldest = -1
    for (let value = (words[paneAt + paneHead] as number) | 0; value >= 0;) {
      const cell = this.pool.chunk(value)
      const v = this.pool.at(value)
      const link = cell[v + valueLink] as number
      if (!isSuperseded(link)) {
        this.values[--low] = cell[v + valueResult] as number
        this.districts[low] = aboveOf(link)
      }
      oldest = value
      value = nextOf(link)
    }
    this.from = low
    this.to = count
    this.isLoaded = true
    return oldest
  }

  private free(pane: number): void {
    const words = this.pool.chunk(pane)
    const at = this.pool.at(pane)
    const word = words[at + paneCount] as number
    const summary = summaryOf(word)
    this.pool.giveList((words[at + paneHead] as number) | 0, this.removedOldest, countOf(word))
    if (summary >= 0) this.summaries.give(summary)
    this.pool.give(pane)
  }
}

/** The one district of `districts[from, to)`; −1: several. */
const commonDistrict = (districts: Int32Array, from: number, to: number): number => {
  const first = districts[from] as number
  for (let i = from + 1; i < to; i++) if (districts[i] !== first) return -1
  return first
}
