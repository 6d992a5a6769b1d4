/**
 * The weather over the simulated Helsinki, one for the whole city: fronts that come and go over days, showers and snowfall that
 * come as shocks, and what they do to traffic. Promise: a function of seed and instant.
 *
 * Climate: monthly means 1991–2020 of Helsinki (Finnish Meteorological Institute), as one sine. What rain and snow do to
 * traffic: R. Hranac et al., Empirical Studies on Traffic Flow in Inclement Weather, FHWA-HOP-07-073, 2006: free-flow speed
 * −2 to −3.6 % in light and to −9 % in heavy rain, −5 to −19 % in snow; capacity −10 to −11 % in rain, −12 to −20 % in snow.
 */
import { byMinute, type Moment, momentAt } from "./CityCalendar.ts"
import { normal, seedOf, smooth, uniform } from "./SeededNoise.ts"

const hour = 3_600_000
const day = 24 * hour

export interface Weather {
  readonly moment: Moment
  /** °C. */
  readonly temperature: number
  /** %. */
  readonly humidity: number
  /** m/s. */
  readonly windSpeed: number
  /** Degrees clockwise from north, from where it comes. */
  readonly windDirection: number
  /** mm/h of water. */
  readonly precipitation: number
  readonly isSnow: boolean
  /** Factors of free-flow speed and of capacity. */
  readonly speedFactor: number
  readonly capacityFactor: number
}

/** A shower or snowfall that was not in the sky before: what a forecast must learn to take late. */
export interface WeatherShock {
  readonly from: number
  readonly to: number
  /** mm/h of water at its height. */
  readonly peak: number
}

const between = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, value))

export class CityWeather {
  readonly at: (epochMillis: number) => Weather
  private readonly seed: number

  constructor(citySeed: number) {
    this.seed = seedOf(citySeed, "weather")
    this.at = byMinute((time) => this.compute(time))
  }

  /** The shock of a UTC day, if it has one: in about one day of four. */
  shockOf(utcDay: number): WeatherShock | undefined {
    if (uniform(this.seed, 20, utcDay) > 0.25) return undefined
    const from = utcDay * day + Math.floor(uniform(this.seed, 21, utcDay) * 24 * 60) * 60_000
    const minutes = 60 + Math.floor(uniform(this.seed, 22, utcDay) * 240)
    const { month } = momentAt(from)
    const isWinter = month <= 3 || month >= 11
    const peak = isWinter ? 1 + 2.5 * uniform(this.seed, 23, utcDay) : 3 + 10 * uniform(this.seed, 23, utcDay)
    return { from, to: from + minutes * 60_000, peak }
  }

  private shockAt(time: number): number {
    const utcDay = Math.floor(time / day)
    let most = 0
    for (let d = utcDay - 1; d <= utcDay; d++) {
      const shock = this.shockOf(d)
      if (shock === undefined || time < shock.from || time >= shock.to) continue
      const ramp = Math.min(time - shock.from, shock.to - time) / (15 * 60_000)
      const gusty = 1 + 0.3 * normal(this.seed, 24, Math.floor(time / 300_000))
      most = Math.max(most, shock.peak * Math.min(1, ramp) * Math.max(0.2, gusty))
    }
    return most
  }

  private compute(time: number): Weather {
    const { seed } = this
    const moment = momentAt(time)
    const winter = Math.cos((2 * Math.PI * (moment.dayOfYear - 25)) / 365.25)
    const shock = this.shockAt(time)
    const front = 0.8 * smooth(seed, 1, time, 30 * hour) + 0.6 * smooth(seed, 2, time, 7 * hour)
    const steady = Math.max(0, front - 1.15) * 2.4 * Math.max(0.1, 0.8 + 0.4 * smooth(seed, 3, time, hour / 2))
    const precipitation = Math.min(60, steady + shock)
    const temperature = 6.5 - 11.8 * winter
      + (2.4 - 1.6 * winter) * Math.cos((2 * Math.PI * (moment.hour - 15)) / 24)
      + 3.4 * smooth(seed, 4, time, 60 * hour) + 1.1 * smooth(seed, 5, time, 9 * hour)
      - Math.min(3, shock * 0.4)
    const windSpeed = Math.max(
      0.4,
      4.1 * Math.exp(0.38 * smooth(seed, 6, time, 14 * hour) + 0.16 * smooth(seed, 7, time, hour) - 0.07)
        + 1.4 * Math.max(0, front) + (shock > 0 ? 2 : 0)
    )
    const humidity = between(
      83 + 4 * winter - 26 * Math.max(0, moment.sun) + 10 * Math.min(1, precipitation / 0.5)
        + 5 * smooth(seed, 8, time, 11 * hour),
      22,
      100
    )
    const windDirection = (225 + 70 * smooth(seed, 9, time, 26 * hour) + 14 * smooth(seed, 10, time, 1.5 * hour) + 720)
      % 360
    const isSnow = temperature < 0.7
    return {
      moment,
      temperature,
      humidity,
      windSpeed,
      windDirection,
      precipitation,
      isSnow,
      ...onTraffic(precipitation, isSnow, temperature)
    }
  }
}

/** Frost beyond −10 °C slows a little too (assumption: 3 %, as rime and caution do). */
const onTraffic = (
  precipitation: number,
  isSnow: boolean,
  temperature: number
): Pick<Weather, "speedFactor" | "capacityFactor"> => {
  const begun = Math.min(1, precipitation / 0.5)
  const frost = 1 - 0.03 * between((-10 - temperature) / 5, 0, 1)
  return isSnow
    ? {
      speedFactor: frost * (1 - 0.06 * begun - 0.035 * Math.min(precipitation, 3.5)),
      capacityFactor: 1 - 0.12 * begun - 0.02 * Math.min(precipitation, 4)
    }
    : {
      speedFactor: frost * (1 - 0.025 * begun - 0.005 * Math.min(precipitation, 13)),
      capacityFactor: 1 - 0.1 * begun
    }
}
