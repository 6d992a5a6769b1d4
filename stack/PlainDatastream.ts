/** One datastream in the plain model of a log (`BruteForce.ts`): what becomes of its observations, and its one-minute windows. */
import { observedProperty } from "../src/schemas/ObservedProperties.ts"
import type { LoggedObservation } from "./LoggedBatch.ts"

/** Milliseconds. */
export const minute = 60_000
const fiveMinutes = 5 * minute
const hour = 60 * minute
/** Between 0 and 8: how sure it is that a datastream reports every minute. Windows of one that does not are not stored. */
const votesAtFirst = 4
const votesMax = 8

interface Value {
  readonly resultTime: number
  readonly result: number
}

/** Every value of a phenomenon time, and which of them is in force. */
interface Given {
  current: Value
  readonly all: Array<Value>
}

export interface MinuteWindow {
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly last: number
}

export class PlainDatastream {
  readonly outcomes = { sent: 0, counted: 0, duplicate: 0, superseded: 0, late: 0 }
  /** Open minutes by start, the values of each by phenomenon time. */
  readonly open = new Map<number, Map<number, Given>>()
  watermark = -Infinity
  receivedAt = -Infinity
  latenessMillis = 0
  /** Usual milliseconds from measuring to receiving. */
  delay = 0
  /** Starts of the longer windows that are open; NaN: none. */
  five = NaN
  sixty = NaN
  votes = votesAtFirst
  sealedLast = NaN
  readonly sealed = new Map<number, MinuteWindow>()
  readonly isEnergy: boolean

  constructor(property: string) {
    this.isEnergy = observedProperty(property)?.aggregation === "energy"
  }

  /** False: it came too late. */
  observe(
    { phenomenonTime, result, resultTime }: LoggedObservation,
    receivedAt: number,
    latenessMillis: number
  ): boolean {
    const { open, outcomes } = this
    outcomes.sent++
    this.receivedAt = Math.max(this.receivedAt, receivedAt)
    this.latenessMillis = latenessMillis
    this.delay = Math.max(receivedAt - phenomenonTime, this.delay * 0.9)
    const start = Math.floor(phenomenonTime / minute) * minute
    if (start + minute <= this.watermark) {
      outcomes.late++
      return false
    }
    const values = open.get(start) ?? new Map<number, Given>()
    open.set(start, values)
    const value = { resultTime: Number.isNaN(resultTime) ? phenomenonTime : resultTime, result }
    const given = values.get(phenomenonTime)
    if (given === undefined) {
      values.set(phenomenonTime, { current: value, all: [value] })
      outcomes.counted++
    } else if (given.all.some((other) => other.resultTime === value.resultTime && other.result === result)) {
      outcomes.duplicate++
    } else {
      outcomes.superseded++
      given.all.push(value)
      if (value.resultTime >= given.current.resultTime) given.current = value
    }
    this.advance(Math.min(phenomenonTime, receivedAt) - latenessMillis)
    return true
  }

  /** It is `now`, and a datastream that is silent for so long moves on without observations. */
  tick(now: number, idleMillis: number): void {
    if (now - this.receivedAt < idleMillis) return
    const watermark = now - this.latenessMillis - Math.max(0, this.delay)
    const due = Math.min(...this.open.keys(), Infinity) + minute
    const isDue = due <= watermark || this.five + fiveMinutes <= watermark || this.sixty + hour <= watermark
    if (isDue) this.advance(watermark)
  }

  private advance(watermark: number): void {
    if (watermark <= this.watermark) return
    this.watermark = watermark
    const due = [...this.open.keys()].filter((start) => start + minute <= watermark).sort((a, b) => a - b)
    for (const start of due) this.seal(start)
    if (this.five + fiveMinutes <= watermark) this.closeFive()
    if (this.sixty + hour <= watermark) this.sixty = NaN
  }

  private seal(start: number): void {
    const values = [...this.open.get(start) ?? []].sort(([a], [b]) => a - b).map(([, { current }]) => current.result)
    this.open.delete(start)
    if (start - this.sealedLast <= minute) this.votes = Math.min(votesMax, this.votes + 1)
    else if (!Number.isNaN(this.sealedLast)) this.votes = Math.max(0, this.votes - 1)
    this.sealedLast = start
    if (this.votes > 0) {
      this.sealed.set(start, {
        count: values.length,
        mean: this.isEnergy ? 10 * Math.log10(average(values.map((level) => 10 ** (level / 10)))) : average(values),
        min: Math.min(...values),
        max: Math.max(...values),
        last: values.at(-1) ?? NaN
      })
    }
    const five = Math.floor(start / fiveMinutes) * fiveMinutes
    if (this.five !== five) this.closeFive()
    this.five = five
  }

  private closeFive(): void {
    if (!Number.isNaN(this.five)) this.sixty = Math.floor(this.five / hour) * hour
    this.five = NaN
  }
}

const average = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
