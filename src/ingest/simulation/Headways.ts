/**
 * Headways at stops: how long before a departure the vehicle before it of the same line and direction left. Promise: a function
 * of seed and instant, exact to the millisecond, from the same trips that the vehicles' positions come from: at a departure
 * a vehicle stands at the stop, and a moment later it has left. Of no service day does the first departure have a headway.
 *
 * Bunching is nowhere modelled: headways are uneven because trips are late by what traffic, weather and chance make of each.
 */
import { byDay } from "./CityCalendar.ts"
import { type CityTransport, leaves, serviceDayOf } from "./PublicTransport.ts"

export interface StopModel {
  /** Numbers of the vehicles of its line. */
  readonly vehicles: ReadonlyArray<number>
  /** Of the trips from the start of the line to its end, or of those back. */
  readonly isOut: boolean
  /** Where it is on the way of these trips, from 0 to less than 1. */
  readonly share: number
}

export class CityHeadways {
  private readonly transport: CityTransport
  /** Of a service day, in the order of time. */
  private readonly departures: (stop: number, serviceDay: number) => Float64Array

  constructor(transport: CityTransport, stops: ReadonlyArray<StopModel>) {
    this.transport = transport
    this.departures = byDay(
      stops.length,
      (stop, serviceDay) => this.departuresOn(stops[stop] as StopModel, serviceDay)
    )
  }

  /** Takes the headways of the departures in `[from, to)`, in the order of time. */
  between(stop: number, from: number, to: number, take: (time: number, seconds: number) => void): void {
    if (from >= to) return
    const last = serviceDayOf(to - 1)
    for (let serviceDay = serviceDayOf(from); serviceDay <= last; serviceDay++) {
      const departures = this.departures(stop, serviceDay)
      for (let i = Math.max(1, firstFrom(departures, from)); i < departures.length; i++) {
        const time = departures[i] as number
        if (time >= to) break
        take(time, (time - (departures[i - 1] as number)) / 1000)
      }
    }
  }

  /** The last headway before an instant: what a stop that got stuck then goes on to say. */
  before(stop: number, instant: number): number {
    const today = serviceDayOf(instant)
    for (let serviceDay = today; serviceDay > today - 7; serviceDay--) {
      const departures = this.departures(stop, serviceDay)
      const i = firstFrom(departures, instant) - 1
      if (i >= 1) return ((departures[i] as number) - (departures[i - 1] as number)) / 1000
    }
    return 0
  }

  private departuresOn({ isOut, share, vehicles }: StopModel, serviceDay: number): Float64Array {
    const found: Array<number> = []
    for (const vehicle of vehicles) {
      const trips = this.transport.trips(vehicle, serviceDay)
      for (let i = isOut ? 0 : 1; i < trips.length; i += 2) {
        const trip = trips[i]
        if (trip === undefined) continue
        const time = leaves(trip, share)
        // At four in the morning the day is over, wherever a vehicle is.
        if (serviceDayOf(time) === serviceDay) found.push(time)
      }
    }
    return Float64Array.from(found).sort()
  }
}

/** Number of the first of ascending times that is not before an instant. */
const firstFrom = (times: Float64Array, instant: number): number => {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as number) < instant) low = middle + 1
    else high = middle
  }
  return low
}
