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

/**
 * The observation that `insert` takes: phenomenon time, result time (NaN: none), result. Set by the caller right before, because
 * numbers with a fraction that are passed as arguments cost an allocation each.
 */
export const observation = new Float64Array(3)

export const outcomes = { counted: 0, duplicate: 1, corrected: 2, superseded: 3, overflow: 4 } as const

const older = (link: number): number => link >> 1
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
    let start = Infinity
    for (let pane = head; pane >= 0;) {
      const words = this.pool.chunk(pane)
      const at = this.pool.at(pane)
      start = words[at + paneStart] as number
      pane = (words[at + paneNext] as number) | 0
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

  /**
   * Writes the panes as words: how many, then of each (newest first) start, values, and each value (newest first): its result,
   * then 4 × milliseconds since the start + 2 where its result time differs from its phenomenon time + 1 where it is
   * superseded, then that result time.
   */
  write(head: number, writer: WordWriter): void {
    writer.reserve(1)
    const countAt = writer.length++
    let open = 0
    for (let pane = head; pane >= 0; pane = this.next(pane)) {
      this.writePane(pane, writer)
      open++
    }
    writer.words[countAt] = open
  }

  private writePane(pane: number, writer: WordWriter): void {
    const words = this.pool.chunk(pane)
    const at = this.pool.at(pane)
    const start = words[at + paneStart] as number
    const values = (words[at + paneCount] as number) | 0
    writer.reserve(2 + 3 * values)
    const into = writer.words
    let length = writer.length
    into[length++] = start
    into[length++] = values
    for (let value = (words[at + paneHead] as number) | 0; value >= 0;) {
      const cell = this.pool.chunk(value)
      const v = this.pool.at(value)
      const link = (cell[v + valueLink] as number) | 0
      const time = cell[v + valueTime] as number
      const resultTime = cell[v + valueResultTime] as number
      into[length++] = cell[v + valueResult] as number
      into[length++] = 4 * (time - start) + (resultTime === time ? 0 : 2) + (link & 1)
      if (resultTime !== time) into[length++] = resultTime
      value = older(link)
    }
    writer.length = length
  }

  /** Reads back what `write` wrote from `from[at…]`; sets `this.head`; returns where it ended. */
  read(from: Float64Array, at: number): number {
    let cursor = at
    let previous = -1
    this.head = -1
    for (let open = from[cursor++] as number; open > 0; open--) {
      const pane = this.cell(from[cursor] as number, -1, from[cursor + 1] as number, -1)
      if (previous < 0) this.head = pane
      else this.pool.chunk(previous)[this.pool.at(previous) + paneNext] = pane
      previous = pane
      cursor = this.readValues(pane, from, cursor + 2)
    }
    return cursor
  }

  private readValues(pane: number, from: Float64Array, at: number): number {
    const start = this.pool.chunk(pane)[this.pool.at(pane) + paneStart] as number
    let cursor = at
    let previous = -1
    for (let left = this.pool.chunk(pane)[this.pool.at(pane) + paneCount] as number; left > 0; left--) {
      const result = from[cursor++] as number
      const packed = from[cursor++] as number
      const time = start + Math.floor(packed / 4)
      const resultTime = (packed & 2) === 0 ? time : from[cursor++] as number
      const value = this.cell(time, resultTime, result, (packed & 1) - 2)
      if (previous < 0) this.pool.chunk(pane)[this.pool.at(pane) + paneHead] = value
      else {
        const link = this.pool.at(previous) + valueLink
        const words = this.pool.chunk(previous)
        words[link] = 2 * value + ((words[link] as number) & 1)
      }
      previous = value
    }
    return cursor
  }

  private next(pane: number): number {
    return (this.pool.chunk(pane)[this.pool.at(pane) + paneNext] as number) | 0
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

  /** The pane of `observation`, made where it is not there; −1 where the pool is full. Panes are kept newest first. */
  private paneOfObservation(): number {
    // Not `time % paneMillis`: the remainder of doubles is a call of some 20 ns.
    const start = Math.floor((observation[0] as number) / paneMillis) * paneMillis
    let newer = -1
    let pane = this.head
    while (pane >= 0) {
      const words = this.pool.chunk(pane)
      const at = this.pool.at(pane)
      const own = words[at + paneStart] as number
      if (own === start) return pane
      if (own < start) break
      newer = pane
      pane = (words[at + paneNext] as number) | 0
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

  /** The short way for the newest value: nothing to compare it with, so the values before are not even read. */
  private pushValue(pane: number): number {
    const words = this.pool.chunk(pane)
    const at = this.pool.at(pane)
    const values = words[at + paneCount] as number
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
    cell[v + valueLink] = 2 * (words[at + paneHead] as number)
    words[at + paneHead] = fresh
    words[at + paneCount] = values + 1
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
      value = older((words[at + valueLink] as number) | 0)
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
        value = older((words[at + valueLink] as number) | 0)
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
    return older((this.pool.chunk(value)[this.pool.at(value) + valueLink] as number) | 0)
  }

  private summarizePane(pane: number, into: Float64Array, at: number, aggregation: Aggregation): void {
    const words = this.pool.chunk(pane)
    const paneAt = this.pool.at(pane)
    const values = words[paneAt + paneCount] as number
    if (values > this.scratch.length) this.scratch = new Float64Array(2 * values)
    let low = values
    for (let value = (words[paneAt + paneHead] as number) | 0; value >= 0;) {
      const cell = this.pool.chunk(value)
      const v = this.pool.at(value)
      const link = (cell[v + valueLink] as number) | 0
      if (!isSuperseded(link)) this.scratch[--low] = cell[v + valueResult] as number
      value = older(link)
    }
    summarize(into, at, words[paneAt + paneStart] as number, this.scratch, low, values, aggregation)
  }

  private free(pane: number): void {
    for (let value = (this.pool.chunk(pane)[this.pool.at(pane) + paneHead] as number) | 0; value >= 0;) {
      const next = this.olderOf(value)
      this.pool.give(value)
      value = next
    }
    this.pool.give(pane)
  }
}
