/**
 * Trams and buses on their lines: where each is at any instant, how fast, how late and how full. Promise: a function of seed and
 * instant; a vehicle is on its line, never goes backwards, and its delay is the instant minus the time at which the timetable
 * has it where it is.
 *
 * A service day is computed as a whole when it is asked for: trips in turn, each as late as the traffic along the line, the weather
 * and chance make it; the time at the end of the line takes delays back.
 */
import { byDay, instantOf, kindOfDay, localMillis } from "./CityCalendar.ts"
import type { Metres, Polyline } from "./Plane.ts"
import { normal, seedOf, uniform } from "./SeededNoise.ts"
import type { CityTraffic } from "./Traffic.ts"
import type { CityWeather } from "./Weather.ts"

const day = 86_400_000
const minute = 60_000
/** First departures of the service day at 5:15 local time, the last ones at 23:45; in the evening half of the vehicles go home. */
const firstDeparture = 5.25 * 3_600_000
const lastDeparture = 23.75 * 3_600_000
const eveningDeparture = 20 * 3_600_000
/** At the end of a line at least this long. */
const turnMillis = minute
/** Of the time between two stops, the part in motion; the rest is at the stop. */
const moving = 0.72

export interface VehicleModel {
  readonly kind: "tram" | "bus"
  readonly line: Polyline
  readonly stops: number
  /** From end to end by timetable. */
  readonly tripMillis: number
  /** From a departure to the next one from the other end, by timetable. */
  readonly slotMillis: number
  /** First departure after the start of the service day. */
  readonly offsetMillis: number
  /** Only on working days before the evening. */
  readonly isExtra: boolean
  /** Detectors that its trips out pass, and those that its trips back pass, evenly and in the order of the way. */
  readonly detectors: readonly [out: ReadonlyArray<number>, back: ReadonlyArray<number>]
}

export interface VehicleState {
  readonly place: Metres
  /** km/h. */
  readonly speed: number
  /** Seconds against the timetable, negative where early. */
  readonly delay: number
  readonly passengers: number
}

/** One way from end to end; the first of a vehicle's service day goes out, the next back, and so on. */
export interface Trip {
  /** By timetable. */
  readonly departure: number
  readonly lateBy: number
  /** How long it really takes. */
  readonly millis: number
}

/** Number of the service day that an instant belongs to: local days that change at four in the morning. */
export const serviceDayOf = (time: number): number => Math.floor((localMillis(time) - 4 * 3_600_000) / day)

/** When a trip really starts. */
export const startOf = (trip: Trip): number => trip.departure + trip.lateBy

/**
 * When a trip leaves the stop at this share of its way, its end apart: a vehicle leaves each of its stops after an equal part of
 * the time.
 */
export const leaves = (trip: Trip, share: number): number => startOf(trip) + Math.round(trip.millis * share)

export class CityTransport {
  private readonly vehicles: ReadonlyArray<VehicleModel>
  private readonly traffic: CityTraffic
  private readonly weather: CityWeather
  private readonly seed: number
  /** The trips of a vehicle in a service day, in turn. */
  readonly trips: (vehicle: number, serviceDay: number) => ReadonlyArray<Trip>

  constructor(
    citySeed: number,
    vehicles: ReadonlyArray<VehicleModel>,
    traffic: CityTraffic,
    weather: CityWeather
  ) {
    this.seed = seedOf(citySeed, "transport")
    this.vehicles = vehicles
    this.traffic = traffic
    this.weather = weather
    this.trips = byDay(vehicles.length, (vehicle, serviceDay) => this.tripsOn(vehicle, serviceDay))
  }

  /** `undefined` where the vehicle is in the depot. */
  at(vehicle: number, time: number): VehicleState | undefined {
    const trips = this.trips(vehicle, serviceDayOf(time))
    const model = this.vehicles[vehicle] as VehicleModel
    const first = trips[0]
    if (first === undefined || time < first.departure - 3 * minute) return undefined
    const n = Math.max(0, Math.min(trips.length - 1, Math.floor((time - first.departure) / model.slotMillis) + 1))
    let current = n
    while (current > 0 && time < startOf(trips[current] as Trip) - turnMillis) current--
    const trip = trips[current] as Trip
    const isLast = current === trips.length - 1
    if (isLast && time > startOf(trip) + trip.millis + turnMillis) return undefined
    return this.onTrip(model, vehicle, current, trip, time)
  }

  private onTrip(model: VehicleModel, vehicle: number, number: number, trip: Trip, time: number): VehicleState {
    const driven = Math.max(0, Math.min(1, (time - startOf(trip)) / trip.millis))
    const legs = model.stops - 1
    const at = Math.min(legs - 1e-9, driven * legs)
    const leg = Math.floor(at)
    const f = Math.min(1, (at - leg) / moving)
    const share = (leg + f * f * (3 - 2 * f)) / legs
    const isOut = number % 2 === 0
    const metres = (isOut ? share : 1 - share) * model.line.length
    const isUnderWay = driven > 0 && driven < 1
    const perMillis = isUnderWay && f < 1 ? (6 * f * (1 - f)) / moving / trip.millis : 0
    // Waiting for the departure is not being early.
    const expected = driven > 0 ? trip.departure + model.tripMillis * driven : Math.min(time, trip.departure)
    const until = driven < 1 ? time : startOf(trip) + trip.millis
    return {
      place: model.line.at(metres),
      speed: perMillis * model.line.length * 3600,
      delay: (until - expected) / 1000,
      passengers: this.load(model, vehicle, number, time, driven, leg)
    }
  }

  /** Fullest in the middle of the line and in the rush hours; changes at stops. */
  private load(
    model: VehicleModel,
    vehicle: number,
    number: number,
    time: number,
    driven: number,
    leg: number
  ): number {
    if (driven === 0 || driven === 1) return 0
    const { hour, kind } = this.weather.at(time).moment
    const rush = kind === "weekday"
      ? 0.25 + Math.exp(-((hour - 8) ** 2) / 2.4) + 0.95 * Math.exp(-((hour - 16.3) ** 2) / 4)
      : 0.2 + 0.5 * Math.exp(-((hour - 14) ** 2) / 18)
    const middle = Math.sin(Math.PI * Math.min(1, (leg + 0.6) / model.stops))
    const seats = model.kind === "tram" ? 78 : 46
    const chance = 1 + 0.28 * normal(this.seed, vehicle * 4096 + number * 64 + leg, Math.floor(time / day))
    return Math.max(0, Math.round(seats * rush * middle * chance))
  }

  private tripsOn(vehicle: number, localDay: number): ReadonlyArray<Trip> {
    const model = this.vehicles[vehicle] as VehicleModel
    const isWorkingDay = kindOfDay(localDay) === "weekday"
    if (model.isExtra && !isWorkingDay) return []
    const midnight = localDay * day
    const last = model.isExtra ? eveningDeparture : lastDeparture
    const trips: Array<Trip> = []
    let lateBy = 0
    for (let at = firstDeparture + model.offsetMillis; at <= last; at += model.slotMillis) {
      const departure = instantOf(midnight + at)
      const late = Math.max(lateBy, this.lateStart(vehicle, departure))
      const trip = { departure, lateBy: late, millis: this.tripTakes(model, vehicle, trips.length, departure) }
      trips.push(trip)
      lateBy = Math.max(0, late + trip.millis + turnMillis - model.slotMillis)
    }
    return trips
  }

  /** Most leave in their minute, some later. */
  private lateStart(vehicle: number, departure: number): number {
    const u = uniform(this.seed, vehicle * 4, Math.floor(departure / minute))
    return Math.round(20_000 * u + (u > 0.93 ? (u - 0.93) * 2_500_000 : 0))
  }

  /** Trams share the streets less than buses; both lose what cars lose, above what the timetable allows for. */
  private tripTakes(model: VehicleModel, vehicle: number, number: number, departure: number): number {
    const middle = departure + model.tripMillis / 2
    const passed = model.detectors[number % 2 === 0 ? 0 : 1]
    let freedom = 0
    for (let i = 0; i < passed.length; i++) {
      const when = departure + (model.tripMillis * (i + 0.5)) / passed.length
      freedom += this.traffic.at(passed[i] as number, when).freedom / passed.length
    }
    const { isSnow, precipitation } = this.weather.at(middle)
    const share = model.kind === "tram" ? 0.35 : 0.75
    const traffic = share * (1 / Math.max(0.3, freedom) - 1.16)
    const wet = Math.min(0.1, (isSnow ? 0.05 : 0.012) * precipitation)
    const chance = 0.03 * normal(this.seed, vehicle * 4 + 1, Math.floor(departure / minute))
    return Math.round(model.tripMillis * Math.max(0.96, 1 + Math.max(-0.03, traffic) + wet + chance))
  }
}
