/**
 * How the history is cut by time: each series of rows lies in tables of a day or a month (UTC), named after it. Plain arithmetic; why
 * it is so: docs/adr/0018. Before 2000 and from 2100 on there is one table each, so a clock that is wrong by decades makes no thousands.
 */
import type { WindowSize } from "../../schemas/Window.ts"

const dayMillis = 86_400_000

export interface Series {
  /** Name of the table that is cut; with schema where it is not in `vicinity`. */
  readonly parent: string
  /** What the names of its parts begin with. */
  readonly name: string
  readonly width: "day" | "month"
}

const windowSeries = (size: WindowSize, width: Series["width"]): Series => ({
  parent: `internal.window_history_${size}`,
  name: `window_history_${size}`,
  width
})

const monthly = (name: string): Series => ({ parent: `vicinity.${name}`, name, width: "month" })

/** Windows of a minute live for days, and are dropped by days. */
export const minuteWindows = windowSeries("1m", "day")
const fiveMinuteWindows = windowSeries("5m", "month")
const hourWindows = windowSeries("1h", "month")
export const lateObservations = monthly("late_observation")
export const anomalies = monthly("anomaly")
export const districtWindows = monthly("district_window_history")
export const districtStates = monthly("district_state_history")

export const allSeries: ReadonlyArray<Series> = [
  minuteWindows,
  fiveMinuteWindows,
  hourWindows,
  lateObservations,
  anomalies,
  districtWindows,
  districtStates
]

/** Of windows of so many milliseconds. */
export const windowSeriesOf = (size: number): Series =>
  size === 60_000 ? minuteWindows : size === 300_000 ? fiveMinuteWindows : hourWindows

export interface Partition {
  readonly series: Series
  /** Its table in `internal`. */
  readonly table: string
  /** Epoch milliseconds, inclusive; −Infinity for what is before all others. */
  readonly from: number
  /** Exclusive; Infinity for what is after all others. */
  readonly to: number
}

const earliest = Date.UTC(2000, 0, 1)
const latest = Date.UTC(2100, 0, 1)

const twoDigits = (n: number): string => String(n).padStart(2, "0")

/** The part of the series that an instant lies in. */
export const partitionAt = (series: Series, millis: number): Partition => {
  if (!(millis >= earliest)) return { series, table: `${series.name}_early`, from: -Infinity, to: earliest }
  if (millis >= latest) return { series, table: `${series.name}_far`, from: latest, to: Infinity }
  const date = new Date(millis)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const name = `${series.name}_${year}${twoDigits(month + 1)}`
  if (series.width === "month") {
    return { series, table: name, from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 1, 1) }
  }
  const from = Math.floor(millis / dayMillis) * dayMillis
  return { series, table: `${name}${twoDigits(date.getUTCDate())}`, from, to: from + dayMillis }
}

/** The part with this name; undefined where no part has it. */
export const partitionNamed = (series: Series, table: string): Partition | undefined => {
  const [, early, far, year, month, day] = /_(?:(early)|(far)|(\d{4})(\d\d)(\d\d)?)$/.exec(table) ?? []
  const millis = early !== undefined ? -Infinity : far !== undefined ? Infinity : Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day ?? 1)
  )
  const partition = Number.isNaN(millis) ? undefined : partitionAt(series, millis)
  return partition?.table === table ? partition : undefined
}

/** Gathers the parts that rows lie in. Neighbouring rows mostly lie in the same, which is looked at first. */
export class PartitionSet {
  readonly byTable = new Map<string, Partition>()
  private last: Partition | undefined

  add(series: Series, millis: number): Partition {
    const last = this.last
    if (last !== undefined && last.series === series && millis >= last.from && millis < last.to) return last
    const partition = partitionAt(series, millis)
    const known = this.byTable.get(partition.table) ?? partition
    if (known === partition) this.byTable.set(partition.table, partition)
    this.last = known
    return known
  }
}
