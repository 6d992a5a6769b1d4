/** States of a district for tests: by hand with what matters said, or drawn from a seed over and beyond every band. */
import type { PropertyState } from "../../src/analytics/QualityOfLife.ts"
import type { QualityWeights } from "../../src/schemas/QualityOfLife.ts"

/** One healthy sensor, twelve windows, nothing beyond a threshold; `said` is what matters. */
export const stateOf = (property: string, said: Partial<PropertyState> = {}): PropertyState => {
  const seen = said.seen ?? said.expected ?? 1
  return {
    property,
    mean: NaN,
    observations: 60,
    beyond: [0, 0],
    referenced: 12,
    compared: 12,
    expected: seen,
    seen,
    ill: 0,
    weight: seen,
    ...said
  }
}

/** Mulberry32: uniform in [0, 1). */
export const randomOf = (seed: number): () => number => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const shuffled = <A>(items: ReadonlyArray<A>, random: () => number): ReadonlyArray<A> =>
  items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item)

const meanMax: { readonly [property: string]: number } = {
  pm2_5: 200,
  pm10: 400,
  no2: 250,
  o3: 250,
  so2: 400,
  co: 20,
  temperature: 30
}

const drawnState = (property: string, random: () => number): PropertyState => {
  const observations = Math.floor(random() * 300)
  const early = Math.floor(random() * observations * 0.2)
  const late = Math.floor(random() * observations * 0.3)
  const expected = 1 + Math.floor(random() * 6)
  const seen = random() < 0.15 ? 0 : Math.ceil(random() * expected)
  const ill = Math.floor(random() * (seen + 1))
  const referenced = random() < 0.1 ? 0 : random() * 12 * expected
  const mean = property === "noise" ? 35 + 50 * random() : (meanMax[property] ?? 100) * random() ** 2
  return {
    property,
    mean: random() < 0.05 ? NaN : mean,
    observations,
    beyond: [early, late],
    referenced,
    compared: referenced * (1 - 0.8 * random() ** 2),
    expected,
    seen,
    ill,
    weight: seen - 0.9 * ill * random()
  }
}

const properties = ["vehicle_speed", "vehicle_flow", "schedule_delay", "headway", "noise", ...Object.keys(meanMax)]

export interface DrawnDistrict {
  readonly states: ReadonlyArray<PropertyState>
  readonly weights: QualityWeights
  readonly localHour: number
}

export const drawnDistrict = (seed: number): DrawnDistrict => {
  const random = randomOf(seed)
  const states = properties.filter(() => random() < 0.7).map((property) => drawnState(property, random))
  const weight = () => random() < 0.1 ? 0 : random()
  return {
    states,
    weights: { air: weight(), traffic: weight(), public_transport: weight(), noise: 0.01 + weight() },
    localHour: Math.floor(random() * 24)
  }
}
