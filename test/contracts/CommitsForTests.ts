/** Commits for the store contracts: an empty one to spread, windows and late observations from rows. */
import type { AnomalyRow, Commit, LateColumns, WindowColumns } from "../../src/ports/ShardStore.ts"

export interface WindowRow {
  readonly slot: number
  readonly size?: number
  readonly start: number
  readonly count?: number
  readonly mean?: number
  readonly variance?: number
  readonly min?: number
  readonly max?: number
  readonly last?: number
}

/** Columns longer than the rows used, as a stage's buffers are. */
export const windowColumns = (rows: ReadonlyArray<WindowRow>): WindowColumns => {
  const spare = rows.length + 3
  const floats = (key: "mean" | "variance" | "min" | "max" | "last") => {
    const column = new Float64Array(spare).fill(-99)
    rows.forEach((row, index) => {
      column[index] = row[key] ?? 1
    })
    return column
  }
  const ints = (value: (row: WindowRow) => number) => {
    const column = new Int32Array(spare).fill(-99)
    rows.forEach((row, index) => {
      column[index] = value(row)
    })
    return column
  }
  const start = new Float64Array(spare).fill(-99)
  rows.forEach((row, index) => {
    start[index] = row.start
  })
  return {
    length: rows.length,
    slot: ints((row) => row.slot),
    size: ints((row) => row.size ?? 60_000),
    start,
    count: ints((row) => row.count ?? 1),
    mean: floats("mean"),
    variance: floats("variance"),
    min: floats("min"),
    max: floats("max"),
    last: floats("last")
  }
}

export interface LateRow {
  readonly slot: number
  readonly phenomenonTime?: number
  /** NaN: none. */
  readonly resultTime?: number
  readonly result?: number
  readonly receivedAt?: number
}

/** Columns longer than the rows used, as a stage's buffers are. */
export const lateColumns = (rows: ReadonlyArray<LateRow>): LateColumns => {
  const spare = [-99, -99, -99]
  const floats = (key: "phenomenonTime" | "resultTime" | "result" | "receivedAt") =>
    Float64Array.from([...rows.map((row) => row[key] ?? (key === "resultTime" ? NaN : 0)), ...spare])
  return {
    length: rows.length,
    slot: Int32Array.from([...rows.map(({ slot }) => slot), ...spare]),
    phenomenonTime: floats("phenomenonTime"),
    resultTime: floats("resultTime"),
    result: floats("result"),
    receivedAt: floats("receivedAt")
  }
}

/** An anomaly of `namedCommit` that opened at `opened`, in its first revision. */
export const anomalyRow = (sensorId: string, opened: number, change: Partial<AnomalyRow> = {}): AnomalyRow => ({
  slot: 0,
  sensorId,
  property: 0,
  district: "kallio",
  opened,
  closed: null,
  ending: null,
  revision: 0,
  severity: "minor",
  score: 4.25,
  low: 40,
  high: 60,
  observed: 1 / 3,
  observedAt: opened,
  sentence: "It was slow.",
  ...change
})

export const emptyCommit: Commit = {
  stage: "sensor",
  shard: 7,
  epoch: 1,
  position: { stream: "stream-a", sequence: 0 },
  header: new Uint8Array(0),
  groups: [],
  baselines: [],
  datastreams: [],
  sensors: [],
  windows: windowColumns([]),
  late: lateColumns([]),
  anomalies: [],
  districts: undefined
}

/** One sensor with one datastream in slot 0: speed of `sensorId`. */
export const namedCommit = (sensorId: string, rows: ReadonlyArray<WindowRow> = []): Commit => ({
  ...emptyCommit,
  datastreams: [{ slot: 0, sensorId, property: 0 }],
  sensors: [{ number: 0, sensorId, name: sensorId, longitude: null, latitude: null, district: null }],
  windows: windowColumns(rows)
})

/** Bytes that differ by seed and hold every value. */
export const someBytes = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
