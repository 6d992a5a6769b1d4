/**
 * What the sensors of the simulated city send: all that arrives in a span of event time. Promise: a function of the city and
 * the span alone; spans that follow each other give every observation once, whatever their lengths. Hot path: plain
 * synchronous code.
 */
import { type ObservedProperty, observedProperty } from "../../schemas/ObservedProperties.ts"
import { implausible, type Refusal } from "../Refusals.ts"
import type { RecordedObservation } from "../ReplayStep.ts"
import { type LonLat, toLonLat } from "./Plane.ts"
import { detectorMillis } from "./RoadSensors.ts"
import { normal, poisson, seedOf } from "./SeededNoise.ts"
import type { FaultEpisode } from "./SensorFaults.ts"
import type { SimulatedCity } from "./SimulatedCity.ts"
import type { SimulatedSensor } from "./SimulatedSensor.ts"

/** The late sensors' observations wait at least this long, and are then passed on together every two minutes. */
const lateMillis = { least: 90_000, every: 120_000 } as const
/** A late observation is this old at most when it arrives, and by a step more when it is received. */
export const lateMillisMax = lateMillis.least + lateMillis.every

/** An observation that the door would refuse: a sensor with the wrong unit sends such. */
export interface RefusedObservation extends RecordedObservation {
  readonly refusal: Refusal
}

type Take = (property: ObservedProperty, result: number) => void

const property = (name: string): ObservedProperty => observedProperty(name) as ObservedProperty
const flow = property("vehicle_flow")
const speed = property("vehicle_speed")
const noise = property("noise")
const delay = property("schedule_delay")
const passengers = property("passenger_count")
const headway = property("headway")
const airProperties = ["pm2_5", "pm10", "no2", "o3"].map(property)
const [temperature, humidity, wind, direction, rain] = [
  "temperature",
  "relative_humidity",
  "wind_speed",
  "wind_direction",
  "precipitation"
].map(property) as [ObservedProperty, ObservedProperty, ObservedProperty, ObservedProperty, ObservedProperty]

/** Sent in m/s, vehicles a minute, ng/m³, bel, °F, fractions, km/h, radians, mm a minute, minutes; declared as the property's own. */
const wrongUnits: Readonly<Record<string, readonly [factor: number, offset: number]>> = {
  vehicle_speed: [1 / 3.6, 0],
  vehicle_flow: [1 / 60, 0],
  pm2_5: [1000, 0],
  pm10: [1000, 0],
  no2: [1000, 0],
  o3: [1000, 0],
  noise: [0.1, 0],
  temperature: [1.8, 32],
  relative_humidity: [0.01, 0],
  wind_speed: [3.6, 0],
  wind_direction: [Math.PI / 180, 0],
  precipitation: [1 / 60, 0],
  headway: [1 / 60, 0]
}

/** Off by so much of the result, and by so much, every hour. */
const drifts: Readonly<Record<string, readonly [share: number, offset: number]>> = {
  vehicle_speed: [-0.025, 0],
  vehicle_flow: [-0.03, 0],
  noise: [0, 0.4],
  temperature: [0, 0.3],
  relative_humidity: [0, -0.8],
  wind_direction: [0, 0]
}
const otherDrift = [0.05, 0.1] as const

const tenths = (value: number): number => Math.round(value * 10) / 10

export class CityObservations {
  readonly city: SimulatedCity
  private readonly seed: number
  private observations: Array<RecordedObservation> = []
  private refused: Array<RefusedObservation> = []

  constructor(city: SimulatedCity) {
    this.city = city
    this.seed = seedOf(city.seed, "instruments")
  }

  /** All that arrives in `[from, to)`; of each sensor in the order of time. */
  arriving(
    from: number,
    to: number
  ): { readonly observations: Array<RecordedObservation>; readonly refused: Array<RefusedObservation> } {
    this.observations = []
    this.refused = []
    // Observations p with an arrival in the span: ⌈(p + least) / every⌉ · every.
    const lateFrom = (Math.ceil(from / lateMillis.every) - 1) * lateMillis.every - lateMillis.least
    const lateTo = (Math.ceil(to / lateMillis.every) - 1) * lateMillis.every - lateMillis.least
    for (let n = 0; n < this.city.sensors.length; n++) {
      const sensor = this.city.sensors[n] as SimulatedSensor
      // Half open at the other end: an observation of `lateFrom` exactly has gone with the span before.
      if (sensor.isLate) this.observe(n, sensor, lateFrom + 1, lateTo + 1)
      else this.observe(n, sensor, from, to)
    }
    const { observations, refused } = this
    return { observations, refused }
  }

  private observe(n: number, sensor: SimulatedSensor, from: number, to: number): void {
    if (n >= this.city.first.stop) {
      this.stop(n, sensor, from, to)
      return
    }
    const { intervalMillis, phaseMillis } = sensor
    let time = Math.ceil((from - phaseMillis) / intervalMillis) * intervalMillis + phaseMillis
    for (; time < to; time += intervalMillis) {
      const episode = sensor.fault === undefined ? undefined : this.city.faults.at(n, sensor.fault, time)
      if (episode === undefined) this.measure(n, sensor, time, time, undefined)
      else if (episode.kind === "stuck") {
        const stuckAt = Math.floor((episode.from - phaseMillis) / intervalMillis) * intervalMillis + phaseMillis
        this.measure(n, sensor, time, stuckAt, undefined)
      } else if (episode.kind !== "silent") this.measure(n, sensor, time, time, episode)
    }
  }

  /** What the sensor measures at `measuredAt`, sent as of `time`. */
  private measure(
    n: number,
    sensor: SimulatedSensor,
    time: number,
    measuredAt: number,
    episode: FaultEpisode | undefined
  ): void {
    if (n >= this.city.first.vehicle) {
      this.vehicle(n, sensor, time)
      return
    }
    const take: Take = (observed, result) => {
      const sent = episode === undefined ? result : spoilt(observed.name, result, episode, time)
      this.send(sensor.id, observed, time, sent, undefined)
    }
    if (n < this.city.first.air) this.detector(n, measuredAt, take)
    else if (n < this.city.first.noise) this.air(n, measuredAt, take)
    else if (n < this.city.first.weather) {
      take(noise, tenths(this.city.noise.at(n - this.city.first.noise, measuredAt)))
    } else this.weather(n, sensor, measuredAt, take)
  }

  /** Counts whole vehicles; where none passed there is no speed. */
  private detector(n: number, time: number, take: Take): void {
    const state = this.city.traffic.at(n, time)
    const minute = Math.floor(time / 60_000)
    const share = detectorMillis / 3_600_000
    const count = poisson(state.flow * share, this.seed, n * 8, minute)
    take(flow, Math.round(count / share))
    if (count === 0) return
    const spread = (0.11 * state.speed) / Math.sqrt(count)
    take(speed, Math.max(1, tenths(state.speed + spread * normal(this.seed, n * 8 + 1, minute))))
  }

  private air(n: number, time: number, take: Take): void {
    const { no2, o3, pm10, pm2_5 } = this.city.air.at(n - this.city.first.air, time)
    const values = [pm2_5, pm10, no2, o3]
    for (let i = 0; i < values.length; i++) {
      const chance = 1 + 0.03 * normal(this.seed, n * 8 + i, Math.floor(time / 60_000))
      take(airProperties[i] as ObservedProperty, Math.max(0, tenths((values[i] as number) * chance)))
    }
  }

  private weather(n: number, { location }: SimulatedSensor, time: number, take: Take): void {
    const now = this.city.weather.at(time)
    const second = Math.floor(time / 1000)
    const chance = (i: number): number => normal(this.seed, n * 8 + i, second)
    const own = (i: number): number => normal(this.seed, n * 8 + i, 0)
    // Nearer to the sea it is milder in winter and windier: up to a degree and a fifth over the city.
    const inland = (location[1] - 60.15) * 10
    take(temperature, tenths(now.temperature + 0.3 * own(1) - 0.7 * inland + 0.06 * chance(1)))
    take(humidity, Math.max(10, Math.min(100, tenths(now.humidity + 1.5 * own(2) + 0.5 * chance(2)))))
    take(wind, Math.max(0, tenths(now.windSpeed * (1.1 - 0.2 * inland + 0.06 * own(3)) * (1 + 0.12 * chance(3)))))
    take(direction, Math.round(now.windDirection + 9 * chance(4) + 720) % 360)
    take(rain, Math.max(0, tenths(now.precipitation * (1 + 0.08 * own(5)) * (1 + 0.1 * chance(5)))))
  }

  /** Speed and delay at every position; passengers once a minute. */
  private vehicle(n: number, sensor: SimulatedSensor, time: number): void {
    const state = this.city.transport.at(n - this.city.first.vehicle, time)
    if (state === undefined) return
    const second = Math.floor(time / 1000)
    const [x, y] = state.place
    const location = toLonLat([x + 2 * normal(this.seed, n * 8, second), y + 2 * normal(this.seed, n * 8 + 1, second)])
    this.send(sensor.id, speed, time, tenths(state.speed), location)
    this.send(sensor.id, delay, time, Math.round(state.delay), location)
    if (time % 60_000 < sensor.intervalMillis) this.send(sensor.id, passengers, time, state.passengers, location)
  }

  /** At each departure; a vehicle that is silent as a sensor leaves all the same. */
  private stop(n: number, { fault, id }: SimulatedSensor, from: number, to: number): void {
    const { faults, first, headways } = this.city
    headways.between(n - first.stop, from, to, (time, seconds) => {
      const episode = fault === undefined ? undefined : faults.at(n, fault, time)
      if (episode === undefined) this.send(id, headway, time, seconds, undefined)
      else if (episode.kind === "stuck") {
        this.send(id, headway, time, headways.before(n - first.stop, episode.from), undefined)
      } else if (episode.kind !== "silent") {
        this.send(id, headway, time, spoilt(headway.name, seconds, episode, time), undefined)
      }
    })
  }

  private send(
    sensorId: string,
    observed: ObservedProperty,
    phenomenonTime: number,
    result: number,
    location: LonLat | undefined
  ): void {
    const observation = { sensorId, property: observed, phenomenonTime, result, location }
    const refusal = implausible(observed, result, result, observed.unit)
    if (refusal === undefined) this.observations.push(observation)
    else this.refused.push({ ...observation, refusal })
  }
}

const spoilt = (name: string, result: number, { from, kind }: FaultEpisode, time: number): number => {
  if (kind === "wrong-unit") {
    const [factor, offset] = wrongUnits[name] ?? [1, 0]
    return Math.round((result * factor + offset) * 1000) / 1000
  }
  const hours = (time - from) / 3_600_000
  const [share, offset] = drifts[name] ?? otherDrift
  const drifted = result * Math.max(0.1, 1 + share * hours) + offset * hours
  return tenths(name === "temperature" ? drifted : Math.max(0, drifted))
}
