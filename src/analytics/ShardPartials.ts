/**
 * What the datastreams of one shard give to districts, and when. The time of it is that of ticks, in whole minutes:
 *
 *     window ends ──1 min──► provisional: what is in panes counts too ──…──► final, `finalAfter` after the end ──► additions
 *
 * so that what is given out is a function of the log. A final partial takes the place of the provisional one; an addition is
 * merged into it. Pure: state in, state out.
 */
import { type Aggregation, aggregationOf } from "../schemas/ObservedProperties.ts"
import { firstBeyond, secondBeyond } from "./Beyond.ts"
import { isMoving, presenceAt, presences } from "./DatastreamHealth.ts"
import type { Datastreams } from "./Datastreams.ts"
import * as Slab from "./DatastreamSlab.ts"
import { aboveOf } from "./LowWord.ts"
import * as Partial from "./Partial.ts"
import { partialKey, type PartialTable, PartialTables } from "./PartialTables.ts"
import { comparedHeadway, comparedSpeed, freeFlowSpeed, headwayProperty, isQuiet, speedProperty } from "./References.ts"
import * as Health from "./SensorHealth.ts"
import * as Summary from "./Summary.ts"
import { addPane, addShare, shareBeyond, shareDistrict, WindowShares } from "./WindowShares.ts"

const minute = 60_000
const fiveMinutes = 300_000
/** How long after its end a window is given out as provisional. */
const provisionalAfter = minute
/** Of a jump of the clock at most so many windows that had nothing are given out. */
const emptyWindowsMax = 12

export const phases = { provisional: 0, final: 1, addition: 2 } as const
export type Phase = (typeof phases)[keyof typeof phases]

/** Partials of one window that are given out; the table is the receiver's. */
export interface GivenTable {
  readonly phase: Phase
  readonly table: PartialTable
}

/** The window that is peeked at: its summary, then its district and what is beyond. */
const peeked = new Float64Array(Summary.summaryWords + 2)
const peekedDistrict = Summary.summaryWords
/** The slot under which its shares are kept meanwhile. */
const peekedSlot = -1

export class ShardPartials {
  readonly tables = new PartialTables()
  readonly shares = new WindowShares()
  /** Windows that start here or before were given out as provisional, where they were at all. */
  provisionalThrough = -Infinity
  /** Whether a value may have a district at all. */
  hasDistricts = false
  private readonly streams: Datastreams

  constructor(streams: Datastreams) {
    this.streams = streams
  }

  /** Notes in which districts the pane summarized last was, before it is merged into the window at `words[fiveAt…]`. */
  place(
    slot: number,
    words: Float64Array,
    fiveAt: number,
    districtAt: number,
    paneStart: number,
    property: number
  ): void {
    const { panes } = this.streams
    const { district } = panes
    const isEmpty = words[fiveAt + Summary.count] === 0
    if (isEmpty) {
      words[districtAt] = district
      words[districtAt + 1] = 0
    }
    const before = words[districtAt] as number
    if (before !== district || district < 0) {
      const aggregation = aggregationOf(property)
      let shares = this.shares.of(slot)
      if (isEmpty || before >= 0) {
        shares = this.shares.open(slot)
        if (!isEmpty) addShare(shares, before, words, fiveAt, words[districtAt + 1] as number, aggregation)
        words[districtAt] = -1
      }
      addPane(shares, panes, paneStart, property, aggregation)
    }
    add(words, districtAt + 1, panes.beyond)
  }

  /** The running window of a slot closes: it goes into the partials of its districts. */
  close(slot: number, words: Float64Array, at: number): void {
    const five = at + Slab.five
    const property = this.streams.property(slot)
    const isFlat = words[five + Summary.min] === words[five + Summary.max]
    const value = words[five + Summary.last] as number
    const before = words[at + Slab.flatResult] as number
    words[at + Slab.flat] = Health.flatAfter(words[at + Slab.flat] as number, before, value, isFlat, property)
    words[at + Slab.flatResult] = value
    if (words[at + Slab.fiveDistrict] !== 0) {
      const table = this.tables.tableOf(words[five] as number)
      this.addWindow(table, slot, words, at, words, five, at + Slab.fiveDistrict, slot)
    }
    words[at + Slab.fiveDistrict] = 0
    words[at + Slab.fiveBeyond] = 0
  }

  /**
   * Adds what a slot has of the window of a table to its districts: the summary at `words[from…]`, the district and what is beyond
   * at `words[districtAt…]`. Where there are several districts, the shares of `shared`, which are done with then.
   */
  private addWindow(
    table: PartialTable,
    slot: number,
    record: Float64Array,
    at: number,
    words: Float64Array,
    from: number,
    districtAt: number,
    shared: number
  ): void {
    const district = words[districtAt] as number
    const property = this.streams.property(slot)
    const aggregation = this.streams.aggregation(slot)
    const moves = isMoving(record, at)
    const weight = Health.healthWeight(record[at + Slab.flat] as number)
    const comparison = moves
      ? NaN
      : this.comparison(slot, record, at, table.start, words, from, property, aggregation)
    if (district > 0) {
      const beyond = words[districtAt + 1] as number
      addTo(table, partialKey(district, property), words, from, aggregation, weight, comparison, beyond, moves)
    } else if (district < 0) {
      for (const share of this.shares.of(shared)) {
        const own = share[shareDistrict] as number
        if (own <= 0) continue
        const beyond = share[shareBeyond] as number
        addTo(table, partialKey(own, property), share, 0, aggregation, weight, comparison, beyond, moves)
      }
      this.shares.close(shared)
    }
  }

  private comparison(
    slot: number,
    record: Float64Array,
    at: number,
    start: number,
    words: Float64Array,
    five: number,
    property: number,
    aggregation: Aggregation
  ): number {
    if (property === speedProperty) {
      return comparedSpeed(Summary.reportedMean(words, five, aggregation), record[at + Slab.freeFlow] as number)
    }
    if (property !== headwayProperty) return NaN
    const bin = this.streams.bin(slot, this.streams.hourOfWeekAt(start))
    return comparedHeadway(Summary.reportedMean(words, five, aggregation), bin?.centre ?? NaN)
  }

  /** The bin of an hour of the week has learned. */
  learned(slot: number, words: Float64Array, at: number, hour: number): void {
    if (this.streams.property(slot) !== speedProperty || !isQuiet(hour)) return
    const { slab } = this.streams
    const bins = slab.binFloats(slot)
    const weeks = slab.weekCounts(slot)
    if (bins === undefined || weeks === undefined) return
    words[at + Slab.freeFlow] = freeFlowSpeed(bins, slab.binAt(slot), weeks, slab.weekAt(slot))
  }

  /**
   * Everything that is due by `now`, a whole minute, in the order in which it is to be taken. Without `withProvisional` nobody
   * waits for what is provisional.
   */
  give(now: number, finalAfter: number, withProvisional: boolean): ReadonlyArray<GivenTable> {
    const given: Array<GivenTable> = []
    for (const table of this.tables.takeAdded()) given.push({ phase: phases.addition, table })
    const finalThrough = now - finalAfter - fiveMinutes
    const finals = new Set([...this.tables.open.keys()].filter((start) => start <= finalThrough))
    for (const start of dueStarts(this.tables.finalThrough, finalThrough)) finals.add(start)
    for (const start of [...finals].sort((a, b) => a - b)) {
      const table = this.tables.takeOpen(start)
      this.addExpected(table)
      given.push({ phase: phases.final, table })
    }
    this.tables.finalThrough = Math.max(this.tables.finalThrough, finalThrough)
    // Who has nothing yet looks again when there is something, and need not wait for the next window.
    if (!withProvisional || this.streams.slab.length === 0) return given
    const through = now - provisionalAfter - fiveMinutes
    for (const start of dueStarts(Math.max(finalThrough, this.provisionalThrough), through)) {
      const table = this.tables.copyOpen(start)
      if (this.hasDistricts) this.addRunning(table)
      this.addExpected(table)
      this.tables.keepKeys(table)
      given.push({ phase: phases.provisional, table })
    }
    this.provisionalThrough = through
    return given
  }

  /** Adds to the copy of a table what the datastreams have of the window and have not closed yet. */
  private addRunning(table: PartialTable): void {
    const { slab } = this.streams
    const { start } = table
    const end = start + fiveMinutes
    for (let slot = 0; slot < slab.length; slot++) {
      const words = slab.record(slot)
      const at = slab.at(slot)
      if (!this.peek(slot, words, at, start, end)) continue
      this.addWindow(table, slot, words, at, peeked, 0, peekedDistrict, peekedSlot)
    }
  }

  private peekedProperty = 0
  /** Adds a pane to `peeked`; made once, because one for each look would keep the collector busy. */
  private readonly addPeeked = (summary: Float64Array): void => {
    this.place(peekedSlot, peeked, 0, peekedDistrict, summary[0] as number, this.peekedProperty)
    Summary.merge(peeked, 0, summary, 0, aggregationOf(this.peekedProperty))
  }

  /** Puts into `peeked` what a slot has of `[start, end)` and has not closed; false where there is nothing. */
  private peek(slot: number, words: Float64Array, at: number, start: number, end: number): boolean {
    const { panes } = this.streams
    const property = this.streams.property(slot)
    Summary.clear(peeked, 0)
    peeked[peekedDistrict] = 0
    peeked[peekedDistrict + 1] = 0
    if (words[at + Slab.five] === start && (words[at + Slab.five + Summary.count] as number) > 0) {
      for (let i = 0; i < Summary.summaryWords; i++) peeked[i] = words[at + Slab.five + i] as number
      peeked[peekedDistrict] = words[at + Slab.fiveDistrict] as number
      peeked[peekedDistrict + 1] = words[at + Slab.fiveBeyond] as number
      if (peeked[peekedDistrict] === -1) this.shares.copy(slot, peekedSlot)
    }
    this.peekedProperty = property
    panes.peek((words[at + Slab.panes] as number) | 0, start, end, property, this.addPeeked)
    return (peeked[Summary.count] as number) > 0
  }

  /** Adds the static sensors that belong to the districts, and how they are. */
  private addExpected(table: PartialTable): void {
    const { slab } = this.streams
    const { start } = table
    const end = start + fiveMinutes
    const hour = this.streams.hourOfWeekAt(start)
    for (let slot = 0; slot < slab.length; slot++) {
      const words = slab.record(slot)
      const at = slab.at(slot)
      const district = aboveOf(words[at + Slab.panes] as number)
      if (district === 0) continue
      if (!(end - (words[at + Slab.lastTime] as number) < Health.forgottenAfter)) continue
      const presence = presenceAt(slab, slot, words, at, hour, end)
      if (presence === presences.unexpected) continue
      const into = table.of(partialKey(district, this.streams.property(slot)))
      add(table.words, into + Partial.expected, 1)
      if (presence === presences.silent) continue
      const flat = words[at + Slab.flat] as number
      add(table.words, into + Partial.seen, 1)
      if (Health.isStuck(flat)) add(table.words, into + Partial.ill, 1)
      add(table.words, into + Partial.seenWeight, Health.healthWeight(flat))
    }
  }
}

/** Adds what a datastream has of a window in one district. */
const addTo = (
  table: PartialTable,
  key: number,
  source: Float64Array,
  from: number,
  aggregation: Aggregation,
  weight: number,
  comparison: number,
  beyond: number,
  moves: boolean
): void => {
  const into = table.of(key)
  Partial.addSensor(table.words, into, source, from, aggregation, weight, comparison)
  addBeyond(table.words, into, beyond)
  if (moves) addMoving(table.words, into, weight)
}

/** Starts of windows in `(after, through]`, the newest of them. */
const dueStarts = (after: number, through: number): ReadonlyArray<number> => {
  const newest = Math.floor(through / fiveMinutes) * fiveMinutes
  const starts: Array<number> = []
  for (let start = newest; start > after && starts.length < emptyWindowsMax; start -= fiveMinutes) starts.unshift(start)
  return starts
}

const add = (words: Float64Array, at: number, value: number): void => {
  words[at] = (words[at] as number) + value
}

const addBeyond = (words: Float64Array, at: number, packed: number): void => {
  if (packed === 0) return
  add(words, at + Partial.beyond, firstBeyond(packed))
  add(words, at + Partial.beyond + 1, secondBeyond(packed))
}

/** A moving sensor belongs to a district while it reports there. */
const addMoving = (words: Float64Array, at: number, weight: number): void => {
  add(words, at + Partial.expected, 1)
  add(words, at + Partial.seen, 1)
  add(words, at + Partial.seenWeight, weight)
}
