/**
 * Sound at a noise meter: the roads beside it by the German rule RLS-90, the hum of the city, and wind. Promise: a function of
 * seed and instant.
 *
 * RLS-90 (Richtlinien für den Lärmschutz an Straßen, 1990, §4.4): L = 37.3 + 10·lg(M·(1 + 0.082·p)) + D_v at 25 m, with M
 * vehicles per hour, p per cent of lorries and the speed term D_v of equations 8 to 10; lines fade with 10·lg of the distance.
 */
import { AutoregressiveNoise, seedOf } from "./SeededNoise.ts"
import type { CityTraffic } from "./Traffic.ts"
import type { CityWeather } from "./Weather.ts"

export interface NoiseMeterModel {
  readonly roads: ReadonlyArray<{ readonly detector: number; readonly metres: number }>
}

/** Share of lorries in per cent (assumption). */
const lorries = 5

/** Level of a lane at 25 m in dB(A). */
export const laneLevel = (vehiclesPerHour: number, kilometresPerHour: number): number => {
  const v = Math.max(30, Math.min(130, kilometresPerHour))
  const car = 27.8 + 10 * Math.log10(1 + (0.02 * v) ** 3)
  const lorry = 23.1 + 12.5 * Math.log10(Math.min(80, v))
  const more = 10 ** (0.1 * (lorry - car))
  const speedTerm = car - 37.3 + 10 * Math.log10((100 + (more - 1) * lorries) / (100 + 8.23 * lorries))
  return 37.3 + 10 * Math.log10(Math.max(1, vehiclesPerHour) * (1 + 0.082 * lorries)) + speedTerm
}

export class CityNoise {
  private readonly meters: ReadonlyArray<NoiseMeterModel>
  private readonly traffic: CityTraffic
  private readonly weather: CityWeather
  private readonly own: AutoregressiveNoise

  constructor(
    citySeed: number,
    meters: ReadonlyArray<NoiseMeterModel>,
    traffic: CityTraffic,
    weather: CityWeather
  ) {
    this.meters = meters
    this.traffic = traffic
    this.weather = weather
    this.own = new AutoregressiveNoise(seedOf(citySeed, "noise"), meters.length, 120_000, 0.6)
  }

  /** dB(A). */
  at(meter: number, time: number): number {
    const { moment, precipitation, windSpeed } = this.weather.at(time)
    const awake = moment.hour > 6 && moment.hour < 23 ? Math.sin((Math.PI * (moment.hour - 6)) / 17) : 0
    const background = 36 + 7 * awake + 0.7 * windSpeed + Math.min(6, precipitation)
    let energy = 10 ** (0.1 * background)
    for (const { detector, metres } of (this.meters[meter] as NoiseMeterModel).roads) {
      const { flow, speed } = this.traffic.at(detector, time)
      energy += 10 ** (0.1 * (laneLevel(flow, speed) - 10 * Math.log10(metres / 25)))
    }
    return 10 * Math.log10(energy) + 1.1 * this.own.at(meter, time)
  }
}
