/** How many requests a client may make, on a real server that counts alone. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { pagePaths } from "../../src/http/Pages.ts"
import { MemoryCounts } from "../../src/http/RequestRates.ts"
import { setBackClock } from "../SetBackClock.ts"
import { limitedServer } from "./LimitedServer.ts"
import { ask, assertProblem } from "./Requests.ts"

const sensors = "/v1/sensors"
const times = <A>(n: number, effect: Effect.Effect<A>) => Effect.forEach(Array.from({ length: n }), () => effect)

/** Everything that does not begin with `/v1`. */
const free = ["/health/live", "/metrics", ...pagePaths.map((path) => path.replace(":name", "any"))]

describe("a limit of requests", () => {
  it.live("lets so many through in ten seconds, and answers more with 429 and when to come back", () =>
    Effect.gen(function*() {
      const base = yield* limitedServer({ queries: 0.5 })

      const answers = yield* times(7, ask(`${base}${sensors}`))

      assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 200, 200, 200, 429, 429])
      const refused = answers[6]
      if (refused === undefined) return assert.fail("there are seven")
      assertProblem(refused, 429, "rate-limited")
      const seconds = Number(refused.headers.get("retry-after"))
      assert.isAtLeast(seconds, 1)
      assert.isAtMost(seconds, 10)
      assert.match(refused.body.detail, /0.5 requests a second that ask, over 10 seconds/)
      assert.isString(refused.headers.get("x-request-id"))
    }).pipe(Effect.scoped))

  it.live("is over after ten seconds, also where the clock of the machine is set back meanwhile", () =>
    Effect.gen(function*() {
      const { clock, setBack } = yield* setBackClock
      yield* Effect.gen(function*() {
        const base = yield* limitedServer({ queries: 0.1 })
        const before = yield* times(2, ask(`${base}${sensors}`))

        setBack(10_500)

        const after = yield* ask(`${base}${sensors}`)
        assert.deepStrictEqual([...before, after].map(({ status }) => status), [200, 429, 200])
      }).pipe(Effect.provideService(Clock.Clock, clock))
    }).pipe(Effect.scoped))

  it.live("of those that ask is not one of those that send", () =>
    Effect.gen(function*() {
      const base = yield* limitedServer({ queries: 0.1, observations: 0.2 })
      const send = ask(`${base}/v1/observations`, { method: "POST", body: "{}" })

      const asked = yield* times(3, ask(`${base}${sensors}`))
      const sent = yield* times(3, send)

      assert.deepStrictEqual(asked.map(({ status }) => status), [200, 429, 429])
      assert.deepStrictEqual(sent.map(({ status }) => status), [200, 200, 429])
    }).pipe(Effect.scoped))

  it.live("is not for health, metrics and pages, and counts a path that is spelled otherwise", () =>
    Effect.gen(function*() {
      const base = yield* limitedServer({ queries: 0.1 })
      yield* times(2, ask(`${base}/nothing`))

      const answers = yield* Effect.forEach(free, (path) => times(3, ask(`${base}${path}`)))
      const spelled = yield* Effect.forEach(
        [sensors, "/v1/%73ensors", "/v1/sensors?a=/health/live", "/%76%31/sensors", "/metricsx", "//v1/sensors"],
        (path) => ask(`${base}${path}`)
      )

      assert.notInclude(answers.flat().map(({ status }) => status), 429)
      assert.deepStrictEqual(spelled.map(({ status }) => status), Array(6).fill(429))
    }).pipe(Effect.scoped))

  it.live("that is none counts nobody", () =>
    Effect.gen(function*() {
      const base = yield* limitedServer({})

      const answers = yield* times(50, ask(`${base}${sensors}`))

      assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [200])
    }).pipe(Effect.scoped))
})

describe("counts in memory", () => {
  it("begin anew with each window, and are each client's own", () => {
    const counts = new MemoryCounts()

    const seen = [0, 1, 9_999, 10_000, 10_001].map((now) => counts.count("a", now))

    assert.deepStrictEqual(seen, [
      { count: 1, remainingMillis: 10_000 },
      { count: 2, remainingMillis: 9_999 },
      { count: 3, remainingMillis: 1 },
      { count: 1, remainingMillis: 10_000 },
      { count: 2, remainingMillis: 9_999 }
    ])
    assert.strictEqual(counts.count("b", 10_001).count, 1)
  })

  it("hold a bounded number of clients: those whose window is over go first, then all", () => {
    const counts = new MemoryCounts()
    for (let i = 0; i < 49_999; i++) counts.count(`old ${i}`, 0)
    counts.count("new", 9_000)

    counts.count("one more", 10_000)
    const kept = counts.count("new", 10_001).count
    for (let i = 0; i < 49_999; i++) counts.count(`flood ${i}`, 10_002)

    assert.strictEqual(kept, 2)
    assert.strictEqual(counts.count("new", 10_003).count, 1)
  })
})
