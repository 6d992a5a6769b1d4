/**
 * The anomalies of one shard's datastreams by the light test: each observation that is newer than all before, against what is
 * expected of it (`LightTest.ts`). Pure: state in, state out. Promises:
 * - one anomaly per episode and at most one open per datastream; it opens with an observation, is raised at most twice, and closes:
 *   it is over, nothing comes any more, or the observation it rests on was corrected;
 * - what is said of it follows from the observations in the order of the log and from nothing else;
 * - bounded: two words in the record of a datastream, and what is open beside it.
 *
 *     score ≥ 3, or ≥ 2 three times in a row on one side          six within, five minutes long
 *     ─────────────────────────► open ──(more severe: raised)──► ─────────────────────────────► closed
 *
 * Not looked at: what is older than the newest (a window will show it), duplicates, superseded and late ones, directions.
 */
import type { AnomalyEnding, AnomalySeverity } from "../schemas/Anomaly.ts"
import { arrival } from "./Arrival.ts"
import type { Datastreams } from "./Datastreams.ts"
import * as Slab from "./DatastreamSlab.ts"
import { type FoundAnomaly, severities, severityOf } from "./FoundAnomaly.ts"
import * as Test from "./LightTest.ts"
import { silentAfter } from "./SensorHealth.ts"
import type { WordWriter } from "./WordWriter.ts"

// Words of an open anomaly.
const opened = 0
const observedAt = 1
const observed = 2
const score = 3
const low = 4
const high = 5
const district = 6
const revision = 7
const severity = 8
/** Since when observations are within again. */
const quietSince = 9
/** The newest observation beyond. */
const beyondAt = 10
const openWords = 11

const isDense = (words: Float64Array, at: number): boolean => (words[at + Slab.votes] as number) >= 16
const silentWhenDense = silentAfter(true)
/** Beyond everything that is plausible of any property: a 32-bit float would be too coarse for the level. */
const resultMax = 1e6

/** What is expected of the observation that is looked at. */
const expected = new Float64Array(2)

export class Anomalies {
  /** Found since the last `take`, in the order of the log. */
  private found: Array<FoundAnomaly> = []
  private readonly open = new Map<number, Float64Array>()
  private readonly streams: Datastreams

  constructor(streams: Datastreams) {
    this.streams = streams
  }

  /** Found since the last `take`. */
  get length(): number {
    return this.found.length
  }

  /** Anomalies that are open. */
  get openCount(): number {
    return this.open.size
  }

  take(): ReadonlyArray<FoundAnomaly> {
    const { found } = this
    if (found.length > 0) this.found = []
    return found
  }

  /** The observation in `arrival` was counted and is newer than all before of the slot, whose record does not have it yet. Hot path. */
  look(slot: number, words: Float64Array, at: number): void {
    const floats = this.streams.slab.recordFloats(slot)
    const f = 2 * (at + Slab.light)
    const known = floats[f + Test.code] as number
    const deviation = (arrival[2] as number) - (floats[f + Test.level] as number)
    const size = Math.abs(deviation)
    const since = (arrival[0] as number) - (words[at + Slab.lastTime] as number)
    if (!(since <= silentWhenDense)) this.lookCloser(slot, words, at)
    else if (known === Test.steady && size <= (floats[f + Test.reach] as number)) {
      Test.learn(floats, f, deviation, since, Test.reachMin[this.streams.property(slot)] as number)
    } else if (known > 0 && known < Test.learnedEnough && size < resultMax) {
      Test.learnFirst(floats, f, deviation, since, Test.reachMin[this.streams.property(slot)] as number)
    } else this.lookCloser(slot, words, at)
  }

  private lookCloser(slot: number, words: Float64Array, at: number): void {
    const floats = this.streams.slab.recordFloats(slot)
    const f = 2 * (at + Slab.light)
    const time = arrival[0] as number
    const result = arrival[2] as number
    const code = floats[f + Test.code] as number
    const since = time - (words[at + Slab.lastTime] as number)
    const smallest = Test.reachMin[this.streams.property(slot)] as number
    const learned = Test.learnedOf(code)
    if (!(Math.abs(result) < resultMax)) return
    if (learned === 0 || !(since <= silentAfter(isDense(words, at)))) {
      if (Test.openOf(code) > 0) this.closeSilent(slot, words, at)
      this.begin(floats, f, result, learned, smallest)
      return
    }
    const deviation = result - (floats[f + Test.level] as number)
    if (learned < Test.learnedEnough) {
      Test.learnFirst(floats, f, deviation, since, smallest)
      return
    }
    this.expect(slot, floats, f, time)
    const score = Test.scoreOf(result, expected[0] as number, expected[1] as number)
    if (Test.openOf(code) > 0) {
      this.goOn(slot, floats, f, score)
      Test.follow(floats, f, deviation, since)
    } else if (this.begins(floats, f, score, deviation)) {
      this.begun(slot, score)
      floats[f + Test.code] = Test.codeOf(Test.learnedEnough, 0, 1)
      Test.follow(floats, f, deviation, since)
    } else if (Test.runOf(floats[f + Test.code] as number) > 0) Test.learnBeyond(floats, f, deviation)
    else Test.learn(floats, f, deviation, since, smallest)
  }

  /** The level is where the datastream is now, whatever it was; the reach stays. */
  private begin(floats: Float32Array, f: number, result: number, learned: number, smallest: number): void {
    floats[f + Test.level] = result
    if (learned === 0) floats[f + Test.reach] = smallest
    floats[f + Test.code] = Test.codeOf(learned === 0 ? 1 : Math.min(learned, Test.learnedAfterSilence), 0, 0)
  }

  private expect(slot: number, floats: Float32Array, f: number, time: number): void {
    const level = floats[f + Test.level] as number
    const reach = floats[f + Test.reach] as number
    expected[0] = level - reach
    expected[1] = level + reach
    const bin = this.streams.bin(slot, this.streams.hourOfWeekAt(time))
    if (bin === undefined || bin.weeks < Test.weeksEnough || !(bin.spread >= 0)) return
    const usual = Math.max(reach, Test.usualSpreads * bin.spread)
    expected[0] = Math.min(level - reach, bin.centre - usual)
    expected[1] = Math.max(level + reach, bin.centre + usual)
  }

  /** Whether one opens; else counts the run. */
  private begins(floats: Float32Array, f: number, score: number, deviation: number): boolean {
    const age = floats[f + Test.age] as number
    if (Test.isBeyondAtOnce(score, age)) return true
    const before = Test.runOf(floats[f + Test.code] as number)
    const first = deviation > 0 ? 1 : Test.runLength
    const isOnThatSide = before >= first && before < first + Test.runLength - 1
    const run = !Test.isBeyond(score, age) ? 0 : isOnThatSide ? before + 1 : first
    floats[f + Test.code] = Test.codeOf(Test.learnedEnough, run, 0)
    return run === first + Test.runLength - 1
  }

  private begun(slot: number, score: number): void {
    const words = new Float64Array(openWords)
    this.open.set(slot, words)
    words[opened] = arrival[0] as number
    words[district] = arrival[5] as number
    words[quietSince] = Infinity
    words[beyondAt] = arrival[0] as number
    this.peak(words, score)
    words[severity] = severities.indexOf(severityOf(score, 0))
    this.tell(slot, words, undefined, undefined)
  }

  /** The observation in `arrival` is the one furthest beyond. */
  private peak(words: Float64Array, by: number): void {
    words[observedAt] = arrival[0] as number
    words[observed] = arrival[2] as number
    words[score] = by
    words[low] = expected[0] as number
    words[high] = expected[1] as number
  }

  private goOn(slot: number, floats: Float32Array, f: number, by: number): void {
    const words = this.openOf(slot)
    const time = arrival[0] as number
    if (by >= Test.scoreOpen) {
      words[quietSince] = Infinity
      words[beyondAt] = time
      floats[f + Test.code] = Test.codeOf(Test.learnedEnough, 0, 1)
      if (by > (words[score] as number)) this.peak(words, by)
      this.raise(slot, words)
      return
    }
    words[quietSince] = Math.min(words[quietSince] as number, time)
    const quiet = Math.min(Test.quietObservations, Test.openOf(floats[f + Test.code] as number))
    floats[f + Test.code] = Test.codeOf(Test.learnedEnough, 0, 1 + quiet)
    if (quiet < Test.quietObservations || time - (words[quietSince] as number) < Test.quietMillis) return
    floats[f + Test.code] = Test.steady
    this.end(slot, words, words[quietSince] as number, "over")
  }

  /** Tells that it became more severe. */
  private raise(slot: number, words: Float64Array): void {
    const beyondMillis = (words[beyondAt] as number) - (words[opened] as number)
    const now = severities.indexOf(severityOf(words[score] as number, beyondMillis))
    if (now <= (words[severity] as number)) return
    words[severity] = now
    words[revision] = (words[revision] as number) + 1
    this.tell(slot, words, undefined, undefined)
  }

  /** The observation in `arrival` corrects one: where an open anomaly rests on that, it is taken back or told anew. */
  correct(slot: number, words: Float64Array, at: number): void {
    if (!this.isOpen(slot, at)) return
    const anomaly = this.openOf(slot)
    if (arrival[0] !== anomaly[observedAt]) return
    const by = Test.scoreOf(arrival[2] as number, anomaly[low] as number, anomaly[high] as number)
    if (!(by >= Test.scoreOpen)) {
      this.close(slot, at, words[at + Slab.lastTime] as number, "corrected")
      return
    }
    anomaly[observed] = arrival[2] as number
    anomaly[score] = by
    anomaly[revision] = (anomaly[revision] as number) + 1
    this.tell(slot, anomaly, undefined, undefined)
  }

  /** When the slot's open anomaly closes if nothing comes any more, as a watermark; Infinity where none is open. */
  silentAt(slot: number, words: Float64Array, at: number): number {
    return this.isOpen(slot, at) ? (words[at + Slab.lastTime] as number) + silentAfter(isDense(words, at)) : Infinity
  }

  /** The watermark passed `silentAt`. */
  closeSilent(slot: number, words: Float64Array, at: number): void {
    this.close(slot, at, words[at + Slab.lastTime] as number, "silent")
  }

  isOpen(slot: number, at: number): boolean {
    return Test.openOf(this.streams.slab.recordFloats(slot)[2 * (at + Slab.light) + Test.code] as number) > 0
  }

  private openOf(slot: number): Float64Array {
    return this.open.get(slot) as Float64Array
  }

  private close(slot: number, at: number, closed: number, ending: AnomalyEnding): void {
    this.streams.slab.recordFloats(slot)[2 * (at + Slab.light) + Test.code] = Test.steady
    this.end(slot, this.openOf(slot), closed, ending)
  }

  private end(slot: number, words: Float64Array, closed: number, ending: AnomalyEnding): void {
    words[revision] = (words[revision] as number) + 1
    this.open.delete(slot)
    this.tell(slot, words, closed, ending)
  }

  private tell(slot: number, words: Float64Array, closed: number | undefined, ending: AnomalyEnding | undefined): void {
    this.found.push({
      slot,
      district: words[district] as number,
      opened: words[opened] as number,
      closed,
      ending,
      revision: words[revision] as number,
      severity: severities[words[severity] as number] as AnomalySeverity,
      score: words[score] as number,
      low: words[low] as number,
      high: words[high] as number,
      observed: words[observed] as number,
      observedAt: words[observedAt] as number
    })
  }

  /** Writes what is open of a slot. */
  write(slot: number, writer: WordWriter): void {
    writer.copy(this.openOf(slot), 0, openWords)
  }

  /** Reads back what `write` wrote; returns where it ended. */
  read(slot: number, from: Float64Array, at: number): number {
    this.open.set(slot, from.slice(at, at + openWords))
    return at + openWords
  }
}
