/**
 * Local times of recorded data, to instants. A pattern says how a time is written (`DD/MM/YYYY HH.mm.ss`; digits may lack
 * their leading zero), a zone what it means. Promise: a local time in the hour that is skipped when clocks go forward is
 * moved forward by the skipped span; one that exists twice when clocks go back is the first of the two; an impossible date
 * is no time.
 */
import { DateTime, Option } from "effect"
import { daysIn, epochDays, parseRfc3339 } from "./Rfc3339.ts"

const tokens = ["YYYY", "MM", "DD", "HH", "mm", "ss"] as const
type Token = (typeof tokens)[number]

/** Formats that name an instant by themselves. */
export const instantFormats = ["rfc3339", "epoch-seconds", "epoch-millis"] as const

/** Whether a format can be read: an instant format, or a pattern with year, month and day, each token once. */
export const isTimeFormat = (format: string): boolean => {
  if (instantFormats.some((known) => known === format)) return true
  const found = patternParts(format).filter((part) => part.length > 1)
  return ["YYYY", "MM", "DD"].every((token) => found.includes(token)) && new Set(found).size === found.length
}

const patternParts = (pattern: string): ReadonlyArray<string> => pattern.match(/YYYY|MM|DD|HH|mm|ss|[^]/g) ?? []

/** Reads texts in a pattern as local time: milliseconds as if the place were at UTC, NaN where a text does not match. */
export const localReader = (pattern: string): (text: string) => number => {
  const parts = patternParts(pattern)
  const order = parts.filter((part): part is Token => tokens.some((token) => token === part))
  const source = parts.map((part) =>
    part === "YYYY" ? "(\\d{4})" : part.length > 1 ? "(\\d{1,2})" : part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
  ).join("")
  const expression = new RegExp(`^\\s*${source}\\s*$`)
  const at = (token: Token): number => order.indexOf(token) + 1
  const [year, month, day, hour, minute, second] = tokens.map(at)
  return (text) => {
    const match = expression.exec(text)
    if (match === null) return NaN
    const number = (group: number | undefined): number => group === undefined || group === 0 ? 0 : Number(match[group])
    const [y, mo, d] = [number(year), number(month), number(day)]
    const [h, mi, s] = [number(hour), number(minute), number(second)]
    if (mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 59) return NaN
    return epochDays(y, mo, d) * 86_400_000 + ((h * 60 + mi) * 60 + s) * 1000
  }
}

const quantum = 900_000
const cachedMax = 65_536

/**
 * From local milliseconds (as if at UTC) to epoch milliseconds in an IANA zone. Offsets are looked up once per quarter of
 * an hour; where they differ at its two ends, every time in it is converted by itself.
 */
export const zoneConverter = (timeZone: string): (localMillis: number) => number => {
  const zone = DateTime.zoneMakeNamedUnsafe(timeZone)
  const exact = (localMillis: number): number =>
    Option.match(
      DateTime.makeZoned(localMillis, {
        timeZone: zone,
        adjustForTimeZone: true,
        disambiguation: "compatible"
      }),
      { onNone: () => NaN, onSome: DateTime.toEpochMillis }
    )
  const shifts = new Map<number, number>()
  return (localMillis) => {
    if (!Number.isFinite(localMillis)) return NaN
    const from = Math.floor(localMillis / quantum) * quantum
    let shift = shifts.get(from)
    if (shift === undefined) {
      const first = exact(from) - from
      shift = first === exact(from + quantum - 1) - (from + quantum - 1) ? first : NaN
      if (shifts.size >= cachedMax) shifts.clear()
      shifts.set(from, shift)
    }
    return Number.isNaN(shift) ? exact(localMillis) : localMillis + shift
  }
}

/** Reads times written in `format`, local ones in `timeZone`, to epoch milliseconds; NaN where a text is none. */
export const timeReader = (format: string, timeZone: string): (text: string) => number => {
  if (format === "rfc3339") return (text) => parseRfc3339(text.trim())
  if (format === "epoch-seconds" || format === "epoch-millis") {
    const factor = format === "epoch-seconds" ? 1000 : 1
    return (text) => /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Math.trunc(Number(text) * factor) : NaN
  }
  const local = localReader(format)
  const instant = zoneConverter(timeZone)
  return (text) => instant(local(text))
}
