/** What the simulated city sends: one city per seed, every observation once, acceptable but for what is broken on purpose. */
import { assert, describe, it } from "@effect/vitest"
import { ObservationCheck } from "../../../src/ingest/ObservationCheck.ts"
import { momentAt } from "../../../src/ingest/simulation/CityCalendar.ts"
import { CityObservations, lateMillisMax } from "../../../src/ingest/simulation/CityObservations.ts"
import { districtShapes } from "../../../src/ingest/simulation/DistrictShapes.ts"
import { serviceDayOf, startOf } from "../../../src/ingest/simulation/PublicTransport.ts"
import { faultKinds } from "../../../src/ingest/simulation/SensorFaults.ts"
import { makeCity, truthBetween } from "../../../src/ingest/simulation/SimulatedCity.ts"
import { shardOf } from "../../../src/schemas/Shards.ts"
import { asText, day, fingerprint, hour, minute, monday, observationsOf } from "./CityOfSeed.ts"

const seeds = [1, 2, 7, 4_294_967_297]

describe("a simulated city", () => {
  it("has 12 to 20 districts and at least 500 sensors of every kind, each with an id of its own, on all shards", () => {
    const { features } = districtShapes()
    assert.isAtLeast(features.length, 12)
    assert.isAtMost(features.length, 20)
    for (const seed of seeds) {
      const { sensors } = makeCity(seed)
      assert.isAtLeast(sensors.length, 500)
      assert.lengthOf(new Set(sensors.map(({ id }) => id)), sensors.length)
      assert.strictEqual(new Set(sensors.map(({ id }) => shardOf(id))).size, 61)
      assert.deepStrictEqual(
        [...new Set(sensors.map(({ kind }) => kind))],
        ["detector", "air", "noise", "weather", "tram", "bus", "stop"]
      )
      assert.sameMembers([...new Set(sensors.flatMap(({ fault }) => fault ?? []))], [...faultKinds])
      assert.isAtLeast(sensors.filter(({ isLate }) => isLate).length, 10)
    }
  })

  it("sends 20 to 40 observations a second by day", () => {
    const sent = observationsOf(1, monday + 7 * hour, monday + 20 * hour)
    assert.closeTo(sent.length / (13 * 3600), 30, 10)
  })

  it("is one city for a seed, bit for bit, whatever the steps and whatever was asked before", () => {
    const [from, to] = [monday + 7 * hour, monday + 8 * hour]
    const inTenMinutes = observationsOf(5, from, to).map(asText).sort()
    assert.deepStrictEqual(observationsOf(5, from, to, 10_000).map(asText).sort(), inTenMinutes)
    assert.deepStrictEqual(observationsOf(5, from, to, 37_000).map(asText).sort(), inTenMinutes)
    const generator = new CityObservations(makeCity(5))
    generator.arriving(to + 40 * day, to + 40 * day + hour)
    generator.arriving(from - 3 * day, from - 2 * day)
    const later = generator.arriving(from, to).observations.map(asText).sort()
    assert.deepStrictEqual(later, inTenMinutes)
    assert.lengthOf(new Set(inTenMinutes), inTenMinutes.length)
  })

  it("is another city for another seed: incidents, faults, noise", () => {
    const found = seeds.map((seed) => {
      const truth = truthBetween(makeCity(seed), monday, monday + 7 * day)
      return [
        fingerprint(observationsOf(seed, monday, monday + hour).map(asText)),
        JSON.stringify(truth.incidents),
        JSON.stringify(truth.faults)
      ]
    })
    for (const i of [0, 1, 2]) assert.lengthOf(new Set(found.map((parts) => parts[i])), seeds.length)
  })

  it("sends each sensor's observations in the order of time, at its interval, vehicles with their place", () => {
    const last = new Map<string, number>()
    const intervals = new Map(makeCity(3).sensors.map(({ id, intervalMillis }) => [id, intervalMillis]))
    for (const { location, phenomenonTime, property, sensorId } of observationsOf(3, monday, monday + 2 * hour)) {
      const key = `${sensorId} ${property.name}`
      const since = phenomenonTime - (last.get(key) ?? -Infinity)
      assert.isAtLeast(since, intervals.get(sensorId) ?? Infinity)
      last.set(key, phenomenonTime)
      assert.strictEqual(location !== undefined, /^(tram|bus)-/.test(sensorId))
    }
  })

  it("sends nothing the door would refuse, but what a sensor with a wrong unit sends", () => {
    const check = new ObservationCheck()
    const city = makeCity(1)
    const generator = new CityObservations(city)
    const wrong = new Set(city.sensors.filter(({ fault }) => fault === "wrong-unit").map(({ id }) => id))
    let refusedCount = 0
    for (let t = monday; t < monday + 4 * day; t += 10 * minute) {
      const { observations, refused } = generator.arriving(t, t + 10 * minute)
      for (
        const { location, phenomenonTime, property, result, sensorId } of (t - monday) % (4 * hour) === 0
          ? observations
          : []
      ) {
        const item = {
          sensorId,
          property: property.name,
          phenomenonTime: new Date(phenomenonTime).toISOString(),
          result,
          ...(location === undefined ? {} : { location: { type: "Point", coordinates: location } })
        }
        const refusal = check.check(item, t + 10 * minute)
        if (refusal !== undefined) assert.fail(refusal.detail)
      }
      for (const { refusal, sensorId } of refused) {
        refusedCount++
        assert.isTrue(wrong.has(sensorId))
        assert.strictEqual(refusal.reason, "implausible")
      }
    }
    assert.isAbove(refusedCount, 0)
  })
})

/** What each kind of sensor is there for. */
const properties = {
  detector: ["vehicle_flow", "vehicle_speed"],
  air: ["pm2_5", "pm10", "no2", "o3"],
  noise: ["noise"],
  weather: ["temperature", "relative_humidity", "wind_speed", "wind_direction", "precipitation"],
  tram: ["vehicle_speed", "schedule_delay", "passenger_count"],
  bus: ["vehicle_speed", "schedule_delay", "passenger_count"],
  stop: ["headway"]
}

describe("every sensor of the simulated city", () => {
  it("reports within a day each of the properties it is there for, and no other", () => {
    const { sensors } = makeCity(1)
    const found = new Map<string, Set<string>>()
    for (const { property, sensorId } of observationsOf(1, monday, monday + day)) {
      found.set(sensorId, (found.get(sensorId) ?? new Set()).add(property.name))
    }
    for (const { fault, id, kind, properties: declared } of sensors) {
      assert.deepStrictEqual(declared.map(({ name }) => name), properties[kind])
      const reported = [...found.get(id) ?? []]
      // One that fails may be silent, or refused for what it sends.
      if (fault === undefined) assert.sameMembers(reported, properties[kind], id)
      else for (const name of reported) assert.include(properties[kind], name)
    }
  })
})

describe("sensors that fail", () => {
  const city = makeCity(1)
  const episodes = truthBetween(city, monday, monday + 8 * day).faults
  const during = (kind: string) => episodes.filter((episode) => episode.kind === kind)
  const seriesOf = (sensorId: string, name: string, from: number, to: number): ReadonlyArray<number> =>
    new CityObservations(city).arriving(from, to).observations
      .filter((one) => one.sensorId === sensorId && one.property.name === name)
      .map(({ result }) => result)
  const detectorEpisode = (kind: string) => {
    const found = during(kind).find(({ sensorId }) => /-(in|out|e|w)$/.test(sensorId))
    if (found === undefined) throw new Error(`no detector is ${kind}`)
    return found
  }

  it("send one value while stuck, and others before and after", () => {
    const { from, sensorId, to } = detectorEpisode("stuck")
    assert.lengthOf(new Set(seriesOf(sensorId, "vehicle_flow", from, to)), 1)
    assert.isAbove(new Set(seriesOf(sensorId, "vehicle_flow", to, to + 12 * hour)).size, 5)
  })

  it("send nothing while silent", () => {
    const { from, sensorId, to } = detectorEpisode("silent")
    assert.lengthOf(seriesOf(sensorId, "vehicle_flow", from, to), 0)
    assert.isAbove(seriesOf(sensorId, "vehicle_flow", to, to + hour).length, 25)
  })

  it("send metres per second as km/h with the wrong unit", () => {
    const { from, sensorId, to } = detectorEpisode("wrong-unit")
    const n = city.sensors.findIndex(({ id }) => id === sensorId)
    const sent = seriesOf(sensorId, "vehicle_speed", from, to)
    const free = city.traffic.at(n, from + 4 * minute).speed
    assert.isAbove(sent.length, 10)
    assert.isBelow(Math.max(...sent), free / 2)
  })

  it("at stops say one headway, none, minutes as seconds, or more and more, at the departures that there are", () => {
    for (const kind of faultKinds) {
      // The shortest one by day: what happens in it is to be generated.
      const [shortest] = during(kind)
        .filter(({ from, sensorId }) =>
          sensorId.startsWith("stop-") && momentAt(from).hour > 6 && momentAt(from).hour < 20
        )
        .sort((a, b) => a.to - a.from - (b.to - b.from))
      const { from, sensorId, to } = shortest ?? assert.fail(kind)
      const stop = city.sensors.findIndex(({ id }) => id === sensorId) - city.first.stop
      const real: Array<readonly [time: number, seconds: number]> = []
      city.headways.between(stop, from, to, (time, seconds) => real.push([time, seconds]))
      const sent = seriesOf(sensorId, "headway", from, to)
      assert.isAbove(real.length, 5)
      assert.lengthOf(sent, kind === "silent" ? 0 : real.length)
      sent.forEach((one, i) => {
        const [time, seconds] = real[i] ?? assert.fail()
        const hours = (time - from) / hour
        if (kind === "stuck") assert.strictEqual(one, city.headways.before(stop, from))
        else if (kind === "wrong-unit") assert.closeTo(one * 60, seconds, 0.05)
        else assert.closeTo(one, seconds * (1 + 0.05 * hours) + 0.1 * hours, 0.06)
      })
    }
  })

  it("as vehicles are silent, and yet their stops have them depart", () => {
    const silent = city.sensors.findIndex(({ fault, kind }) =>
      fault === "silent" && (kind === "tram" || kind === "bus")
    )
    const { id } = city.sensors[silent] ?? assert.fail()
    const stop = city.sensors.findIndex((one) => one.id === `stop-${id.replace(/-\d+$/, "")}-out-01`) - city.first.stop
    const episode = episodes.find(({ from, sensorId }) => sensorId === id && new Date(from).getUTCHours() < 14) ??
      assert.fail()
    const number = silent - city.first.vehicle
    const departures = city.transport.trips(number, serviceDayOf(episode.from + 2 * hour))
      .flatMap((trip, i) =>
        i % 2 === 0 && startOf(trip) > episode.from && startOf(trip) < episode.to ? [startOf(trip)] : []
      )
    const left: Array<number> = []
    city.headways.between(stop, episode.from, episode.to, (time) => left.push(time))
    assert.isAbove(departures.length, 0)
    assert.includeMembers(left, departures)
    assert.lengthOf(seriesOf(id, "schedule_delay", episode.from, episode.to), 0)
  })

  it("go off hour by hour while drifting", () => {
    const { from, sensorId, to } = detectorEpisode("drifting")
    const n = city.sensors.findIndex(({ id }) => id === sensorId)
    const off = (at: number): number => {
      const sent = seriesOf(sensorId, "vehicle_speed", at, at + 30 * minute)
      const real = Array.from({ length: 30 }, (_, i) => city.traffic.at(n, at + i * minute).speed)
      return sent.reduce((sum, v) => sum + v, 0) / sent.length / (real.reduce((sum, v) => sum + v, 0) / 30)
    }
    const hours = (to - from) / hour
    assert.closeTo(off(to - 30 * minute), Math.max(0.1, 1 - 0.025 * hours), 0.08)
  })

  it("come late by minutes, many at once, yet within the lateness of five minutes", () => {
    const generator = new CityObservations(city)
    const late = new Set(city.sensors.filter(({ isLate }) => isLate).map(({ id }) => id))
    const ages: Array<number> = []
    let steps = 0
    for (let t = monday; t < monday + 2 * hour; t += minute) {
      const arrived = generator.arriving(t, t + minute).observations.filter(({ sensorId }) => late.has(sensorId))
      if (arrived.length > 0) steps++
      for (const { phenomenonTime } of arrived) ages.push(t + minute - phenomenonTime)
    }
    assert.strictEqual(steps, 60)
    assert.isAtLeast(Math.min(...ages), 90_000)
    assert.isAtMost(Math.max(...ages), lateMillisMax + minute)
    assert.isBelow(lateMillisMax + minute, 5 * minute)
  })
})
