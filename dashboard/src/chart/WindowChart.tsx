/** Windows as a line over the band of what is normal, in the time of the city. Gaps stay gaps; a window between two gaps is a point. */
import { useEffect, useRef } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import { lonelyPlaces, type Series } from "../city/WindowSeries.ts"
import { cityClock } from "../frame/CityFacts.ts"

interface Props {
  readonly series: Series
  /** "mean of 5 min, dB": what the line is. */
  readonly line: string
  /** What the band is; without it there is none. */
  readonly band?: string
  /** Degrees of a circle: a line from 359° to 1° would cross the whole chart, so there are only points. */
  readonly isCircular?: boolean
  /** For who cannot see it. */
  readonly label: string
  /** The place of the window under the pointer. */
  readonly onPick: (place: number | undefined) => void
}

const height = 160

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const hour = 3600
const axisFont = "11px system-ui, sans-serif"

const optionsOf = (width: number, isCircular: boolean, onPick: Props["onPick"]): uPlot.Options => {
  const muted = () => colourOf("--muted")
  const axis = { stroke: muted, font: axisFont, ticks: { show: false } }
  const grid = { stroke: () => colourOf("--line"), width: 1 }
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), cityClock.timeZone),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: isCircular ? { range: [0, 360] } : {} },
    series: [
      {},
      { label: "low", width: 0, points: { show: false }, spanGaps: false },
      { label: "high", width: 0, points: { show: false }, spanGaps: false },
      {
        label: "mean",
        stroke: () => colourOf("--accent"),
        width: 1.75,
        spanGaps: false,
        ...(isCircular ? { paths: () => null } : {}),
        points: isCircular
          ? { show: true, size: 3.5, fill: () => colourOf("--accent") }
          : {
            show: (plot: uPlot, place: number) => lonelyPlaces(plot.data[place] as Array<number | null>).length > 0,
            filter: (plot: uPlot, place: number) => lonelyPlaces(plot.data[place] as Array<number | null>),
            size: 4,
            fill: () => colourOf("--accent")
          }
      }
    ],
    bands: [{ series: [2, 1], fill: () => colourOf("--band") }],
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 60,
        incrs: [hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour],
        values: (_, splits) => splits.map((seconds) => cityClock.minutes(seconds * 1000))
      },
      { ...axis, grid, size: 44, space: 32 }
    ],
    hooks: {
      setCursor: [(plot) => {
        const { idx, left } = plot.cursor
        onPick(idx === null || idx === undefined || left === undefined || left < 0 ? undefined : idx)
      }]
    }
  }
}

const dataOf = ({ highs, lows, means, times }: Series): uPlot.AlignedData => [times, lows, highs, means]

export const WindowChart = ({ band, isCircular = false, label, line, onPick, series }: Props) => {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const first = useRef(series)

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const plot = new uPlot(optionsOf(element.clientWidth, isCircular, onPick), dataOf(first.current), element)
    chart.current = plot
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    const theme = matchMedia("(prefers-color-scheme: dark)")
    const redraw = () => plot.redraw(true, true)
    theme.addEventListener("change", redraw)
    return () => {
      theme.removeEventListener("change", redraw)
      resized.disconnect()
      plot.destroy()
      chart.current = undefined
    }
  }, [isCircular, onPick])

  useEffect(() => {
    first.current = series
    chart.current?.setData(dataOf(series))
  }, [series])

  return (
    <figure className="chart">
      <div ref={box} role="img" aria-label={label} />
      <figcaption>
        <span>
          <i className="chart-line" />
          {line}
        </span>
        {band === undefined ? null : (
          <span>
            <i className="chart-band" />
            {band}
          </span>
        )}
      </figcaption>
    </figure>
  )
}
