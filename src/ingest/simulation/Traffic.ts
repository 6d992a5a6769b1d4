/**
 * Traffic past the detectors of the simulated city: demand by hour, day and season, capacity by weather and incidents, and
 * what follows for flow and speed. Promise: a function of seed and instant; flow and speed are always a point of one
 * fundamental diagram per detector.
 *
 * The diagram is that of B. D. Greenshields (A Study of Traffic Capacity, HRB Proceedings 14, 1935): with u the share of the jam
 * density, v = v₀·(1 − u) and q = 4·q₀·u·(1 − u). Below capacity u is the free branch's solution for q = demand; above it u
 * is the congested branch's for what passes ahead: a queue's flow is the capacity of what holds it up. The shape of the
 * demand's day (two peaks on a working day, one soft hump at weekends) is an assumption.
 */
import { byMinute, type Moment } from "./CityCalendar.ts"
import type { CityIncidents, IncidentEffect, RoadPlace } from "./Incidents.ts"
import { AutoregressiveNoise, seedOf } from "./SeededNoise.ts"
import type { CityWeather } from "./Weather.ts"

export interface DetectorModel extends RoadPlace {
  readonly isRing: boolean
  /** km/h. */
  readonly freeSpeed: number
  /** Vehicles per hour. */
  readonly capacity: number
  /** Demand at the highest peak, as a share of the capacity, is about this. */
  readonly load: number
  /** Numbers of the detectors next to it on the same road and side. */
  readonly neighbours: ReadonlyArray<number>
}

export interface TrafficState {
  /** Vehicles per hour. */
  readonly flow: number
  /** km/h. */
  readonly speed: number
  /** Speed as a share of free flow in dry weather. */
  readonly freedom: number
}

const bump = (hour: number, at: number, width: number): number => Math.exp(-((hour - at) ** 2) / (2 * width * width))

const inbound = (h: number): number =>
  0.05 + 0.66 * bump(h, 7.8, 0.95) + 0.38 * bump(h, 12.5, 3.1) + 0.4 * bump(h, 16.3, 1.4) + 0.13 * bump(h, 20, 1.8)
const outbound = (h: number): number =>
  0.05 + 0.38 * bump(h, 7.9, 1) + 0.38 * bump(h, 12.5, 3.1) + 0.68 * bump(h, 16.2, 1.3) + 0.15 * bump(h, 20, 1.8)
const saturday = (h: number): number =>
  0.05 + 0.5 * bump(h, 14, 3.1) + 0.12 * bump(h, 20.5, 1.8) + 0.09 * bump(h, 0.5, 1.4)
const sunday = (h: number): number => 0.05 + 0.42 * bump(h, 15, 3.2) + 0.1 * bump(h, 1, 1.6) + 0.06 * bump(h, 20, 1.6)

/** Demand as a share of what the highest peak asks for. */
const demandAt = (
  { hour, isFriday, kind, kindBefore, month }: Moment,
  direction: 1 | -1,
  isRing: boolean
): number => {
  const friday = isFriday ? 1 + 0.06 * bump(hour, 16, 1.5) : 1
  const today = demandOn(kind, hour, direction, isRing) * (direction === 1 ? friday : 1)
  // The evening before fades out until three in the morning.
  const fading = Math.max(0, 1 - hour / 3)
  const demand = fading === 0
    ? today
    : today * (1 - fading) + demandOn(kindBefore, hour + 24, direction, isRing) * fading
  return demand * (month === 7 ? 0.84 : 1)
}

const demandOn = (kind: Moment["kind"], hour: number, direction: 1 | -1, isRing: boolean): number => {
  if (kind === "saturday") return saturday(hour)
  if (kind === "sunday") return sunday(hour)
  if (isRing) return (inbound(hour) + outbound(hour)) / 2 + 0.08 * bump(hour, 8, 1) + 0.06 * bump(hour, 16.2, 1.2)
  return direction === -1 ? inbound(hour) : outbound(hour)
}

/**
 * Share of the jam density at a demand of `x` capacities where `capacity` (of one) passes. From free to jammed the speed jumps while
 * the flow does not, as where a shock wave passes; and no more than passes ahead is ever counted in the queue.
 */
const density = (x: number, capacity: number): number => {
  if (x <= capacity) return 0.5 * (1 - Math.sqrt(1 - x))
  const passes = Math.min(capacity, 1 / (1 + 0.6 * Math.max(0, x - 1)))
  return 0.5 * (1 + Math.sqrt(1 - passes))
}

export class CityTraffic {
  private readonly detectors: ReadonlyArray<DetectorModel>
  private readonly weather: CityWeather
  private readonly incidents: CityIncidents
  private readonly own: AutoregressiveNoise
  private readonly city: AutoregressiveNoise
  private readonly minuteOf: Float64Array
  private readonly states: Array<TrafficState>
  private readonly effect: IncidentEffect = { capacity: 1, demand: 1 }
  private readonly demands = byMinute((time) => {
    const { moment, precipitation } = this.weather.at(time)
    const common = (1 + 0.035 * this.city.at(0, time)) * (precipitation > 2 ? 0.96 : 1)
    return [demandAt(moment, -1, false), demandAt(moment, 1, false), demandAt(moment, 1, true)].map((d) => d * common)
  })

  constructor(
    citySeed: number,
    detectors: ReadonlyArray<DetectorModel>,
    weather: CityWeather,
    incidents: CityIncidents
  ) {
    const seed = seedOf(citySeed, "traffic")
    this.detectors = detectors
    this.weather = weather
    this.incidents = incidents
    this.own = new AutoregressiveNoise(seed, detectors.length, 300_000, 0.75)
    this.city = new AutoregressiveNoise(seedOf(citySeed, "demand"), 1, 1_800_000, 0.85)
    this.minuteOf = new Float64Array(detectors.length).fill(NaN)
    this.states = detectors.map(() => ({ flow: 0, speed: 0, freedom: 1 }))
  }

  /** What passes a detector, before anything is measured; changes once a minute. */
  at(detector: number, time: number): TrafficState {
    const minute = Math.floor(time / 60_000)
    if (this.minuteOf[detector] !== minute) {
      this.states[detector] = this.compute(detector, minute * 60_000)
      this.minuteOf[detector] = minute
    }
    return this.states[detector] as TrafficState
  }

  private compute(number: number, time: number): TrafficState {
    const detector = this.detectors[number] as DetectorModel
    const { capacityFactor, moment, speedFactor } = this.weather.at(time)
    const shares = this.demands(time)
    const share = shares[detector.isRing ? 2 : detector.direction === -1 ? 0 : 1] as number
    this.incidents.effectAt(detector, time, this.effect)
    const asked = Math.max(0.004, detector.load * share * (1 + 0.085 * this.noise(detector, number, time)))
    const u = density((asked * this.effect.demand) / capacityFactor, this.effect.capacity)
    const night = moment.sun < -0.1 ? 0.985 : 1
    const freedom = speedFactor * night * (1 - u)
    return {
      flow: 4 * u * (1 - u) * detector.capacity * capacityFactor,
      speed: detector.freeSpeed * freedom,
      freedom
    }
  }

  /** Own noise, shared with the detectors next to it: unit variance for two neighbours. */
  private noise({ neighbours }: DetectorModel, number: number, time: number): number {
    let sum = 0.7 * this.own.at(number, time)
    for (const neighbour of neighbours) sum += 0.505 * this.own.at(neighbour, time)
    return sum
  }
}
