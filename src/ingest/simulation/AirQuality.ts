/**
 * Air at a station: what blows in from afar, and what the roads around add. Promise: a function of seed and instant.
 *
 * Roads: emission over wind speed, C = A·Q/u (F. A. Gifford & S. R. Hanna, Modelling urban air pollution, Atmospheric
 * Environment 7, 1973), worse in a cold calm night; rain washes particles out. Slow traffic emits more per vehicle (shape as in
 * COPERT; assumption). Ozone is bound by the nitrogen monoxide of fresh exhaust and made by the sun (assumption: linear). Road
 * dust in March and April and wood smoke on cold evenings are Helsinki's own (levels: assumption, from HSY's yearly reports).
 */
import { byMinute } from "./CityCalendar.ts"
import { AutoregressiveNoise, seedOf, smooth } from "./SeededNoise.ts"
import type { CityTraffic } from "./Traffic.ts"
import type { CityWeather } from "./Weather.ts"

const hour = 3_600_000

/** A detector nearby, with its weight and the flow that counts as full traffic. */
export interface NearRoad {
  readonly detector: number
  readonly weight: number
  readonly capacity: number
}

export interface AirStationModel {
  readonly roads: ReadonlyArray<NearRoad>
  /** How much of it is small houses with stoves, 0 to 1. */
  readonly stoves: number
}

/** µg/m³ each. */
export interface Air {
  readonly pm2_5: number
  readonly pm10: number
  readonly no2: number
  readonly o3: number
}

export class CityAir {
  private readonly stations: ReadonlyArray<AirStationModel>
  private readonly traffic: CityTraffic
  private readonly weather: CityWeather
  private readonly seed: number
  private readonly own: AutoregressiveNoise
  private readonly shared = byMinute((time) => this.overTheCity(time))

  constructor(
    citySeed: number,
    stations: ReadonlyArray<AirStationModel>,
    traffic: CityTraffic,
    weather: CityWeather
  ) {
    this.seed = seedOf(citySeed, "air")
    this.stations = stations
    this.traffic = traffic
    this.weather = weather
    this.own = new AutoregressiveNoise(this.seed, stations.length, 900_000, 0.8)
  }

  at(station: number, time: number): Air {
    const { roads, stoves } = this.stations[station] as AirStationModel
    const shared = this.shared(time)
    let emission = 0
    for (const { capacity, detector, weight } of roads) {
      const { flow, freedom } = this.traffic.at(detector, time)
      emission += weight * (flow / capacity) * (0.75 + 0.25 / Math.max(0.15, freedom))
    }
    const own = Math.exp(0.16 * this.own.at(station, time))
    const roadside = emission * shared.dilution * own
    const no2 = 5 * shared.afar + 27 * roadside
    const smoke = 7 * stoves * shared.stoves * shared.dilution * own
    const pm2_5 = (5 * shared.afar + smoke + 2.6 * roadside) * shared.washout
    return {
      pm2_5,
      pm10: pm2_5 * 1.2 + (3 + (7 + shared.dust) * roadside) * shared.washout,
      no2,
      o3: Math.max(1.5, shared.ozone - 0.6 * (no2 - 5) + 2 * this.own.at(station, time))
    }
  }

  private overTheCity(time: number) {
    const { isSnow, moment, precipitation, temperature, windSpeed } = this.weather.at(time)
    // By night, below three metres a second, from none to full.
    const calmNight = Math.max(0, Math.min(1, -5 * moment.sun)) * Math.max(0, Math.min(1, (3.5 - windSpeed) / 1.5))
    const sinceEvening = moment.hour < 8.5 ? moment.hour + 3.5 : moment.hour - 20.5
    const evening = Math.exp(-(sinceEvening ** 2) / 8)
    const isDustSeason = moment.month === 3 || moment.month === 4
    const spring = Math.cos((2 * Math.PI * (moment.dayOfYear - 110)) / 365.25)
    return {
      dilution: (3.5 / Math.max(1, windSpeed)) ** 0.9 * (1 + 0.35 * calmNight),
      washout: 1 / (1 + 0.12 * precipitation),
      /** Long-range transport: around 1, at times 3. */
      afar: Math.exp(0.45 * smooth(this.seed, 1, time, 55 * hour) + 0.15 * smooth(this.seed, 2, time, 8 * hour)),
      stoves: evening * Math.max(0, Math.min(1, (10 - temperature) / 18)),
      dust: isDustSeason && !isSnow ? 38 * Math.max(0, 1 - 4 * precipitation) : 0,
      ozone: 54 + 13 * spring + 26 * Math.max(0, moment.sun) + 7 * smooth(this.seed, 3, time, 40 * hour)
    }
  }
}
