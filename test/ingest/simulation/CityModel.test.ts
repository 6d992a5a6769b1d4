/** The simulated city behaves as cities do: hours, days, weather, incidents, and what follows from each other. */
import { assert, describe, it } from "@effect/vitest"
import { instantOf, localMillis, momentAt } from "../../../src/ingest/simulation/CityCalendar.ts"
import { laneLevel } from "../../../src/ingest/simulation/RoadNoise.ts"
import { roadLines } from "../../../src/ingest/simulation/RoadSensors.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"
import { correlation, day, hour, mean, minute, monday } from "./CityOfSeed.ts"

const city = makeCity(1)
const numberOf = (id: string): number => city.sensors.findIndex((sensor) => sensor.id === id)
const times = (from: number, to: number, step: number): ReadonlyArray<number> =>
  Array.from({ length: Math.round((to - from) / step) }, (_, i) => from + i * step)
const meanFlow = (detector: number, from: number, to: number): number =>
  mean(times(from, to, 5 * minute).map((t) => city.traffic.at(detector, t).flow))
const detectors = Array.from({ length: city.first.air }, (_, n) => n)
const weeks = [0, 1, 2, 3].map((week) => monday + week * 7 * day)

describe("time in the simulated city", () => {
  it("is Helsinki's own, with its summer time", () => {
    const winter = momentAt(Date.UTC(2026, 0, 14, 6))
    const summer = momentAt(Date.UTC(2026, 6, 15, 6))
    assert.strictEqual(winter.hour, 8)
    assert.strictEqual(summer.hour, 9)
    assert.deepInclude(momentAt(Date.UTC(2026, 11, 6, 10)), { kind: "sunday", month: 12 })
    assert.strictEqual(momentAt(Date.UTC(2026, 11, 24, 10)).kind, "sunday")
    assert.strictEqual(momentAt(Date.UTC(2026, 10, 27, 22)).kind, "saturday")
    assert.isAbove(momentAt(Date.UTC(2026, 5, 21, 10, 20)).sun, 0.75)
    assert.isBelow(momentAt(Date.UTC(2026, 11, 21, 10, 20)).sun, 0.15)
  })

  it("finds the instant of a local time, also around the changes of the clocks", () => {
    for (let t = Date.UTC(2026, 9, 24); t < Date.UTC(2026, 9, 27); t += 17 * minute) {
      assert.strictEqual(localMillis(instantOf(localMillis(t))), localMillis(t))
    }
    const departures = [28, 29, 30].map((d) => instantOf(Date.UTC(2026, 2, d, 5, 15)))
    assert.deepStrictEqual(departures.map((at) => momentAt(at).hour), [5.25, 5.25, 5.25])
    assert.strictEqual((departures[1] ?? 0) - (departures[0] ?? 0), 23 * hour)
  })
})

describe("traffic", () => {
  const inbound = detectors.filter((n) => city.sensors[n]?.id.endsWith("-in"))
  const hourly = (at: number): ReadonlyArray<number> =>
    Array.from({ length: 24 }, (_, h) => mean(inbound.map((n) => meanFlow(n, at + h * hour, at + (h + 1) * hour))))
  const peakOf = (flows: ReadonlyArray<number>): number => flows.indexOf(Math.max(...flows))

  it("peaks towards the centre at 7 or 8 on working days, around 15 on Sundays and lower, and sleeps at night", () => {
    const tuesday = hourly(monday + day)
    const sunday = hourly(monday + 6 * day)
    assert.include([7, 8], peakOf(tuesday))
    assert.isTrue(peakOf(sunday) >= 13 && peakOf(sunday) <= 17)
    assert.isAbove(tuesday[8] ?? 0, 3 * (sunday[8] ?? Infinity))
    assert.isBelow(tuesday[3] ?? Infinity, 0.15 * (tuesday[8] ?? 0))
  })

  it("is slower the more passes, on the diagram of Greenshields", () => {
    const n = numberOf("itavayla-07-in")
    const states = times(monday, monday + 5 * day, 5 * minute).map((t) => city.traffic.at(n, t))
    assert.isBelow(correlation(states.map(({ flow }) => flow), states.map(({ speed }) => speed)), -0.7)
    const day5 = times(monday, monday + day, 10 * minute)
    for (const t of day5) {
      const { capacityFactor, moment, speedFactor } = city.weather.at(t)
      const { flow, freedom } = city.traffic.at(n, t)
      const share = freedom / (speedFactor * (moment.sun < -0.1 ? 0.985 : 1))
      const capacity = Math.max(...[n].map(() => flow / (4 * share * (1 - share) * capacityFactor)))
      assert.closeTo(capacity / 4600, 1, 0.09)
    }
  })

  it("is slowed by rain and snow at the same hour of the week", () => {
    const n = numberOf("keha-i-10-e")
    const midday = weeks.flatMap((week) =>
      [0, 1, 2, 3, 4].flatMap((d) => times(week + d * day + 10 * hour, week + d * day + 14 * hour, 5 * minute))
    )
    const speedWhen = (is: (rain: number) => boolean): number =>
      mean(midday.filter((t) => is(city.weather.at(t).precipitation)).map((t) => city.traffic.at(n, t).speed))
    assert.isBelow(speedWhen((rain) => rain > 1), 0.96 * speedWhen((rain) => rain === 0))
  })

  it("goes along at neighbouring detectors, more than at distant ones", () => {
    const at = times(monday + day + 9 * hour, monday + day + 15 * hour, 5 * minute)
    const noise = (id: string): ReadonlyArray<number> => {
      const flows = at.map((t) => city.traffic.at(numberOf(id), t).flow)
      return flows.slice(3).map((flow, i) => flow - (flows[i] ?? 0))
    }
    const near = correlation(noise("itavayla-05-in"), noise("itavayla-06-in"))
    const far = correlation(noise("itavayla-05-in"), noise("vihdintie-05-out"))
    assert.isAbove(near, 0.3)
    assert.isAbove(near, far + 0.2)
  })
})

describe("an incident", () => {
  const itavayla = 5
  const line = roadLines()[itavayla]
  const count = roadLines().length
  const found = weeks.flatMap((week) => city.incidents.between(week, week + 7 * day)).find((one) => {
    const { hour: at, kind } = momentAt(one.from)
    return one.road === itavayla && one.at > 2500 && one.at < 6000 && at > 8.5 && at < 17 && kind === "weekday"
  })

  it("happens somewhere several times a day", () => {
    const incidents = city.incidents.between(monday, monday + 28 * day)
    assert.isTrue(incidents.length > 5 * 28 && incidents.length < 25 * 28)
    assert.isAbove(new Set(incidents.map((one) => one.road)).size, count / 2)
  })

  it("makes a queue that reaches places before it later and weaker, and spares the other direction", () => {
    assert.isDefined(found)
    if (found === undefined) return
    const { at, direction, from, road } = found
    /** From which minute on there is less room at a place that many metres before it, and how little in the end. */
    const queueAt = (metres: number, way: 1 | -1) => {
      const effect = { capacity: 1, demand: 1 }
      const capacities = Array.from({ length: 15 }, (_, minutes) => {
        city.incidents.effectAt(
          { road, direction: way, at: at - direction * metres, place: [1e6, 1e6] },
          from + minutes * minute,
          effect
        )
        return effect.capacity
      })
      return { since: capacities.findIndex((capacity) => capacity < 1), least: Math.min(...capacities) }
    }
    const [near, further, far] = [100, 500, 900].map((metres) => queueAt(metres, direction))
    const opposite = queueAt(100, direction === 1 ? -1 : 1)

    assert.isTrue(near.since >= 0 && near.since < further.since && further.since < far.since)
    assert.isTrue(near.least < further.least && further.least < far.least && far.least < 1)
    assert.deepStrictEqual(opposite, { since: -1, least: 1 })
  })

  it("is felt most by the detector before it, and hardly in the other direction", () => {
    assert.isDefined(found)
    if (found === undefined) return
    const on = (way: string): ReadonlyArray<number> =>
      detectors.filter((n) => new RegExp(`^itavayla-[0-9]+-${way}$`).test(city.sensors[n]?.id ?? ""))
    const [same, opposite] = found.direction === 1 ? [on("out"), on("in")] : [on("in"), on("out")]
    // Detectors stand in the middle of equal parts of the road.
    const place = (found.at / (line?.length ?? 1)) * same.length - 0.5
    const index = (steps: number): number =>
      found.direction === 1 ? Math.floor(place) - steps : Math.ceil(place) + steps
    const before = (steps: number): number => same[index(steps)] ?? -1
    const fall = (n: number): number => {
      const usual = mean(times(found.from - 40 * minute, found.from, minute).map((t) => city.traffic.at(n, t).speed))
      return 1 -
        Math.min(...times(found.from, found.to + 20 * minute, minute).map((t) => city.traffic.at(n, t).speed)) / usual
    }
    assert.isAbove(fall(before(0)), 0.35)
    assert.isAbove(fall(before(0)), fall(before(4)))
    const other = opposite[index(0)] ?? -1
    assert.isBelow(fall(other), 0.25)
  })
})

describe("what an incident does around it", () => {
  it("brings more traffic to a road nearby that is not its own", () => {
    const effects = city.incidents.between(monday, monday + 28 * day).filter((one) => one.to - one.from > 25 * minute)
    assert.isAbove(effects.length, 20)
    const effect = { capacity: 1, demand: 1 }
    for (const { from, place, to } of effects) {
      const nearby = { road: -1, direction: 1 as const, at: 0, place: [place[0] + 300, place[1]] as const }
      city.incidents.effectAt(nearby, (from + to) / 2, effect)
      assert.isAbove(effect.demand, 1.05)
      assert.strictEqual(effect.capacity, 1)
    }
  })
})

describe("air and noise", () => {
  const station = numberOf("air-kallio-street") - city.first.air
  const hours = weeks.flatMap((week) => times(week, week + 7 * day, hour))

  it("is worse with traffic and clearer with wind", () => {
    const workday = hours.filter((t) => momentAt(t).kind === "weekday" && Math.abs(momentAt(t).hour - 13) < 5)
    const no2 = workday.map((t) => city.air.at(station, t).no2)
    assert.isBelow(correlation(no2, workday.map((t) => city.weather.at(t).windSpeed)), -0.4)
    const at = (h: number): number =>
      mean(
        hours.filter((t) => momentAt(t).kind === "weekday" && momentAt(t).hour === h).map((t) =>
          city.air.at(station, t).no2
        )
      )
    assert.isAbove(at(16), 2 * at(3))
  })

  it("has less ozone where there is more nitrogen dioxide", () => {
    assert.isBelow(
      correlation(
        hours.map((t) => city.air.at(station, t).no2),
        hours.map((t) => city.air.at(station, t).o3)
      ),
      -0.3
    )
  })

  it("is louder in the afternoon than at night at every meter, within what cities measure", () => {
    const meters = Array.from({ length: city.first.weather - city.first.noise }, (_, n) => n)
    for (const n of meters) {
      const [night = NaN, afternoon = NaN] = [3, 16].map((h) => city.noise.at(n, monday + day + h * hour))
      assert.isAbove(afternoon, night + 3)
      assert.isTrue(night > 30 && afternoon < 85)
    }
  })

  it("of a road follows RLS-90: 3 dB for twice the traffic, more with speed", () => {
    assert.closeTo(laneLevel(2000, 50) - laneLevel(1000, 50), 3.01, 0.01)
    // 1000 vehicles an hour, no lorries, 100 km/h would be 37.3 + 30; with 5 % lorries 2.1 dB more.
    assert.closeTo(laneLevel(1000, 100), 68.9, 0.6)
    assert.isAbove(laneLevel(1000, 80), laneLevel(1000, 50) + 2)
  })
})

describe("weather", () => {
  const year = times(Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1), 3 * hour).map((t) => city.weather.at(t))
  const ofMonth = (month: number) => mean(year.filter(({ moment }) => moment.month === month).map((w) => w.temperature))

  it("has Helsinki's seasons and rains a tenth of the time", () => {
    assert.closeTo(ofMonth(7), 18, 3)
    assert.closeTo(ofMonth(1), -5, 3.5)
    const wet = mean(year.map(({ precipitation }) => precipitation > 0.1 ? 1 : 0))
    assert.isTrue(wet > 0.06 && wet < 0.25)
    for (const { humidity, precipitation, temperature, windDirection, windSpeed } of year) {
      assert.isTrue(humidity >= 20 && humidity <= 100 && precipitation >= 0 && precipitation < 61)
      assert.isTrue(temperature > -30 && temperature < 34)
      assert.isTrue(windSpeed > 0 && windSpeed < 30 && windDirection >= 0 && windDirection < 360)
    }
  })

  it("has on about one day of four a shower that comes within a quarter of an hour, stronger in summer", () => {
    const first = Math.floor(Date.UTC(2026, 0, 1) / day)
    const shocks = Array.from({ length: 365 }, (_, n) => city.weather.shockOf(first + n)).flatMap((one) => one ?? [])
    assert.closeTo(shocks.length / 365, 0.25, 0.06)
    for (const { from, peak, to } of shocks) {
      const rain = (at: number): number => city.weather.at(at).precipitation
      assert.isTrue(to - from >= hour && to - from <= 5 * hour)
      assert.isAbove(rain((from + to) / 2), 0.2 * peak * 0.99)
    }
    const sudden = shocks.filter(({ from }) => city.weather.at(from - minute).precipitation === 0)
    const rise = mean(sudden.map(({ from }) => city.weather.at(from + 15 * minute).precipitation))
    assert.isAbove(sudden.length, 0.5 * shocks.length)
    assert.isAbove(rise, 1)
    const peakIn = (months: ReadonlyArray<number>): number =>
      mean(shocks.filter(({ from }) => months.includes(momentAt(from).month)).map(({ peak }) => peak))
    assert.isAbove(peakIn([6, 7, 8]), 2 * peakIn([12, 1, 2]))
  })
})
