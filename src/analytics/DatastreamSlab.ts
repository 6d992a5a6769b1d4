/**
 * Plain memory for the state of a shard's datastreams: one record of 48 words (384 B) each, grown in chunks so that nothing
 * is ever copied or collected, and 1,512 B of baseline per datastream allocated with the first hour learned in its chunk.
 * Measured before: a million JavaScript objects pause the process for seconds, slabs for milliseconds (docs/adr/0002).
 *
 * Promise: `add` is the only way to a new slot and makes room before it returns (a typed array ignores writes out of range).
 */
import { hoursOfWeek } from "../schemas/Baseline.ts"
import { binFloats } from "./SeasonalBaseline.ts"
import { clear, summaryWords } from "./Summary.ts"

/** Slots per chunk: 128 × 384 B = 48 kB of records. */
const chunkBits = 7
export const chunkSlots = 1 << chunkBits
const chunkMask = chunkSlots - 1

// Words of a record. Times are epoch milliseconds, NaN: none yet. What every observation touches comes first: 64 bytes.
/** Nothing earlier is expected; −Infinity at first. */
export const watermark = 0
/** The watermark at which something closes; Infinity where nothing is open. */
export const due = 1
/** When the newest batch with this datastream was received. */
export const lastReceived = 2
/**
 * The low 32 bits, signed: newest open pane in the pool, −1: none (not part of stored state: rebuilt with the pool). Above: the
 * district of the newest observation in the order of the log, 0: none.
 */
export const panes = 3
/** Newest phenomenon time counted, and the result at it. */
export const lastTime = 4
export const lastResult = 5
/** Usual milliseconds between measuring and arriving: the largest of late, forgotten by a tenth an observation. */
export const delay = 6
/** Observations by where they went: sent = counted + duplicate + superseded + late + overflow. */
export const counted = 7
export const duplicate = 8
export const superseded = 9
export const late = 10
export const overflow = 11
/** Lateness that applied to the newest observation, in milliseconds. */
export const lateness = 12
/** Start of the last sealed pane and of the last closed 5-min window, for the votes. */
export const lastPane = 13
export const lastFive = 14
/** Votes 0…8 that the datastream reports at least every minute, and every five: dense1 + 16 × dense5. */
export const votes = 15
/** The local hour that is being gathered for the baseline: 16 × its key (see `hourKey`) + how many means it has. */
export const hourGathered = 16
/** Newest phenomenon time at which the datastream said where its sensor is; −Infinity at first. */
export const locatedAt = 17
/** Twelve Float32 means in six words. */
export const hourValues = 18
/** The 5-min and the 1-h window that are being merged from sealed panes. */
export const five = 24
export const sixty = five + summaryWords
/** The district all values of the running 5-min window have, −1: several (they are in `WindowShares`); 0: none. */
export const fiveDistrict = sixty + summaryWords
/** Its observations beyond the thresholds, packed (`Beyond.ts`). */
export const fiveBeyond = fiveDistrict + 1
/** How often the sensor was seen to have moved, up to `movesMin`: from then on it is a moving one. */
export const moves = fiveDistrict + 2
export const movesMin = 3
/** How many 5-min windows in a row had one and the same value, and which. */
export const flat = fiveDistrict + 3
export const flatResult = fiveDistrict + 4
/** Free-flow speed of a detector, NaN: not known. */
export const freeFlow = fiveDistrict + 5
/** Two words as four 32-bit floats: what the light test remembers (`LightTest.ts`); zeros at first. */
export const light = fiveDistrict + 6
/** Rounded up to whole cache lines, so that the words every observation touches share one. */
export const recordWords = 48
/** Words a record had before it knew districts: what version 1 of the state has stored. */
export const recordWordsBeforeDistricts = fiveDistrict

/** Initial votes: undecided, so that windows are kept until the interval is known. */
export const votesUndecided = 4 + 16 * 4

export interface BaselineBin {
  readonly centre: number
  /** NaN: not known. */
  readonly spread: number
  readonly weeks: number
}

export class DatastreamSlab {
  /** Datastreams. */
  length = 0
  private readonly records: Array<Float64Array> = []
  private readonly floats: Array<Float32Array> = []
  private readonly bins: Array<Float32Array | undefined> = []
  private readonly weeks: Array<Uint8Array | undefined> = []

  /** A new slot with an empty record. */
  add(): number {
    const slot = this.length++
    const chunk = slot >> chunkBits
    if (chunk === this.records.length) {
      const buffer = new ArrayBuffer(chunkSlots * recordWords * 8)
      this.records.push(new Float64Array(buffer))
      this.floats.push(new Float32Array(buffer))
      this.bins.push(undefined)
      this.weeks.push(undefined)
    }
    const words = this.record(slot)
    const at = this.at(slot)
    words[at + lastTime] = NaN
    words[at + lastResult] = NaN
    words[at + watermark] = -Infinity
    words[at + due] = Infinity
    words[at + lastReceived] = -Infinity
    words[at + panes] = -1
    words[at + lastPane] = NaN
    words[at + lastFive] = NaN
    words[at + votes] = votesUndecided
    words[at + hourGathered] = NaN
    words[at + locatedAt] = -Infinity
    words[at + flatResult] = NaN
    words[at + freeFlow] = NaN
    clear(words, at + five)
    clear(words, at + sixty)
    return slot
  }

  /** The array a slot's record is in; the record starts at `at(slot)`. */
  record(slot: number): Float64Array {
    return this.records[slot >> chunkBits] as Float64Array
  }
  at(slot: number): number {
    return (slot & chunkMask) * recordWords
  }
  /** The same memory as 32-bit floats; the hour's means start at `2 × (at(slot) + hourValues)`. */
  recordFloats(slot: number): Float32Array {
    return this.floats[slot >> chunkBits] as Float32Array
  }

  /** Baseline floats of a slot's chunk (the slot's own start at `binAt`), `undefined` before anything was learned there. */
  binFloats(slot: number): Float32Array | undefined {
    return this.bins[slot >> chunkBits]
  }
  weekCounts(slot: number): Uint8Array | undefined {
    return this.weeks[slot >> chunkBits]
  }
  binAt(slot: number): number {
    return (slot & chunkMask) * binFloats
  }
  weekAt(slot: number): number {
    return (slot & chunkMask) * hoursOfWeek
  }
  /** Makes room for the baselines of a slot's chunk. */
  ensureBins(slot: number): void {
    const chunk = slot >> chunkBits
    if (this.bins[chunk] !== undefined) return
    this.bins[chunk] = new Float32Array(chunkSlots * binFloats).fill(NaN)
    this.weeks[chunk] = new Uint8Array(chunkSlots * hoursOfWeek)
  }

  /** `undefined` where nothing was learned. */
  bin(slot: number, hourOfTheWeek: number): BaselineBin | undefined {
    const bins = this.binFloats(slot)
    const weeks = this.weekCounts(slot)?.[this.weekAt(slot) + hourOfTheWeek] ?? 0
    if (bins === undefined || weeks === 0) return undefined
    const at = this.binAt(slot) + hourOfTheWeek
    return { centre: bins[at] as number, spread: bins[at + hoursOfWeek] as number, weeks }
  }

  /** Bytes held, for metrics and benchmarks. */
  get bytes(): number {
    const learned = this.bins.reduce((n, bins) => n + (bins === undefined ? 0 : 1), 0)
    return this.records.length * chunkSlots * recordWords * 8 + learned * chunkSlots * (binFloats * 4 + hoursOfWeek)
  }
}
