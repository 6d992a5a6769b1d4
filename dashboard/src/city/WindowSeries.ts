/**
 * Windows and a baseline as the columns a chart draws. Pure. Promises: one place per step of time, `null` where there is no
 * window, so a gap stays a gap; the band is that of the hour of the week in which a window starts.
 *
 *     windows   [8:00][8:05]      [8:15]
 *     mean        41    43   null   40
 *     band       the same from 8:00 to 9:00, then that of the next hour
 */
import type { Baseline, Window } from "../api/Shapes.ts"
import { makeHourOfWeek } from "./HourOfWeek.ts"

export interface Band {
  readonly low: number
  readonly high: number
}

/** Half the width of the band in robust standard deviations: about 95 of 100 normal values lie inside. */
const halfWidth = 2

/** What is normal at an instant; undefined where it is not known yet. */
export const makeBand = (
  baseline: Baseline | undefined
): (epochMillis: number) => Band | undefined => {
  if (baseline === undefined) return () => undefined
  const hourOfWeek = makeHourOfWeek(baseline.timeZone)
  const bands = new Map(
    baseline.hours.flatMap(({ hourOfWeek: hour, location, scale }) =>
      scale === null
        ? []
        : [[hour, { low: location - halfWidth * scale, high: location + halfWidth * scale }] as const]
    )
  )
  return (epochMillis) => bands.get(hourOfWeek(epochMillis))
}

export interface Series {
  /** Epoch seconds. */
  readonly times: Array<number>
  readonly means: Array<number | null>
  readonly lows: Array<number | null>
  readonly highs: Array<number | null>
}

/** Columns over `[from, to)` in steps of `stepMillis`, all epoch ms. */
export const seriesOf = (
  windows: ReadonlyArray<Pick<Window, "mean" | "start">>,
  bandAt: (epochMillis: number) => Band | undefined,
  { from, stepMillis, to }: { readonly from: number; readonly to: number; readonly stepMillis: number }
): Series => {
  const byStart = new Map(windows.map((window) => [Date.parse(window.start), window.mean]))
  const series: Series = { times: [], means: [], lows: [], highs: [] }
  for (let start = Math.ceil(from / stepMillis) * stepMillis; start < to; start += stepMillis) {
    const band = bandAt(start)
    series.times.push(start / 1000)
    series.means.push(byStart.get(start) ?? null)
    series.lows.push(band?.low ?? null)
    series.highs.push(band?.high ?? null)
  }
  return series
}

/** Places with a value between two gaps: a line does not show them, a point does. */
export const lonelyPlaces = (values: ReadonlyArray<number | null>): Array<number> => {
  const isGap = (place: number) => (values[place] ?? null) === null
  return values.flatMap((value, place) => value !== null && isGap(place - 1) && isGap(place + 1) ? [place] : [])
}
