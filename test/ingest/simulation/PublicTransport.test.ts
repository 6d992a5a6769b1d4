/** Trams and buses: on their line, inside the city, never backwards, as late as their place says, later in rush hours. */
import { assert, describe, it } from "@effect/vitest"
import { momentAt } from "../../../src/ingest/simulation/CityCalendar.ts"
import { CityObservations } from "../../../src/ingest/simulation/CityObservations.ts"
import { lines } from "../../../src/ingest/simulation/HelsinkiLines.ts"
import { outline } from "../../../src/ingest/simulation/HelsinkiMap.ts"
import { distance, Polyline, toMetres } from "../../../src/ingest/simulation/Plane.ts"
import { leaves, serviceDayOf, startOf } from "../../../src/ingest/simulation/PublicTransport.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"
import { placeVehicles } from "../../../src/ingest/simulation/Vehicles.ts"
import { day, hour, mean, minute, monday, observationsOf } from "./CityOfSeed.ts"

const city = makeCity(1)
const fleet = placeVehicles(1, [])
const vehicles = city.sensors.slice(city.first.vehicle, city.first.stop)
const polylines = new Map(
  lines.map(({ kind, name, points }) => [`${kind}-${name}`, new Polyline(points.map(toMetres))])
)
const lineOf = (id: string) => polylines.get(id.replace(/-\d+$/, ""))
const inServiceAt = (time: number): number => vehicles.filter((_, n) => city.transport.at(n, time) !== undefined).length

describe("vehicles", () => {
  it("are on their line and inside the city, wherever they say they are", () => {
    const border = outline.map(toMetres)
    const isInside = ([x, y]: readonly [number, number]): boolean =>
      border.reduce((inside, [x1, y1], i) => {
        const [x2, y2] = border[(i + 1) % border.length] ?? [0, 0]
        return (y1 > y) !== (y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1) ? !inside : inside
      }, false)
    let located = 0
    for (const { location, sensorId } of observationsOf(1, monday + 8 * hour, monday + 8.25 * hour)) {
      if (location === undefined) continue
      located++
      const place = toMetres(location)
      assert.isBelow(lineOf(sensorId)?.distanceTo(place) ?? Infinity, 12)
      assert.isTrue(isInside(place))
    }
    assert.isAbove(located, 10_000)
  })

  it("move as fast as they say, and jump nowhere", () => {
    for (const n of [0, 20, 60, vehicles.length - 1]) {
      for (let t = monday + 5 * hour; t < monday + 26 * hour; t += 5000) {
        const [here, next] = [city.transport.at(n, t), city.transport.at(n, t + 5000)]
        if (here === undefined || next === undefined) continue
        assert.isBelow(distance(here.place, next.place), 120)
        const middle = city.transport.at(n, t + 2500)?.speed ?? 0
        // Straight between corners, so a corner may take a little.
        assert.isAtMost(distance(here.place, next.place), (middle / 3.6) * 5 + 25)
      }
    }
  })

  it("have the delay of their place: the timetable would have them there that much earlier", () => {
    let checked = 0
    for (const [n, { line, stops, tripMillis }] of fleet.models.entries()) {
      for (const [i, trip] of city.transport.trips(n, serviceDayOf(monday + 12 * hour)).entries()) {
        const stop = 1 + (n + i) % (stops - 2)
        const share = stop / (stops - 1)
        const at = leaves(trip, share)
        const state = city.transport.at(n, at)
        const place = line.at((i % 2 === 0 ? share : 1 - share) * line.length)
        assert.isBelow(distance(state?.place ?? [NaN, NaN], place), 1)
        assert.closeTo(state?.delay ?? NaN, (at - (trip.departure + tripMillis * share)) / 1000, 0.1)
        checked++
      }
    }
    assert.isAbove(checked, 1_000)
  })

  it("are mostly on time, and later in the rush hour", () => {
    const delays = vehicles.flatMap((_, n) => {
      const state = city.transport.at(n, monday + 16.4 * hour)
      return state === undefined ? [] : [state.delay]
    })
    for (const delay of delays) assert.isTrue(delay > -240 && delay < 3600)
    const early = vehicles.flatMap((_, n) => city.transport.at(n, monday + 10.5 * hour)?.delay ?? [])
    assert.isAbove(mean(delays), mean(early) + 30)
    // On time is one minute early to five late: most are, not all.
    const onTime = mean(early.map((delay) => delay >= -60 && delay <= 300 ? 1 : 0))
    assert.isTrue(onTime > 0.7)
  })

  it("run from morning to night, fewer on Sundays, none at four", () => {
    const atNoon = inServiceAt(monday + 12 * hour)
    assert.isAbove(atNoon, 0.9 * vehicles.length)
    assert.isBelow(inServiceAt(monday + 6 * day + 12 * hour), 0.65 * atNoon)
    assert.strictEqual(inServiceAt(monday + 4 * hour), 0)
    assert.isAbove(inServiceAt(monday + 24.1 * hour), 5)
  })

  it("keep their departures on the clock when the clocks change", () => {
    const first = (midnight: number): number => {
      let t = midnight
      while (city.transport.at(0, t) === undefined) t += minute
      return t - midnight
    }
    const saturday = Date.UTC(2027, 2, 27, 3) - 5 * hour
    // The day that begins after it has 23 hours: measured from UTC midnight, departures are an hour earlier.
    assert.strictEqual(first(saturday + day) - first(saturday), -hour)
  })

  it("carry more people in the rush hour", () => {
    const aboard = (at: number): number =>
      mean(
        new CityObservations(city).arriving(at, at + 5 * minute).observations
          .filter(({ property }) => property.name === "passenger_count")
          .map(({ result }) => result)
      )
    assert.isAbove(aboard(monday + 8 * hour), 1.8 * aboard(monday + 11 * hour))
  })

  it("take longer in snow than on dry roads at the same hours", () => {
    const dryMillis: Array<number> = []
    const snowMillis: Array<number> = []
    for (let at = monday; at < monday + 28 * day; at += day) {
      if (momentAt(at + 12 * hour).kind !== "weekday") continue
      for (
        const { departure, millis } of vehicles.flatMap((_, n) => city.transport.trips(n, serviceDayOf(at + 12 * hour)))
      ) {
        const { isSnow, moment, precipitation } = city.weather.at(departure)
        if (moment.hour < 9 || moment.hour > 14) continue
        if (isSnow && precipitation > 0.5) snowMillis.push(millis)
        else if (precipitation === 0) dryMillis.push(millis)
      }
    }
    assert.isAbove(snowMillis.length, 100)
    assert.isAbove(mean(snowMillis), 1.05 * mean(dryMillis))
  })
})

describe("the timetable", () => {
  const monday0 = serviceDayOf(monday + 12 * hour)
  /** Departures by timetable from an end of a line, in hours of the local day, of the vehicles that `is` says. */
  const departures = (line: number, serviceDay: number, end: 0 | 1, is: (n: number) => boolean = () => true) =>
    (fleet.lines[line]?.vehicles ?? []).filter(is)
      .flatMap((n) => city.transport.trips(n, serviceDay).filter((_, i) => i % 2 === end))
      .map(({ departure }) => momentAt(departure).hour)
      .sort((a, b) => a - b)
  const gaps = (times: ReadonlyArray<number>): ReadonlyArray<number> =>
    times.slice(1).map((time, i) => Math.round((time - (times[i] ?? NaN)) * 3600))

  it("has all vehicles of a line leave both ends in turn, evenly: on working days, and half of them on other days", () => {
    fleet.lines.forEach(({ vehicles: all }, line) => {
      const { slotMillis } = fleet.models[all[0] ?? -1] ?? assert.fail()
      const even = (2 * slotMillis) / 1000 / all.length
      for (const end of [0, 1] as const) {
        const byDay = departures(line, monday0, end).filter((at) => at > 9 && at < 19)
        for (const gap of gaps(byDay)) assert.isAtMost(Math.abs(gap - even), 1)
        const inTheEvening = departures(line, monday0, end).filter((at) => at > 20.01)
        const onSunday = departures(line, monday0 + 6, end).filter((at) => at > 9)
        for (const gap of [...gaps(inTheEvening), ...gaps(onSunday)]) assert.isAtMost(Math.abs(gap - 2 * even), 1)
        assert.isAbove(onSunday.length, 10)
      }
    })
  })

  it("starts at 5:15, has its last departures before 23:45, and lets extras drive on working days before eight only", () => {
    const isExtra = (n: number): boolean => fleet.models[n]?.isExtra === true
    fleet.lines.forEach((_, line) => {
      for (const serviceDay of [monday0, monday0 + 5, monday0 + 6]) {
        const out = departures(line, serviceDay, 0)
        assert.strictEqual(out[0], 5.25)
        assert.isTrue((out.at(-1) ?? 0) <= 23.75 && (out.at(-1) ?? 0) > 22)
      }
      for (const end of [0, 1] as const) {
        assert.isAtMost(Math.max(...departures(line, monday0, end, isExtra)), 20)
        assert.lengthOf(departures(line, monday0 + 5, end, isExtra), 0)
      }
    })
    // 24 December is kept like a Sunday.
    const eve = serviceDayOf(Date.UTC(2026, 11, 24, 10))
    assert.lengthOf(departures(0, eve, 0, isExtra), 0)
  })

  it("has every trip start after the one before it has ended, whatever is late", () => {
    for (let serviceDay = monday0; serviceDay < monday0 + 28; serviceDay++) {
      vehicles.forEach((_, n) => {
        let free = -Infinity
        for (const trip of city.transport.trips(n, serviceDay)) {
          assert.isAtLeast(startOf(trip), free)
          free = leaves(trip, 1)
        }
      })
    }
  })
})
