/**
 * Instants as people send them: RFC 3339 with an offset, to epoch milliseconds. Promise: what is accepted exists in the
 * calendar and names one instant; nothing is guessed (no missing zone, no 30 February, no hour 24). Hot path.
 */

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December"
]

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Days of a month (1 to 12) in the proleptic Gregorian calendar. */
export const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : daysOfMonth[month - 1] ?? 0

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
export const epochDays = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 | 0) + day - 1
  return era * 146_097 + yearOfEra * 365 + (yearOfEra / 4 | 0) - (yearOfEra / 100 | 0) + dayOfYear - 719_468
}

/** The digit at `at`, or a large negative number so that any sum with it is negative. */
const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : -100_000
}
const two = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1)

/** Minutes of the offset at `at`, which must end the text; NaN where there is none. */
const offsetMinutes = (text: string, at: number): number => {
  const sign = text.charCodeAt(at)
  if ((sign === 90 || sign === 122) && text.length === at + 1) return 0
  if ((sign !== 43 && sign !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return NaN
  const hours = two(text, at + 1)
  const minutes = two(text, at + 4)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NaN
  return sign === 43 ? hours * 60 + minutes : -(hours * 60 + minutes)
}

/** Epoch milliseconds of an RFC 3339 instant, finer digits cut off; NaN where the text is none. */
export const parseRfc3339 = (text: string): number => {
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  const hour = two(text, 11)
  const minute = two(text, 14)
  const second = two(text, 17)
  if (
    year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)
    || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
    || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  ) return NaN
  const separator = text.charCodeAt(10)
  if (separator !== 84 && separator !== 116 && separator !== 32) return NaN
  let at = 19
  let millis = 0
  if (text.charCodeAt(19) === 46) {
    let weight = 100
    for (at = 20; digit(text, at) >= 0; at++) {
      millis += digit(text, at) * weight
      weight = weight > 1 ? weight / 10 : 0
    }
    if (at === 20) return NaN
  }
  const offset = offsetMinutes(text, at)
  return epochDays(year, month, day) * 86_400_000 + (hour * 60 + minute - offset) * 60_000 + second * 1000 + millis
}

/** What is wrong with a text that `parseRfc3339` does not take: the end of a sentence that starts with field and value. */
export const rfc3339Problem = (text: string): string => {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:([Tt ])(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(.*))?$/s.exec(text)
  const expected = "expected RFC 3339 such as 2026-11-24T08:00:00Z"
  if (parts === null) return `is no date and time: ${expected}`
  const [year, month, day, hour, minute, second] = [parts[1], parts[2], parts[3], parts[5], parts[6], parts[7]].map(
    Number
  )
  if (year === undefined || month === undefined || month < 1 || month > 12) return `has no such month: ${expected}`
  if (day === undefined || day < 1 || day > daysIn(year, month)) {
    return `is no date: ${monthNames[month - 1]} ${year} has ${daysIn(year, month)} days`
  }
  if (parts[4] === undefined) return `has no time of day: ${expected}`
  if (hour === undefined || hour > 23) return `has hour ${hour}: hours go from 00 to 23`
  if (minute === undefined || minute > 59) return `has minute ${minute}: minutes go from 00 to 59`
  if (parts[7] === undefined) return `has no seconds: ${expected}`
  if (second === 60) return "names a leap second, which is not kept: send second 59 or the second after"
  if (second === undefined || second > 60) return `has second ${second}: seconds go from 00 to 59`
  return parts[9] === ""
    ? `has no time zone: end it with Z or an offset such as +02:00`
    : `has a time zone that is none: end it with Z or an offset such as +02:00`
}
