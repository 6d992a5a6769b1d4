/** The seasonal baseline from its formulas, with wall-clock hours as Effect's `DateTime` tells them. */
import { DateTime } from "effect"

export interface NaiveBin {
  readonly centre: number
  readonly spread: number | undefined
  readonly weeks: number
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = NaN, high = NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return (low + high) / 2
}

const clip = (x: number, reach: number): number => Math.min(reach, Math.max(-reach, x))

export class NaiveBaseline {
  readonly bins = new Map<number, NaiveBin>()
  private readonly zone: DateTime.TimeZone
  /** The wall-clock hour being gathered, named by its date, hour and offset. */
  private gathering = ""
  private hourOfWeek = -1
  private means: Array<number> = []

  constructor(timeZone: string) {
    this.zone = DateTime.zoneMakeNamedUnsafe(timeZone)
  }

  /** The mean of a closed 5-min window, in order. */
  add(start: number, mean: number): void {
    const zoned = DateTime.setZone(DateTime.makeUnsafe(start), this.zone)
    const { day, hour, month, weekDay, year } = DateTime.toParts(zoned)
    const name = [year, month, day, hour, DateTime.zonedOffset(zoned)].join(" ")
    if (name !== this.gathering) {
      if (this.means.length > 0) this.learn()
      this.gathering = name
      this.hourOfWeek = (weekDay + 6) % 7 * 24 + hour
      this.means = []
    }
    this.means.push(mean)
  }

  private learn(): void {
    const bin = this.bins.get(this.hourOfWeek)
    const m = median(this.means)
    const centre = bin?.centre ?? m
    const d = 1.4826 * median(this.means.map((x) => Math.abs(x - centre)))
    if (bin === undefined) {
      this.bins.set(this.hourOfWeek, { centre: m, spread: this.means.length < 3 ? undefined : d, weeks: 1 })
      return
    }
    const rate = 1 / Math.min(bin.weeks + 1, 8)
    const { spread = 0 } = bin
    const reach = spread > 0 ? 3 * spread : Infinity
    this.bins.set(this.hourOfWeek, {
      centre: centre + rate * clip(m - centre, reach),
      spread: spread > 0 ? spread + rate * (Math.min(d, reach) - spread) : d,
      weeks: Math.min(255, bin.weeks + 1)
    })
  }
}
