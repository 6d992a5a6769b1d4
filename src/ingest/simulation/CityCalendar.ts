/**
 * What a moment means in the simulated city: hour, kind of day, season and sun, in Helsinki's own time with its summer time.
 * Promise: a function of the instant alone.
 */
import { cityTime } from "../../analytics/CityTime.ts"

export const timeZone = "Europe/Helsinki"
const time = cityTime(timeZone)
const minute = 60_000
const day = 86_400_000
const latitude = (60.2 * Math.PI) / 180
const longitude = 24.95

export interface Moment {
  /** Local hour, with its fraction. */
  readonly hour: number
  readonly kind: "weekday" | "saturday" | "sunday"
  /** Kind of the day before, which reaches into the night. */
  readonly kindBefore: Moment["kind"]
  readonly isFriday: boolean
  /** 1 on 1 January to 366. */
  readonly dayOfYear: number
  /** Month from 1. */
  readonly month: number
  /** Sine of the sun's height; negative at night. */
  readonly sun: number
}

/** Fixed Finnish public holidays, with the eves that are kept like them: month and day. Those that move are not kept. */
const holidays = new Set(["1-1", "1-6", "5-1", "12-6", "12-24", "12-25", "12-26"])

export const localMillis = (epochMillis: number): number => epochMillis + time.offset(epochMillis)

/** The instant of a local time (milliseconds as if at UTC); one that exists twice is the first, one skipped moves forward. */
export const instantOf = (local: number): number => {
  const guess = local - time.offset(local - 2 * 3_600_000)
  return localMillis(guess) === local ? guess : local - time.offset(guess)
}

export const kindOfDay = (localDay: number): Moment["kind"] => {
  const date = new Date(localDay * day)
  if (holidays.has(`${date.getUTCMonth() + 1}-${date.getUTCDate()}`)) return "sunday"
  // 1970-01-01 was a Thursday.
  const weekday = (((localDay + 3) % 7) + 7) % 7
  return weekday === 6 ? "sunday" : weekday === 5 ? "saturday" : "weekday"
}

/**
 * Solar height from declination δ = 23.45°·sin(360°·(284+n)/365) (P. I. Cooper, Solar Energy 12, 1969) and the hour angle of
 * mean solar time.
 */
const sunAt = (epochMillis: number, dayOfYear: number): number => {
  const declination = 0.409_279_71 * Math.sin((2 * Math.PI * (284 + dayOfYear)) / 365)
  const solarHour = (((epochMillis % day) + day) % day) / 3_600_000 + longitude / 15
  const angle = ((solarHour - 12) * Math.PI) / 12
  return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(angle)
}

export const momentAt = (epochMillis: number): Moment => {
  const local = localMillis(epochMillis)
  const localDay = Math.floor(local / day)
  const date = new Date(localDay * day)
  const dayOfYear = localDay - Math.floor(Date.UTC(date.getUTCFullYear(), 0, 1) / day) + 1
  return {
    hour: (local - localDay * day) / 3_600_000,
    kind: kindOfDay(localDay),
    kindBefore: kindOfDay(localDay - 1),
    isFriday: date.getUTCDay() === 5,
    dayOfYear,
    month: date.getUTCMonth() + 1,
    sun: sunAt(epochMillis, dayOfYear)
  }
}

/** Remembers what a function said of the last whole minutes: everything the city shares changes once a minute. */
export const byMinute = <A>(compute: (epochMillis: number) => A): (epochMillis: number) => A => {
  const memo = new Map<number, A>()
  let lastKey = NaN
  let last: A | undefined
  return (epochMillis) => {
    const key = Math.floor(epochMillis / minute)
    if (key === lastKey) return last as A
    let value = memo.get(key)
    if (value === undefined) {
      value = compute(key * minute)
      if (memo.size >= 4096) memo.clear()
      memo.set(key, value)
    }
    lastKey = key
    last = value
    return value
  }
}

/**
 * Remembers what a function said of the last even and the last odd day of each of `count` things: who asks may be on both sides
 * of a night.
 */
export const byDay = <A>(
  count: number,
  compute: (number: number, dayNumber: number) => A
): (number: number, dayNumber: number) => A => {
  const dayOf = new Float64Array(2 * count).fill(NaN)
  const values: Array<A> = []
  return (number, dayNumber) => {
    const slot = number * 2 + (dayNumber & 1)
    if (dayOf[slot] !== dayNumber) {
      values[slot] = compute(number, dayNumber)
      dayOf[slot] = dayNumber
    }
    return values[slot] as A
  }
}
