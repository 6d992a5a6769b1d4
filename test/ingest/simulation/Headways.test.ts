/** Headways at stops: what watching the vehicles would give, whole over a service day, uneven where trips are late. */
import { assert, describe, it } from "@effect/vitest"
import { instantOf, momentAt } from "../../../src/ingest/simulation/CityCalendar.ts"
import { nearestDistrict } from "../../../src/ingest/simulation/DistrictShapes.ts"
import { lines } from "../../../src/ingest/simulation/HelsinkiLines.ts"
import { districtCentres } from "../../../src/ingest/simulation/HelsinkiMap.ts"
import { distance, toMetres } from "../../../src/ingest/simulation/Plane.ts"
import { leaves, serviceDayOf } from "../../../src/ingest/simulation/PublicTransport.ts"
import { placeRoadSensors, roadLines } from "../../../src/ingest/simulation/RoadSensors.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"
import { placeStops } from "../../../src/ingest/simulation/Stops.ts"
import { placeVehicles } from "../../../src/ingest/simulation/Vehicles.ts"
import { day, hour, mean, minute, monday } from "./CityOfSeed.ts"

const city = makeCity(1)
const { headways, sensors, transport } = city
const stops = sensors.slice(city.first.stop)
const lineOf = (id: string): string => id.replace(/^stop-/, "").replace(/(-out|-back)?-\d+$/, "")
const vehiclesOf = (stopId: string): ReadonlyArray<number> =>
  sensors.slice(city.first.vehicle, city.first.stop).flatMap(({ id }, n) => lineOf(id) === lineOf(stopId) ? [n] : [])
const { detectors } = placeRoadSensors(1, roadLines())
const fleet = placeVehicles(1, detectors)
const { models } = placeStops(1, fleet.lines)
const headwaysAt = (stop: number, from: number, to: number) => {
  const found: Array<{ readonly time: number; readonly seconds: number }> = []
  headways.between(stop, from, to, (time, seconds) => found.push({ time, seconds }))
  return found
}
/** How uneven: the mean over stops of the headways' standard deviation over their mean. */
const unevenness = (from: number, to: number, isStop: (id: string) => boolean = () => true): number =>
  mean(stops.flatMap(({ id }, n) => {
    if (!isStop(id)) return []
    const seconds = headwaysAt(n, from, to).map((one) => one.seconds)
    const usual = mean(seconds)
    return [Math.sqrt(mean(seconds.map((s) => (s - usual) ** 2))) / usual]
  }))

describe("stops", () => {
  it("are 60 to 100, of every line both ways from its first stop, at least one in every district", () => {
    assert.isTrue(stops.length >= 60 && stops.length <= 100)
    const found = new Set(stops.map(({ id }) => id))
    for (const { id } of sensors.slice(city.first.vehicle, city.first.stop)) {
      for (const way of ["out", "back"]) assert.isTrue(found.has(`stop-${id.replace(/-\d+$/, "")}-${way}-01`))
    }
    assert.strictEqual(
      new Set(stops.map(({ location }) => nearestDistrict(toMetres(location)))).size,
      districtCentres.length
    )
    for (const { kind, properties } of stops) {
      assert.strictEqual(kind, "stop")
      assert.deepStrictEqual(properties.map(({ name }) => name), ["headway"])
    }
  })
})

describe("a departure", () => {
  /** Watches every vehicle of the line at each second: it has left when it was at the stop and is there no more. */
  const watched = (stop: number, from: number, to: number): ReadonlyArray<number> => {
    const { id, location } = stops[stop] ?? assert.fail()
    const isOut = id.includes("-out-")
    const here = toMetres(location)
    const points = lines.find(({ kind, name }) => `${kind}-${name}` === lineOf(id))?.points ?? []
    const end = toMetres(points.at(isOut ? -1 : 0) ?? [0, 0])
    const found: Array<number> = []
    for (const vehicle of vehiclesOf(id)) {
      // A stop's sensor is six metres beside the line.
      const isHere = (t: number): boolean => {
        const state = transport.at(vehicle, t)
        return state !== undefined && distance(state.place, here) < 6.3
      }
      for (let t = from; t < to; t += 1000) {
        if (!isHere(t) || isHere(t + 1000)) continue
        const [now, later] = [transport.at(vehicle, t + 1000), transport.at(vehicle, t + 30_000)]
        // Towards the end of its way, as far as the line is straight here.
        if (now && later && distance(later.place, end) < distance(now.place, end)) found.push(t)
      }
    }
    return found.sort((a, b) => a - b)
  }

  it("is when watching the vehicles every second sees one leave, at first stops and between, both ways", () => {
    const [from, to] = [monday + 5 * hour, monday + 22 * hour]
    for (const id of ["stop-tram-13-out-05", "stop-tram-13-back-01", "stop-bus-79-out-09", "stop-bus-90-back-06"]) {
      const stop = stops.findIndex((one) => one.id === id)
      const seen = watched(stop, from, to)
      const said = headwaysAt(stop, from, to)
      assert.isAbove(seen.length, 40)
      assert.lengthOf(said, seen.length - 1, id)
      said.forEach(({ seconds, time }, i) => {
        assert.isAtMost(Math.abs(time - (seen[i + 1] ?? NaN)), 3000, `${id} ${i}`)
        assert.isAtMost(Math.abs(time - seconds * 1000 - (seen[i] ?? NaN)), 3000, `${id} ${i}`)
      })
    }
  })

  it("is the last millisecond at which the vehicle stands at the stop", () => {
    const stop = stops.findIndex(({ id }) => id === "stop-tram-4-out-09")
    const here = toMetres(stops[stop]?.location ?? [0, 0])
    for (const { time } of headwaysAt(stop, monday, monday + day)) {
      const standing = vehiclesOf("stop-tram-4-out-09").flatMap((vehicle) => {
        const [before, then, after] = [-1000, 0, 4000].map((ms) => transport.at(vehicle, time + ms))
        return before && then && after && distance(then.place, here) < 6.3
            && distance(before.place, then.place) < 1e-3 && distance(after.place, then.place) > 1
          ? [vehicle]
          : []
      })
      assert.isAtLeast(standing.length, 1)
    }
  })
})

describe("headways", () => {
  /** Around both changes of the clocks, a working day, a Sunday and a year's end. */
  const midnights = [[2026, 9, 24], [2026, 9, 25], [2027, 2, 27], [2027, 2, 28], [2026, 10, 17], [2026, 10, 22], [
    2026,
    11,
    31
  ]]
    .map(([year = 0, month = 0, date = 0]) => Date.UTC(year, month, date))

  it("of a service day add up to the time from its first departure to its last, at midnight and when the clocks change", () => {
    for (const midnight of midnights) {
      const [from, to] = [instantOf(midnight + 4 * hour), instantOf(midnight + day + 4 * hour)]
      stops.forEach((_, stop) => {
        const { isOut, share, vehicles } = models[stop] ?? assert.fail()
        const departures = vehicles.flatMap((vehicle) =>
          transport.trips(vehicle, midnight / day).flatMap((trip, i) =>
            (i % 2 === 0) === isOut ? [leaves(trip, share)] : []
          )
        )
        const found = headwaysAt(stop, from, to)
        assert.lengthOf(found, departures.length - 1)
        assert.strictEqual(
          found.reduce((sum, { seconds }) => sum + Math.round(seconds * 1000), 0),
          Math.max(...departures) - Math.min(...departures)
        )
        for (const { seconds, time } of found) {
          assert.isTrue(seconds >= 0 && seconds < 2 * 3600)
          assert.strictEqual(serviceDayOf(time), midnight / day)
        }
      })
    }
  })

  it("start anew in the morning by the clock, and go on over midnight", () => {
    for (const midnight of midnights) {
      const stop = stops.findIndex(({ id }) => id === "stop-tram-1-out-01")
      const found = headwaysAt(stop, instantOf(midnight + 4 * hour), instantOf(midnight + day + 4 * hour))
      const first = found[0] ?? assert.fail()
      assert.closeTo(momentAt(first.time - first.seconds * 1000).hour, 5.25, 0.06)
      const late = stops.findIndex(({ id }) => id === "stop-tram-15-out-27")
      const night = headwaysAt(late, instantOf(midnight + day), instantOf(midnight + day + 4 * hour))
      assert.isAtLeast(night.length, 1)
      assert.isBelow(night[0]?.seconds ?? Infinity, 3600)
    }
  })

  it("are the same whatever the steps, at the changes of the clocks too", () => {
    for (const midnight of midnights.slice(0, 4)) {
      const [from, to] = [midnight, midnight + 2 * day]
      const whole = stops.map((_, stop) => headwaysAt(stop, from, to))
      for (const step of [7 * minute, 5 * hour + 1]) {
        const other = makeCity(1).headways
        const cut = stops.map(() => [] as Array<{ readonly time: number; readonly seconds: number }>)
        for (let t = from; t < to; t += step) {
          stops.forEach((_, stop) =>
            other.between(stop, t, Math.min(to, t + step), (time, seconds) => cut[stop]?.push({ time, seconds }))
          )
        }
        assert.deepStrictEqual(cut, whole)
      }
    }
  })

  it("are what the timetable has on average: 8 to 18 minutes by day, twice that in the evening", () => {
    stops.forEach((_, stop) => {
      const byDay = mean(headwaysAt(stop, monday + 10 * hour, monday + 15 * hour).map(({ seconds }) => seconds)) / 60
      const evening = mean(headwaysAt(stop, monday + 22 * hour, monday + 24 * hour).map(({ seconds }) => seconds)) / 60
      assert.isTrue(byDay > 7.5 && byDay < 18.5)
      assert.isTrue(evening > 1.5 * byDay && evening < 2.6 * byDay)
    })
  })

  it("are more uneven in the rush hour than before noon, and on a day of snow than on a dry one", () => {
    const weekdays = [0, 1, 2, 3, 4].map((n) => monday + n * day)
    const band = (from: number, to: number): number =>
      mean(weekdays.map((at) => unevenness(at + from * hour, at + to * hour)))
    assert.isAbove(band(16, 19), 1.5 * band(9, 12))
    const working = Array.from({ length: 28 }, (_, n) => monday + n * day).filter((at) =>
      momentAt(at + 12 * hour).kind === "weekday"
    )
    const snowOn = (at: number): number =>
      mean(Array.from({ length: 12 }, (_, h) => {
        const { isSnow, precipitation } = city.weather.at(at + (7 + h) * hour)
        return isSnow ? precipitation : 0
      }))
    const uneven = (days: ReadonlyArray<number>): number =>
      mean(days.map((at) => unevenness(at + 7 * hour, at + 19 * hour)))
    const [snowy, dry] = [working.filter((at) => snowOn(at) > 0.25), working.filter((at) => snowOn(at) === 0)]
    assert.isAbove(snowy.length, 0)
    assert.isAbove(uneven(snowy), 1.4 * uneven(dry))
  })

  it("are more uneven where there is an incident on the way than at the same hour a week before and after", () => {
    const effect = { capacity: 1, demand: 1 }
    const [hit, usual]: [Array<number>, Array<number>] = [[], []]
    for (const { from, to } of city.incidents.between(monday, monday + 28 * day)) {
      const { hour: at, kind } = momentAt(from)
      if (kind !== "weekday" || at < 9 || at > 14 || to - from < 30 * minute) continue
      models.forEach(({ isOut, vehicles }, stop) => {
        const passed = fleet.models[vehicles[0] ?? -1]?.detectors[isOut ? 0 : 1] ?? []
        const isOnTheWay = passed.some((detector) => {
          city.incidents.effectAt(detectors[detector] ?? assert.fail(), (from + to) / 2, effect)
          return effect.capacity < 0.6
        })
        if (!isOnTheWay) return
        const id = stops[stop]?.id
        const around = (shift: number) => unevenness(from + shift, to + 90 * minute + shift, (one) => one === id)
        hit.push(around(0))
        usual.push((around(-7 * day) + around(7 * day)) / 2)
      })
    }
    assert.isAbove(hit.length, 20)
    assert.isAbove(mean(hit), 1.3 * mean(usual))
  })
})
