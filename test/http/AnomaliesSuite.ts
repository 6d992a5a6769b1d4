/**
 * From an observation over HTTP to an anomaly: the event, the lists, the count of the district. `anomaliesSuite(() => url)` inside a
 * `describe`, on a city with the odd map.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { EventFollower } from "../scenarios/EventFollower.ts"
import { ask, assertProblem, mark, post } from "./Requests.ts"

const minute = 60_000
/** In the district `large`, and outside all. */
const inside = { location: { type: "Point", coordinates: [14.5, 50.5] } }

const until = <A>(effect: Effect.Effect<A>, wanted: (a: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(effect, { schedule: Schedule.spaced("20 millis"), times: 500, until: wanted })

/** An observation a minute up to `now`, steady as a good instrument. */
const history = (sensorId: string, now: number, more: object) =>
  Array.from({ length: 60 }, (_, i) => ({
    sensorId,
    property: "noise",
    phenomenonTime: new Date(now - (61 - i) * minute).toISOString(),
    result: 60 + i % 3,
    ...more
  }))

const result = (sensorId: string, time: number, value: number, more: object = {}) => ({
  sensorId,
  property: "noise",
  phenomenonTime: new Date(time).toISOString(),
  result: value,
  ...more
})

export const anomaliesSuite = (base: () => string): void => {
  const sent = Effect.fnUntraced(function*(observations: ReadonlyArray<object>) {
    const { body, status } = yield* post(base(), JSON.stringify(observations))
    assert.deepStrictEqual([status, body.accepted, body.rejected], [202, observations.length, []])
  })
  /** The events of type `anomaly` of a sensor, from the first one on. */
  const followed = Effect.promise(async () => {
    const follower = new EventFollower()
    await follower.follow(base())
    return (sensor: string) =>
      follower.received.filter(({ event }) => event === "anomaly").map(({ data }) => JSON.parse(data)).filter(
        (event) => event.sensor === sensor
      )
  })

  it.live("a spike is an event, an item of its sensor and of its district, and one incident more there; taken back it is none", () =>
    Effect.gen(function*() {
      const sensorId = `${mark()}/noise`
      const path = `${base()}/v1/sensors/${encodeURIComponent(sensorId)}`
      const district = `${base()}/v1/districts/large`
      const events = yield* followed
      const now = Date.now()
      const spike = result(sensorId, now, 105, inside)
      yield* sent(history(sensorId, now, inside))
      yield* until(ask(path), ({ status }) => status === 200)
      const none = yield* ask(`${path}/anomalies`)
      const before = (yield* ask(district)).body.incidents

      yield* sent([spike])
      const opened = yield* until(ask(`${path}/anomalies?state=open`), ({ body }) => body.items.length === 1)
      const there = yield* until(ask(district), ({ body }) => body.incidents > before)
      const ofDistrict = yield* ask(`${district}/anomalies?state=open&from=${spike.phenomenonTime}`)
      yield* sent([{ ...spike, result: 61, resultTime: new Date(now + 1).toISOString() }])
      const closed = yield* until(ask(`${path}/anomalies`), ({ body }) => body.items[0].closed !== null)
      const left = yield* until(ask(district), ({ body }) => body.incidents === before)
      yield* until(Effect.sync(() => events(sensorId)), ({ length }) => length === 2)

      assert.deepStrictEqual(none.body, { items: [], nextCursor: null })
      const [item] = opened.body.items
      const { expected, score, sentence, ...rest } = item
      assert.deepStrictEqual(rest, {
        id: `anomaly:${sensorId}:noise:${spike.phenomenonTime}`,
        sensor: sensorId,
        district: "large",
        property: "noise",
        opened: spike.phenomenonTime,
        closed: null,
        severity: "major",
        observed: 105,
        observedAt: spike.phenomenonTime,
        unit: "dB",
        ending: null,
        revision: 0
      })
      assert.isTrue(expected.low < 60 && expected.high > 62 && expected.high < 70 && score > 6)
      assert.match(sentence, /^Noise was 105 dB where 5\d\.\d to 6\d\.\d dB was expected\.$/)
      assert.strictEqual(there.body.incidents, before + 1)
      assert.deepStrictEqual(ofDistrict.body.items, [item])
      assert.deepInclude(closed.body.items[0], { id: item.id, ending: "corrected", revision: 1 })
      assert.strictEqual(left.body.incidents, before)
      assert.deepStrictEqual((yield* ask(`${path}/anomalies?state=open`)).body.items, [])
      const [first, second] = events(sensorId)
      assert.deepStrictEqual([first.id, first.district, first.data], [`${item.id}:r0`, "large", item])
      assert.deepStrictEqual([second.id, second.data], [`${item.id}:r1`, closed.body.items[0]])
    }))

  it.live("of a sensor outside all districts it is told too", () =>
    Effect.gen(function*() {
      const sensorId = mark()
      const events = yield* followed
      const now = Date.now()

      yield* sent([...history(sensorId, now, {}), result(sensorId, now, 105)])
      yield* until(Effect.sync(() => events(sensorId)), ({ length }) => length === 1)
      const listed = yield* until(ask(`${base()}/v1/sensors/${sensorId}/anomalies`), ({ body }) =>
        body.items.length === 1)

      const [event] = events(sensorId)
      assert.deepStrictEqual([event.district, event.subject, event.data.district], [undefined, sensorId, null])
      assert.deepStrictEqual(listed.body.items, [event.data])
    }))

  it.live("anomalies of a sensor or a district that nobody knows are a 404, and what is asked wrongly a 400 that says so", () =>
    Effect.gen(function*() {
      assertProblem(yield* ask(`${base()}/v1/sensors/never%2Fheard/anomalies`), 404, "unknown-sensor")
      assertProblem(yield* ask(`${base()}/v1/districts/nowhere/anomalies`), 404, "unknown-district")
      for (
        const [query, parameter] of [
          ["state=new", "state"],
          ["from=yesterday", "from"],
          ["from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z", "to"],
          ["cursor=abc", "cursor"],
          ["limit=1001", "limit"],
          ["at=2024-01-02T00:00:00Z", "at"]
        ]
      ) {
        const answer = yield* ask(`${base()}/v1/districts/large/anomalies?${query}`)
        assertProblem(answer, 400, "bad-parameter")
        assert.strictEqual(answer.body.parameter, parameter)
      }
    }))
}
