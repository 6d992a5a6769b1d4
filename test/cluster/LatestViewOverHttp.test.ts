/**
 * Lists over real HTTP from an API without shards: with Redis, without, and when it goes away, comes back, hangs or forgets. Every answer
 * is the one that the doors of the shards give.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeLatest } from "../../src/actors/LatestViewWriter.ts"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import { Door } from "../../src/ingest/Door.ts"
import { openView, readyView, until } from "../adapters/redis/RedisView.ts"
import { type Answer, ask } from "../http/Requests.ts"
import { startRedis } from "../RedisForTests.ts"
import { applied, newData, settingsOf } from "../scenarios/CityInProcess.ts"
import { apiElsewhere } from "./ApiElsewhere.ts"

const sensors = 400

/** A city that has heard of some sensors, here and there, and of nobody since. */
const cityOfSensors = Effect.gen(function*() {
  const city = yield* openCity(settingsOf(yield* newData), "Europe/Helsinki")
  yield* Effect.gen(function*() {
    const door = yield* Door
    const now = Date.now()
    const items = Array.from({ length: sensors }, (_, i) => ({
      sensorId: `HSL/${i} "ä"`,
      property: i % 3 === 0 ? "noise" : "vehicle_speed",
      phenomenonTime: new Date(now - 10 * i).toISOString(),
      result: 40 + i / 10,
      ...(i % 2 === 0 ? { location: { type: "Point", coordinates: [24.9 + i / 2_000, 60.1 + i / 5_000] } } : {})
    }))
    yield* door.offer("test", items.map((value) => ({ value, raw: () => new Uint8Array() })))
    yield* applied
  }).pipe(Effect.provide(city.context))
  return city
})

const lists = [
  "limit=37",
  "limit=1000",
  "limit=50&property=noise",
  "limit=50&bbox=24.95,60.1,25.05,60.2",
  "limit=1000&health=ok&property=vehicle_speed&bbox=24.9,60.1,25.1,60.15",
  "limit=10&health=stuck"
]

/** All pages of a list, as they were sent. */
const pages = Effect.fnUntraced(function*(base: string, query: string, between: Effect.Effect<void> = Effect.void) {
  const bodies: Array<any> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const { body, status }: Answer = yield* ask(
      `${base}/v1/sensors?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`
    )
    assert.strictEqual(status, 200, JSON.stringify(body))
    bodies.push(body)
    cursor = body.nextCursor
    if (bodies.length === 3) yield* between
  }
  return bodies
})

const ready = (base: string) =>
  Effect.map(
    ask(`${base}/health/ready`),
    ({ body, status }) => ({ status, says: body.status, detail: body.parts[0].detail })
  )

describe("lists of an API without shards", () => {
  it.live("are those of the doors, whatever becomes of Redis", () =>
    Effect.gen(function*() {
      const redis = yield* startRedis()
      const city = yield* cityOfSensors
      const written = yield* openView(redis.url)
      yield* Effect.forkScoped(writeLatest(written).pipe(Effect.provide(city.context)))
      const view = yield* readyView(redis.url)
      while ((yield* Effect.forEach([1, 30, 61], (shard) => view.read(shard, 0, 1))).includes(undefined)) {
        yield* Effect.sleep("50 millis")
      }
      const doors = yield* apiElsewhere(city, undefined)
      const viewed = yield* apiElsewhere(city, view)
      const expected = new Map<string, ReadonlyArray<unknown>>()
      for (const query of lists) expected.set(query, yield* pages(doors, query))
      const assertSame = (when: string, between?: Effect.Effect<void>) =>
        Effect.forEach(lists, (query) =>
          Effect.map(
            pages(viewed, query, between),
            (found) => assert.deepStrictEqual(found, expected.get(query), `${query}, ${when}`)
          ))
      /** A name that only Redis knows. */
      const renamed = Effect.gen(function*() {
        const facts = JSON.parse(String(yield* redis.send("HGET", "vicinity:city:latest1:30", "f0")))
        facts.name[0] = "as Redis has it"
        yield* redis.send("HSET", "vicinity:city:latest1:30", "f0", JSON.stringify(facts))
        return JSON.stringify(yield* pages(viewed, "limit=1000"))
      })

      yield* assertSame("with Redis")
      const shown = yield* renamed
      yield* redis.send("FLUSHALL")
      const healthy = yield* ready(viewed)
      yield* assertSame("while it forgets", Effect.asVoid(redis.send("FLUSHALL")))
      yield* redis.freeze
      yield* assertSame("while it hangs")
      const hanging = yield* ready(viewed)
      yield* redis.thaw
      yield* until(view, "up")
      yield* assertSame("when it goes on")
      yield* assertSame("while it is killed", redis.kill)
      const killed = yield* ready(viewed)
      yield* redis.start
      yield* until(view, "up")
      yield* assertSame("when it is back, empty")

      assert.strictEqual(expected.get("limit=1000")?.length, 1)
      assert.include(shown, "as Redis has it")
      assert.deepInclude(healthy, { status: 200, says: "ready" })
      for (const { detail, says, status } of [hanging, killed]) {
        assert.strictEqual(status, 200)
        assert.strictEqual(says, "degraded")
        assert.match(detail, /^Redis at 127\.0\.0\.1:\d+ .+: shards answer lists$/)
      }
      const { body: metrics } = yield* ask(`${viewed}/metrics`)
      for (const from of ["view", "door"]) {
        assert.match(metrics, new RegExp(`vicinity_actors_shard_pages_total\\{.*from="${from}".*\\} [1-9]`))
      }
    }).pipe(Effect.scoped))
})
