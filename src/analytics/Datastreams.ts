/**
 * The datastreams of one shard: what an observation, and the passing of time, does to them. Pure: state in, state out; no
 * clock, no I/O. Hot path: plain synchronous code on typed arrays.
 *
 *     observation ─► open 1-min panes ─► sealed pane ─► 5-min window ─► 1-h window
 *                    (raw values)        by watermark       └─► means of the running hour ─► baseline bin
 *
 * Watermark: max over min(phenomenonTime, receivedAt) − lateness; a pane is sealed when the watermark passes
 * its end, and what comes for it afterwards is late: counted and kept, never merged. Windows are summarized from the values in order of
 * phenomenon time, so the same set of observations gives the same bits in any order of arrival. A closed 5-min window also
 * goes into the partials of the districts its values were in (`ShardPartials.ts`).
 */
import { type Aggregation, aggregationOf } from "../schemas/ObservedProperties.ts"
import { Anomalies } from "./Anomalies.ts"
import { arrival } from "./Arrival.ts"
import { CellPool } from "./CellPool.ts"
import { type CityTime, cityTime, hourKey, hourOfKey, hourOfWeek, localHour } from "./CityTime.ts"
import * as Slab from "./DatastreamSlab.ts"
import { LateObservations } from "./LateObservations.ts"
import { aboveOf, packed } from "./LowWord.ts"
import { observation, outcomes, paneMillis, Panes } from "./Panes.ts"
import { SealedWindows } from "./SealedWindows.ts"
import { learn, meansPerHourMax } from "./SeasonalBaseline.ts"
import { ShardPartials } from "./ShardPartials.ts"
import * as Summary from "./Summary.ts"
import type { WordWriter } from "./WordWriter.ts"

export const minute = paneMillis
export const fiveMinutes = 300_000
export const hour = 3_600_000
/** Raw values and panes a shard may hold open: 2^22 cells of 32 B. */
export const openCellsMax = 1 << 22
/** How much later than now something may have been received: more is a door with a wrong clock. */
const receivedAheadMillisMax = 60_000
const votesMax = 8

const vote = (votes: number, gap: number, window: number): number =>
  gap <= window ? Math.min(votesMax, votes + 1) : Math.max(0, votes - 1)

export class Datastreams {
  readonly slab = new Slab.DatastreamSlab()
  readonly pool: CellPool
  /** Sealed since the last `takeSealed`. */
  sealed = new SealedWindows()
  /** What the last `takeSealed` gave: perhaps not stored yet, so readers look here too. */
  handedOver = new SealedWindows()
  /** Came for sealed panes since the last `takeLate`. */
  late = new LateObservations()
  /** Slots whose baseline changed since they were last taken. */
  readonly learned = new Set<number>()
  readonly panes: Panes
  /** What closed windows give to districts. */
  readonly partials: ShardPartials
  readonly anomalies: Anomalies
  private properties = new Uint8Array(Slab.chunkSlots)
  private time: CityTime

  constructor(timeZone: string, cellsMax: number = openCellsMax) {
    this.pool = new CellPool(cellsMax)
    this.panes = new Panes(this.pool)
    this.time = cityTime(timeZone)
    this.partials = new ShardPartials(this)
    this.anomalies = new Anomalies(this)
  }

  /** Hours are counted in this zone from now on. */
  setTimeZone(timeZone: string): void {
    this.time = cityTime(timeZone)
  }

  /** A new datastream of the property with this number. */
  add(property: number): number {
    const slot = this.slab.add()
    if (slot >= this.properties.length) {
      const grown = new Uint8Array(2 * this.properties.length)
      grown.set(this.properties)
      this.properties = grown
    }
    this.properties[slot] = property
    return slot
  }

  property(slot: number): number {
    return this.properties[slot] as number
  }

  aggregation(slot: number): Aggregation {
    return aggregationOf(this.properties[slot] as number)
  }

  /** `resultTime` is NaN where there is none. Times in epoch milliseconds, `lateness` in milliseconds. */
  observe(
    slot: number,
    time: number,
    resultTime: number,
    result: number,
    receivedAt: number,
    lateness: number,
    district = 0
  ): void {
    arrival[0] = time
    arrival[1] = resultTime
    arrival[2] = result
    arrival[3] = receivedAt
    arrival[4] = lateness
    arrival[5] = district
    this.observeArrival(slot)
  }

  /** As `observe`, with what is in `arrival`: the hot path. */
  observeArrival(slot: number): void {
    const words = this.slab.record(slot)
    const at = this.slab.at(slot)
    const time = arrival[0] as number
    const receivedAt = arrival[3] as number
    const lateness = arrival[4] as number
    if (receivedAt > (words[at + Slab.lastReceived] as number)) words[at + Slab.lastReceived] = receivedAt
    words[at + Slab.lateness] = lateness
    const usual = (words[at + Slab.delay] as number) * 0.9
    words[at + Slab.delay] = receivedAt - time > usual ? receivedAt - time : usual
    const end = Math.floor(time / minute) * minute + minute
    let mark = words[at + Slab.watermark] as number
    if (end <= mark) {
      words[at + Slab.late] = (words[at + Slab.late] as number) + 1
      this.late.add(slot, arrival)
      return
    }
    observation[0] = time
    observation[1] = arrival[1] as number
    observation[2] = arrival[2] as number
    observation[3] = arrival[5] as number
    const newest = words[at + Slab.lastTime] as number
    const outcome = this.panes.insert((words[at + Slab.panes] as number) | 0, !(time <= newest))
    words[at + Slab.panes] = packed(arrival[5] as number, this.panes.head)
    this.count(words, at, outcome)
    if (outcome === outcomes.counted || outcome === outcomes.corrected) {
      if (outcome === outcomes.corrected) this.anomalies.correct(slot, words, at)
      else if (!(time <= newest)) this.anomalies.look(slot, words, at)
      if (!(time < newest)) {
        words[at + Slab.lastTime] = time
        words[at + Slab.lastResult] = arrival[2] as number
      }
      if (end < (words[at + Slab.due] as number)) words[at + Slab.due] = end
    }
    const candidate = (time < receivedAt ? time : receivedAt) - lateness
    if (candidate > mark) {
      mark = candidate
      words[at + Slab.watermark] = mark
    }
    if (mark >= (words[at + Slab.due] as number)) this.settle(slot)
  }

  private count(words: Float64Array, at: number, outcome: number): void {
    const word = outcome === outcomes.counted
      ? Slab.counted
      : outcome === outcomes.duplicate
      ? Slab.duplicate
      : outcome === outcomes.overflow
      ? Slab.overflow
      // A correction counts the new value and un-counts the old one, which is now superseded.
      : Slab.superseded
    words[at + word] = (words[at + word] as number) + 1
  }

  /**
   * Time passed to `now`: datastreams that have been silent for `idleTimeout` close what is due, at their own usual delay
   * between measuring and arriving, so that a station that always reports half an hour later is not closed too early.
   * Nothing was received after now: what a door whose clock is ahead says of that is taken back, or it would be no silence for so long.
   * Calls `changed` with each slot that advanced or was set right.
   */
  tick(now: number, idleTimeout: number, changed: (slot: number) => void): void {
    for (let slot = 0; slot < this.slab.length; slot++) {
      const words = this.slab.record(slot)
      const at = this.slab.at(slot)
      const silence = now - (words[at + Slab.lastReceived] as number)
      if (silence < idleTimeout) {
        if (silence >= -receivedAheadMillisMax) continue
        words[at + Slab.lastReceived] = now
        words[at + Slab.delay] = (words[at + Slab.delay] as number) + silence
        changed(slot)
        continue
      }
      const mark = now - (words[at + Slab.lateness] as number) - Math.max(0, words[at + Slab.delay] as number)
      // Where nothing closes nothing changes, so that a commit need not write every idle datastream anew.
      if (mark < (words[at + Slab.due] as number) || mark <= (words[at + Slab.watermark] as number)) continue
      words[at + Slab.watermark] = mark
      this.settle(slot)
      changed(slot)
    }
  }

  /** Seals and closes everything the watermark has passed. */
  private settle(slot: number): void {
    const words = this.slab.record(slot)
    const at = this.slab.at(slot)
    const mark = words[at + Slab.watermark] as number
    const { panes } = this
    let head = (words[at + Slab.panes] as number) | 0
    let oldest = panes.oldestStart(head)
    while (oldest + minute <= mark) {
      panes.removeOldest(head, paneSummary, 0, this.property(slot))
      head = panes.head
      this.sealPane(slot, words, at)
      panes.release()
      oldest = panes.oldestStart(head)
    }
    words[at + Slab.panes] = packed(aboveOf(words[at + Slab.panes] as number), head)
    if (isOpen(words, at + Slab.five) && (words[at + Slab.five] as number) + fiveMinutes <= mark) {
      this.closeFive(slot, words, at)
    }
    if (isOpen(words, at + Slab.sixty) && (words[at + Slab.sixty] as number) + hour <= mark) {
      this.closeSixty(slot, words, at)
    }
    const silentAt = this.anomalies.silentAt(slot, words, at)
    if (mark >= silentAt) this.anomalies.closeSilent(slot, words, at)
    words[at + Slab.due] = Math.min(
      oldest + minute,
      mark >= silentAt ? Infinity : silentAt,
      isOpen(words, at + Slab.five) ? (words[at + Slab.five] as number) + fiveMinutes : Infinity,
      isOpen(words, at + Slab.sixty) ? (words[at + Slab.sixty] as number) + hour : Infinity
    )
  }

  private sealPane(slot: number, words: Float64Array, at: number): void {
    const start = paneSummary[Summary.start] as number
    const previous = words[at + Slab.lastPane] as number
    const votes = words[at + Slab.votes] as number
    let dense = votes % 16
    if (previous === previous) {
      dense = vote(dense, start - previous, minute)
      words[at + Slab.votes] = votes - votes % 16 + dense
    }
    words[at + Slab.lastPane] = start
    if (dense > 0) this.emit(slot, minute, paneSummary, 0)
    const fiveStart = Math.floor(start / fiveMinutes) * fiveMinutes
    if (isOpen(words, at + Slab.five) && words[at + Slab.five] !== fiveStart) this.closeFive(slot, words, at)
    this.partials.place(slot, words, at + Slab.five, at + Slab.fiveDistrict, start, this.property(slot))
    Summary.merge(words, at + Slab.five, paneSummary, 0, this.aggregation(slot))
    words[at + Slab.five] = fiveStart
  }

  private closeFive(slot: number, words: Float64Array, at: number): void {
    const start = words[at + Slab.five] as number
    const previous = words[at + Slab.lastFive] as number
    const votes = words[at + Slab.votes] as number
    let dense = Math.floor(votes / 16)
    if (previous === previous) {
      dense = vote(dense, start - previous, fiveMinutes)
      words[at + Slab.votes] = votes % 16 + 16 * dense
    }
    words[at + Slab.lastFive] = start
    if (dense > 0) this.emit(slot, fiveMinutes, words, at + Slab.five)
    const sixtyStart = Math.floor(start / hour) * hour
    if (isOpen(words, at + Slab.sixty) && words[at + Slab.sixty] !== sixtyStart) this.closeSixty(slot, words, at)
    const aggregation = this.aggregation(slot)
    this.partials.close(slot, words, at)
    Summary.merge(words, at + Slab.sixty, words, at + Slab.five, aggregation)
    words[at + Slab.sixty] = sixtyStart
    // Directions have no linear centre to learn.
    if (aggregation !== "circular") {
      this.gather(slot, words, at, start, Summary.reportedMean(words, at + Slab.five, aggregation))
    }
    Summary.clear(words, at + Slab.five)
  }

  private closeSixty(slot: number, words: Float64Array, at: number): void {
    this.emit(slot, hour, words, at + Slab.sixty)
    Summary.clear(words, at + Slab.sixty)
  }

  private emit(slot: number, size: number, words: Float64Array, at: number): void {
    const aggregation = this.aggregation(slot)
    this.sealed.add(
      slot,
      size,
      words[at + Summary.start] as number,
      words[at + Summary.count] as number,
      Summary.reportedMean(words, at, aggregation),
      Summary.reportedVariance(words, at, aggregation),
      words[at + Summary.min] as number,
      words[at + Summary.max] as number,
      words[at + Summary.last] as number
    )
  }

  /** Gathers a 5-min mean for the local hour it starts in; a mean of another hour closes the one before. */
  private gather(slot: number, words: Float64Array, at: number, start: number, value: number): void {
    const offset = this.time.offset(start)
    const key = hourKey(localHour(start, offset), offset)
    let gathered = words[at + Slab.hourGathered] as number
    if (Math.floor(gathered / 16) !== key) {
      this.closeHour(slot, words, at)
      gathered = 16 * key
    }
    const n = gathered - 16 * key
    if (n === meansPerHourMax) return
    this.slab.recordFloats(slot)[2 * (at + Slab.hourValues) + n] = value
    words[at + Slab.hourGathered] = gathered + 1
  }

  private closeHour(slot: number, words: Float64Array, at: number): void {
    const gathered = words[at + Slab.hourGathered] as number
    if (gathered !== gathered) return
    const key = Math.floor(gathered / 16)
    this.slab.ensureBins(slot)
    learn(
      this.slab.binFloats(slot) as Float32Array,
      this.slab.binAt(slot),
      this.slab.weekCounts(slot) as Uint8Array,
      this.slab.weekAt(slot),
      hourOfWeek(hourOfKey(key)),
      this.slab.recordFloats(slot),
      2 * (at + Slab.hourValues),
      gathered - 16 * key
    )
    this.partials.learned(slot, words, at, hourOfWeek(hourOfKey(key)))
    this.learned.add(slot)
  }

  /** Hour of the week in the city at an instant. */
  hourOfWeekAt(epochMillis: number): number {
    return hourOfWeek(localHour(epochMillis, this.time.offset(epochMillis)))
  }

  /** Windows of `size` that are still open, ascending by start; `visit` must copy what it keeps. */
  openWindows(slot: number, size: number, visit: (summary: Float64Array) => void): void {
    const words = this.slab.record(slot)
    const at = this.slab.at(slot)
    const aggregation = this.aggregation(slot)
    const current = new Float64Array(Summary.summaryWords)
    Summary.clear(current, 0)
    const addTo = (source: Float64Array, from: number): void => {
      if (source[from + Summary.count] === 0) return
      const start = Math.floor((source[from] as number) / size) * size
      if (isOpen(current, 0) && current[0] !== start) {
        visit(current)
        Summary.clear(current, 0)
      }
      Summary.merge(current, 0, source, from, aggregation)
      current[0] = start
    }
    if (size >= hour) addTo(words, at + Slab.sixty)
    if (size >= fiveMinutes) addTo(words, at + Slab.five)
    const head = (words[at + Slab.panes] as number) | 0
    this.panes.peek(head, -Infinity, Infinity, this.property(slot), (summary) => addTo(summary, 0))
    if (isOpen(current, 0)) visit(current)
  }

  /** The sealed windows since the last call, which do not change any more. */
  takeSealed(): SealedWindows {
    this.handedOver = this.sealed
    this.sealed = new SealedWindows()
    return this.handedOver
  }

  /** The late observations since the last call, in the order of the log. */
  takeLate(): LateObservations {
    const taken = this.late
    this.late = new LateObservations()
    return taken
  }

  /** Writes the hot state of a slot: its record, open panes, what its running window has in several districts, its open anomaly. */
  writeSlot(slot: number, writer: WordWriter): void {
    const words = this.slab.record(slot)
    const at = this.slab.at(slot)
    const recordAt = writer.length
    writer.copy(words, at, Slab.recordWords)
    const district = aboveOf(words[at + Slab.panes] as number)
    writer.words[recordAt + Slab.panes] = packed(district, -1)
    this.panes.write((words[at + Slab.panes] as number) | 0, writer)
    if (words[at + Slab.fiveDistrict] === -1) this.partials.shares.write(slot, writer)
    if (this.anomalies.isOpen(slot, at)) this.anomalies.write(slot, writer)
  }

  /** Reads a slot that was added before, with a record of so many words; returns where it ended. */
  readSlot(slot: number, from: Float64Array, at: number, recordWords = Slab.recordWords): number {
    const words = this.slab.record(slot)
    const into = this.slab.at(slot)
    words.set(from.subarray(at, at + recordWords), into)
    let end = this.panes.read(from, at + recordWords)
    words[into + Slab.panes] = packed(aboveOf(words[into + Slab.panes] as number), this.panes.head)
    if (words[into + Slab.fiveDistrict] === -1) end = this.partials.shares.read(slot, from, end)
    return this.anomalies.isOpen(slot, into) ? this.anomalies.read(slot, from, end) : end
  }

  /** What the baseline knows of an hour of the week; `undefined` where nothing was learned. */
  bin(slot: number, hourOfTheWeek: number): Slab.BaselineBin | undefined {
    return this.slab.bin(slot, hourOfTheWeek)
  }
}

/** The pane being sealed; one at a time, so one for all shards. */
const paneSummary = new Float64Array(Summary.summaryWords)

const isOpen = (words: Float64Array, at: number): boolean => words[at + Summary.count] !== 0
