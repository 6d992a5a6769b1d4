/**
 * Incidents on the roads of the simulated city, and how they spill over: a queue grows against the traffic, what is behind is
 * starved, and roads nearby take what drives around. Promise: a function of seed and instant; an incident depends on the
 * three hours in which it starts only.
 *
 * What an incident leaves of the capacity, 15 to 50 %: one or two lanes blocked of two or three (Highway Capacity Manual 2000,
 * exhibit 22-6). How often, how long and how far it reaches are assumptions.
 */
import { momentAt } from "./CityCalendar.ts"
import { distance, type Metres, type Polyline } from "./Plane.ts"
import { seedOf, uniform } from "./SeededNoise.ts"
import type { CityWeather } from "./Weather.ts"

const spanMillis = 3 * 3_600_000
const minute = 60_000
const longestMillis = 75 * minute
/** What is left of an effect after the incident is cleared and its queue is gone. */
const afterMillis = 45 * minute

export interface Incident {
  /** Number of its road. */
  readonly road: number
  /** 1: on the way outwards, −1: towards the centre. */
  readonly direction: 1 | -1
  /** Metres from the start of the road. */
  readonly at: number
  readonly place: Metres
  readonly from: number
  readonly to: number
  /** What is left of the capacity there. */
  readonly capacity: number
}

/** Where a detector is, seen from the roads. */
export interface RoadPlace {
  readonly road: number
  readonly direction: 1 | -1
  readonly at: number
  readonly place: Metres
}

/** What incidents do at a detector now. */
export interface IncidentEffect {
  capacity: number
  demand: number
}

/** Queues grow against the traffic about this fast (15 km/h: typical of shock waves between free flow and jam). */
const queueMetresPerMillis = 15 / 3.6 / 1000

export class CityIncidents {
  private readonly seed: number
  private readonly roads: ReadonlyArray<Polyline>
  private readonly weather: CityWeather
  private readonly memo = new Map<number, ReadonlyArray<Incident>>()
  private activeMinute = NaN
  private active: ReadonlyArray<Incident> = []

  constructor(citySeed: number, roads: ReadonlyArray<Polyline>, weather: CityWeather) {
    this.seed = seedOf(citySeed, "incidents")
    this.roads = roads
    this.weather = weather
  }

  /** Those that start in `[from, to)`, in the order of their start. */
  between(from: number, to: number): ReadonlyArray<Incident> {
    const found: Array<Incident> = []
    for (let span = Math.floor(from / spanMillis); span * spanMillis < to; span++) {
      for (const incident of this.startingIn(span)) {
        if (incident.from >= from && incident.from < to) found.push(incident)
      }
    }
    return found.sort((a, b) => a.from - b.from)
  }

  /** Writes into `effect` what incidents do at a place. */
  effectAt(place: RoadPlace, time: number, effect: IncidentEffect): void {
    effect.capacity = 1
    effect.demand = 1
    for (const incident of this.near(time)) apply(incident, place, time, effect)
  }

  private near(time: number): ReadonlyArray<Incident> {
    const key = Math.floor(time / minute)
    if (key === this.activeMinute) return this.active
    const span = Math.floor(time / spanMillis)
    this.activeMinute = key
    this.active = [...this.startingIn(span - 1), ...this.startingIn(span)].filter(({ from, to }) =>
      from <= time && time < to + afterMillis
    )
    return this.active
  }

  private startingIn(span: number): ReadonlyArray<Incident> {
    const known = this.memo.get(span)
    if (known !== undefined) return known
    if (this.memo.size >= 64) this.memo.clear()
    const found = this.roads.flatMap((road, n) => this.incident(span, n, road) ?? [])
    this.memo.set(span, found)
    return found
  }

  /** At most one on each road in three hours; more likely on long roads, by day, and in rain, snow and frost. */
  private incident(span: number, road: number, line: Polyline): Incident | undefined {
    const { seed } = this
    const key = (part: number): number => road * 16 + part
    const from = span * spanMillis + Math.floor((uniform(seed, key(0), span) * spanMillis) / 1000) * 1000
    const { hour, kind } = momentAt(from)
    const busy = hour < 6 || hour > 21 ? 0.3 : kind === "weekday" ? 1.6 : 0.8
    const { precipitation, temperature } = this.weather.at(from)
    const slippery = 1 + (precipitation > 0.3 ? 0.9 : 0) + (temperature < -8 ? 0.5 : 0)
    if (uniform(seed, key(1), span) > 0.012 * (line.length / 1000) * busy * slippery) return undefined
    const at = uniform(seed, key(2), span) * line.length
    const u = uniform(seed, key(3), span)
    return {
      road,
      direction: uniform(seed, key(4), span) < 0.5 ? 1 : -1,
      at,
      place: line.at(at),
      from,
      to: from + Math.round((15 + u * u * 60) * minute),
      capacity: 0.15 + 0.35 * uniform(seed, key(5), span)
    }
  }
}

const apply = (incident: Incident, place: RoadPlace, time: number, effect: IncidentEffect): void => {
  const lost = 1 - incident.capacity
  if (place.road === incident.road && place.direction === incident.direction) {
    // Metres before the incident on the way of the traffic.
    const before = (incident.at - place.at) * place.direction
    if (before >= 0 && before < 3500) {
      const strength = Math.exp(-before / 1500) * envelope(incident, time, before / queueMetresPerMillis)
      effect.capacity = Math.min(effect.capacity, 1 - lost * strength)
    } else if (before < 0 && before > -3000) {
      effect.demand *= 1 - 0.6 * lost * Math.exp(before / 1500) * envelope(incident, time, -before / 15 / 1000)
    }
    return
  }
  const metres = distance(place.place, incident.place)
  if (metres < 1800) effect.demand *= 1 + 0.3 * lost * Math.exp(-metres / 900) * envelope(incident, time, 4 * minute)
}

/** 0 to 1: rises over three minutes, `delayed` after the start; falls over ten after the end. */
const envelope = ({ from, to }: Incident, time: number, delayed: number): number => {
  const since = time - from - delayed
  if (since <= 0) return 0
  const rise = Math.min(1, since / (3 * minute))
  const cleared = time - to - Math.min(delayed, longestMillis) / 2
  return cleared <= 0 ? rise : rise * Math.exp(-cleared / (10 * minute))
}
