/**
 * One property of a sensor: its latest value against what is normal now, and the day before it as a chart. The day ends with the
 * latest value rather than with now, so that a city replayed from the past shows as well.
 */
import { useMemo, useState } from "react"
import { getJson, getPages, Refused } from "../api/CityClient.ts"
import type { Baseline, Sensor, Window } from "../api/Shapes.ts"
import { useAsked } from "../city/Asked.ts"
import { delayWords } from "../city/Delay.ts"
import { makeBand, seriesOf } from "../city/WindowSeries.ts"
import { amount, propertyTitle, quantity, unitSign } from "../city/Words.ts"
import { cityClock } from "../frame/CityFacts.ts"
import { useNow } from "../frame/Now.ts"
import { LoadingWords } from "../panel/LoadingWords.tsx"
import { WindowChart } from "./WindowChart.tsx"

type LatestValue = Sensor["latest"][number]

interface Day {
  readonly windows: ReadonlyArray<Window>
  readonly stepMillis: number
}

const dayMillis = 86_400_000
const sizes = [["5m", 300_000], ["1h", 3_600_000]] as const
const everyMillis = 60_000

/** The day up to `to`, in windows of 5 min; a sensor that reports more seldom has windows of an hour only. */
const askDay = async (
  base: string,
  property: string,
  to: number,
  question: Parameters<typeof getJson>[1]
): Promise<Day> => {
  for (const [size, stepMillis] of sizes) {
    const end = Math.floor(to / stepMillis) * stepMillis + stepMillis
    const from = new Date(end - dayMillis).toISOString()
    const path = `${base}/windows?property=${property}&size=${size}&from=${from}&to=${
      new Date(end).toISOString()
    }&limit=1000`
    const { items } = await getPages<Window>(path, 1, question)
    if (items.length > 1) return { windows: items, stepMillis }
  }
  return { windows: [], stepMillis: sizes[0][1] }
}

/** A baseline that is not there yet is no failure: the chart is drawn without it. */
const askBaseline = (path: string, question: Parameters<typeof getJson>[1]): Promise<Baseline | undefined> =>
  getJson<Baseline>(path, question).catch((error: unknown) => {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  })

const latestWords = ({ property, result, unit }: LatestValue): string =>
  property === "schedule_delay" ? `${delayWords(result)} (${quantity(result, unit)})` : quantity(result, unit)

export const DatastreamChart = ({ latest, sensorId }: { readonly sensorId: string; readonly latest: LatestValue }) => {
  const { phenomenonTime, property, unit } = latest
  const base = `/v1/sensors/${encodeURIComponent(sensorId)}`
  const at = Date.parse(phenomenonTime)
  const now = useNow()
  const [picked, setPicked] = useState<number | undefined>(undefined)
  const day = useAsked(
    `${base}/${property}/day`,
    (signal, onTrouble) => askDay(base, property, at, { signal, onTrouble }),
    everyMillis
  )
  const path = `${base}/baseline?property=${property}`
  const baseline = useAsked(path, (signal, onTrouble) => askBaseline(path, { signal, onTrouble }))
  const band = useMemo(() => makeBand(baseline.is === "ready" ? baseline.value : undefined), [baseline])
  const series = useMemo(() => {
    if (day.is !== "ready" || day.value.windows.length === 0) return undefined
    const { stepMillis, windows } = day.value
    const to = Math.max(...windows.map(({ end }) => Date.parse(end)))
    return { ...seriesOf(windows, band, { from: to - dayMillis, to, stepMillis }), stepMillis }
  }, [day, band])

  const normal = band(at)
  const start = picked === undefined ? undefined : (series?.times[picked] ?? 0) * 1000
  return (
    <section className="datastream" data-property={property}>
      <div className="datastream-head">
        <h3>{propertyTitle(property)}</h3>
        <p className="value">{latestWords(latest)}</p>
      </div>
      <p className="muted">
        {start === undefined || series === undefined || picked === undefined
          ? `at ${cityClock.near(at, now)}${
            normal === undefined ? "" : `, normally ${amount(normal.low)} to ${quantity(normal.high, unit)}`
          }`
          : readout(series, picked, start, unit)}
      </p>
      {series === undefined
        ? day.is === "ready"
          ? <p className="words">No window of the last day is complete yet.</p>
          : <LoadingWords loading={day} what="windows" />
        : (
          <WindowChart
            series={series}
            line={lineWords(series.stepMillis, unit)}
            {...(series.lows.some((low) => low !== null) ? { band: "normal at that hour" } : {})}
            isCircular={unit === "deg"}
            label={`${propertyTitle(property)} over the last 24 hours with the range that is normal at each hour`}
            onPick={setPicked}
          />
        )}
    </section>
  )
}

const lineWords = (stepMillis: number, unit: string): string =>
  [stepMillis < 3_600_000 ? "mean of 5 min" : "mean of an hour", unitSign(unit)].filter((each) => each !== "").join(
    ", "
  )

/** The window under the pointer, in words. */
const readout = (
  series: {
    readonly means: ReadonlyArray<number | null>
    readonly lows: ReadonlyArray<number | null>
    readonly highs: ReadonlyArray<number | null>
    readonly stepMillis: number
  },
  place: number,
  start: number,
  unit: string
): string => {
  const mean = series.means[place] ?? null
  const low = series.lows[place] ?? null
  const high = series.highs[place] ?? null
  return `${cityClock.minutes(start)}–${cityClock.minutes(start + series.stepMillis)}: ${
    mean === null ? "no window" : quantity(mean, unit)
  }${low === null || high === null ? "" : `, normally ${amount(low)} to ${quantity(high, unit)}`}`
}
