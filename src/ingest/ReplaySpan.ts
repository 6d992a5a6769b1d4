/**
 * Which part of a recording is replayed, and when it is said to have happened. Promise: the shift is one constant for the whole replay,
 * whole weeks of local time, so that Monday 8 o'clock stays Monday 8 o'clock on the clocks of the place (of another one, if asked) at the
 * start of the replay; a later change of the clocks that the other year has on another day moves hours by one, as it must.
 */
import { Effect, type FileSystem, Path } from "effect"
import { cityTime } from "../analytics/CityTime.ts"
import { csvRows } from "./CsvFile.ts"
import { localReader, timeReader, zoneConverter } from "./LocalTime.ts"
import { type ReplayMapping, separatorOf, startPattern } from "./ReplayMapping.ts"
import { ReplayDataInvalid } from "./ReplayStep.ts"

export interface SpanOptions {
  /**
   * The replay is as if it happened from this instant on, epoch milliseconds. It starts with the recording's first such hour of the week
   * (one that began less than an hour before its first observation counts), or where `from` is set, with that, which then is the first
   * instant of the same hour of the week at or after this one. Times are those of the recording unless set.
   */
  readonly startAt?: number
  /** Zone whose clocks show, after a shift, what clocks of the recording's zone had shown; the recording's own unless set. */
  readonly timeZone?: string
  /** Time of the recording at which the replay starts, epoch milliseconds; its first observation, or as `startAt` says, unless set. */
  readonly from?: number
  /** Milliseconds of event time to replay; all unless set. */
  readonly limit?: number
}

export interface ReplaySpan {
  /** Half-open, epoch milliseconds in the recording's own time. */
  readonly from: number
  readonly to: number
  /** Added to every time. */
  readonly shiftMillis: number
}

export const wholeSpan: ReplaySpan = { from: -Infinity, to: Infinity, shiftMillis: 0 }

const week = 7 * 86_400_000
const graceMillis = 3_600_000

export const replaySpan = Effect.fnUntraced(function*(
  folder: string,
  mapping: ReplayMapping,
  { from, limit, startAt, timeZone }: SpanOptions
): Effect.fn.Return<ReplaySpan, ReplayDataInvalid, FileSystem.FileSystem | Path.Path> {
  if (from === undefined && limit === undefined && startAt === undefined) return wholeSpan
  const zones = { recorded: mapping.timeZone, shown: timeZone ?? mapping.timeZone }
  const start = from ?? sameHour(yield* firstTime(folder, mapping), startAt, zones)
  return {
    from: from === undefined && startAt === undefined ? -Infinity : start,
    to: limit === undefined ? Infinity : start + limit,
    shiftMillis: startAt === undefined ? 0 : shift(start, startAt, zones)
  }
})

interface Zones {
  readonly recorded: string
  readonly shown: string
}

/** First instant of the recording at which its clocks show the hour of the week that those of the place show at `startAt`. */
const sameHour = (first: number, startAt: number | undefined, { recorded, shown }: Zones): number => {
  if (startAt === undefined) return first
  const local = startAt + cityTime(shown).offset(startAt)
  return weeksOn(local, first - graceMillis + 1, recorded)
}

const shift = (start: number, startAt: number, { recorded, shown }: Zones): number =>
  weeksOn(start + cityTime(recorded).offset(start), startAt, shown) - start

/** The first instant at or after `notBefore` that is whole weeks of local time from `local`. */
const weeksOn = (local: number, notBefore: number, timeZone: string): number => {
  const instant = zoneConverter(timeZone)
  let weeks = Math.floor((notBefore - local) / week) - 1
  while (instant(local + weeks * week) < notBefore) weeks++
  return instant(local + weeks * week)
}

/** Time of the first observation. */
const firstTime = Effect.fnUntraced(function*(
  folder: string,
  mapping: ReplayMapping
): Effect.fn.Return<number, ReplayDataInvalid, FileSystem.FileSystem | Path.Path> {
  if (mapping.shape === "matrix") return zoneConverter(mapping.timeZone)(localReader(startPattern)(mapping.start))
  const path = yield* Path.Path
  const { columns, format, timeZone } = mapping.time
  const readTime = timeReader(format, timeZone ?? mapping.timeZone)
  let first = Infinity
  for (const file of mapping.files) {
    yield* csvRows(path.join(folder, file), file, separatorOf(mapping), columns, (cells) => {
      const time = readTime(cells.join(" "))
      if (time >= 0 && time < first) first = time
    })
  }
  if (first < Infinity) return first
  return yield* new ReplayDataInvalid({ file: mapping.files[0], detail: "holds no row with a time" })
})
