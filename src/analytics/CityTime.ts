/**
 * Hours of the week in a city's IANA time zone, daylight saving included. Pure apart from a bounded memo: the offset of a
 * zone changes only at quarter hours of UTC, so one look-up per quarter hour is exact.
 */
import { hoursOfWeek } from "../schemas/Baseline.ts"

const quarter = 900_000
const hour = 3_600_000
const memoMax = 8_192

export interface CityTime {
  readonly timeZone: string
  /** Offset from UTC in milliseconds at an instant: local = UTC + offset. */
  readonly offset: (epochMillis: number) => number
}

const parts: Intl.DateTimeFormatOptions = {
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  era: "short"
}

/** Throws `RangeError` where the zone is unknown. */
export const cityTime = (timeZone: string): CityTime => {
  const format = new Intl.DateTimeFormat("en-US", { ...parts, timeZone, calendar: "iso8601", numberingSystem: "latn" })
  const memo = new Map<number, number>()
  const lookUp = (epochMillis: number): number => {
    const field: Record<string, string> = {}
    for (const part of format.formatToParts(epochMillis)) field[part.type] = part.value
    const get = (name: string): number => Number(field[name])
    const local = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"))
    return local - Math.floor(epochMillis / 1000) * 1000
  }
  let lastQuarter = NaN
  let lastOffset = 0
  return {
    timeZone,
    offset: (epochMillis) => {
      const key = Math.floor(epochMillis / quarter)
      if (key === lastQuarter) return lastOffset
      let offset = memo.get(key)
      if (offset === undefined) {
        offset = lookUp(epochMillis)
        if (memo.size >= memoMax) memo.clear()
        memo.set(key, offset)
      }
      lastQuarter = key
      lastOffset = offset
      return offset
    }
  }
}

/** Number of the local hour since the local 1970-01-01T00:00; repeats for the hour that a clock going back repeats. */
export const localHour = (epochMillis: number, offset: number): number => Math.floor((epochMillis + offset) / hour)

/**
 * One number for a local hour and the offset it has: the hour that a clock going back repeats is two, and two that it runs
 * together (02:00–02:45 and 03:45–04:00 in Chatham) stay two.
 */
export const hourKey = (local: number, offset: number): number => local * 256 + offset / quarter + 128

/** The local hour of a key. */
export const hourOfKey = (key: number): number => Math.floor(key / 256)

/** Hour of the week of a local hour: 0 is Monday 00:00 (1970-01-01 was a Thursday). */
export const hourOfWeek = (local: number): number => (((local + 3 * 24) % hoursOfWeek) + hoursOfWeek) % hoursOfWeek
