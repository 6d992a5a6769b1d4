/** The quality of life once more, from the tables of docs/quality-of-life.md written out, as a product of powers. */
import type { PropertyState } from "../../src/analytics/QualityOfLife.ts"
import type { QualityWeights } from "../../src/schemas/QualityOfLife.ts"

type Table = ReadonlyArray<readonly [value: number, points: number]>

const air: { readonly [property: string]: Table } = {
  pm2_5: [[0, 100], [5, 80], [15, 60], [50, 40], [90, 20], [140, 0]],
  pm10: [[0, 100], [15, 80], [45, 60], [120, 40], [195, 20], [270, 0]],
  no2: [[0, 100], [10, 80], [25, 60], [60, 40], [100, 20], [150, 0]],
  o3: [[0, 100], [60, 80], [100, 60], [120, 40], [160, 20], [180, 0]],
  so2: [[0, 100], [20, 80], [40, 60], [125, 40], [190, 20], [275, 0]]
}
const speed: Table = [[0.3, 0], [0.4, 20], [0.5, 40], [0.67, 60], [0.8, 80], [1, 100]]
const onTime: Table = [[0.75, 0], [0.8, 20], [0.85, 40], [0.9, 60], [0.95, 80], [1, 100]]
const regular: Table = [[0.5, 0], [0.67, 20], [0.8, 40], [0.9, 60], [0.99, 80], [1, 100]]
const noise: Table = [[53, 100], [55, 80], [60, 60], [65, 40], [70, 20], [75, 0]]

/** The line through the two rows around x; outside the table the points of its nearest row. */
const lookUp = (table: Table, x: number): number => {
  if (Number.isNaN(x)) return NaN
  for (let i = 1; i < table.length; i++) {
    const [x0, y0] = table[i - 1] as readonly [number, number]
    const [x1, y1] = table[i] as readonly [number, number]
    if (x <= x0) return y0
    if (x < x1) return y0 * (1 - (x - x0) / (x1 - x0)) + y1 * ((x - x0) / (x1 - x0))
  }
  return (table.at(-1) as readonly [number, number])[1]
}

const average = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

const propertiesOf = {
  air: Object.keys(air),
  traffic: ["vehicle_speed"],
  public_transport: ["schedule_delay", "headway"],
  noise: ["noise"]
} as const
type Name = keyof typeof propertiesOf
const names: ReadonlyArray<Name> = ["air", "traffic", "public_transport", "noise"]

const pointsOfPart = (name: Name, states: ReadonlyArray<PropertyState>, localHour: number): number => {
  const seen = (property: string) => states.find((state) => state.property === property && state.seen > 0)
  const compared = (property: string, table: Table): ReadonlyArray<number> => {
    const state = seen(property)
    return state !== undefined && state.referenced > 0 ? [lookUp(table, state.compared / state.referenced)] : []
  }
  if (name === "air") {
    const known = states.filter(({ property, mean, seen }) => property in air && seen > 0 && !Number.isNaN(mean))
    return known.length === 0
      ? NaN
      : Math.min(...known.map(({ property, mean }) => lookUp(air[property] ?? [], mean)))
  }
  if (name === "traffic") return average(compared("vehicle_speed", speed))
  if (name === "public_transport") {
    const delay = seen("schedule_delay")
    const beyond = delay === undefined || delay.observations === 0
      ? []
      : [lookUp(onTime, 1 - (delay.beyond[0] + delay.beyond[1]) / delay.observations)]
    return average([...beyond, ...compared("headway", regular)])
  }
  const penalty = [19, 20, 21, 22].includes(localHour) ? 5 : localHour === 23 || localHour < 7 ? 10 : 0
  return lookUp(noise, (seen("noise")?.mean ?? NaN) + penalty)
}

const confidenceOfPart = (name: Name, states: ReadonlyArray<PropertyState>): number => {
  const mine = states.filter(({ property }) => (propertiesOf[name] as ReadonlyArray<string>).includes(property))
  const healthy = mine.map(({ weight }) => weight)
  const most = Math.max(...healthy)
  const coverage = average(healthy) / average(mine.map(({ expected }) => expected))
  return coverage * most / (1 + most)
}

export const naiveQuality = (states: ReadonlyArray<PropertyState>, weights: QualityWeights, localHour: number) => {
  const known = names
    .map((name) => ({ name, points: pointsOfPart(name, states, localHour) }))
    .filter(({ points }) => !Number.isNaN(points))
  const sum = known.reduce((total, { name }) => total + weights[name], 0)
  if (sum === 0) return undefined
  const share = (name: Name) => weights[name] / sum
  const index = known.reduce((product, { name, points }) => product * Math.max(1, points) ** share(name), 1)
  const logs = known.map(({ name, points }) => share(name) * Math.log(100 / Math.max(1, points)))
  const allLogs = logs.reduce((total, log) => total + log, 0)
  const counting = names.filter((name) => name !== "noise" || known.some((part) => part.name === "noise"))
  const confidenceOf = (name: Name) => known.some((part) => part.name === name) ? confidenceOfPart(name, states) : 0
  return {
    index,
    confidence: counting.reduce((total, name) => total + weights[name] * confidenceOf(name), 0) /
      counting.reduce((total, name) => total + weights[name], 0),
    parts: known.map(({ name, points }, i) => ({
      name,
      index: points,
      weight: share(name),
      contribution: allLogs === 0 ? 0 : -(100 - index) * (logs[i] ?? NaN) / allLogs,
      confidence: confidenceOf(name)
    }))
  }
}
