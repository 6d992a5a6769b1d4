/**
 * A city of several processes beside its real servers: the same content as a city of one process, and what happens when servers go away
 * and runners come and go under load.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { caughtUp } from "../../stack/CaughtUp.ts"
import { compareContents } from "../../stack/CompareContents.ts"
import { answered, ask, Load } from "../../stack/Load.ts"
import { replayedByOne, replayedBySeveral } from "../../stack/ReplayedCities.ts"
import { openStack } from "../../stack/Stack.ts"
import { temporaryFolder } from "../PostgresForTests.ts"
import { hasLosLoop, needsLosLoop, shortRecording } from "../scenarios/LosLoop.ts"

const pause = (seconds: number) => Effect.sleep(seconds * 1_000)

describe.skipIf(!hasLosLoop)(`a recording (${needsLosLoop})`, () => {
  it.live("leaves the same in a city of several processes as in a city of one, row by row", () =>
    Effect.gen(function*() {
      const below = yield* temporaryFolder
      const recording = shortRecording(join(below, "recording"), 40, 36)

      const one = yield* replayedByOne(recording, below)
      const several = yield* replayedBySeveral(recording, below, {
        runners: 2,
        natsVersion: "nats-server",
        timeZone: "America/Los_Angeles"
      })

      for (const { example, rows, what } of compareContents(one, several)) {
        assert.isUndefined(example, what)
        assert.isAbove(rows, what === "anomalies" ? 50 : 1_000, what)
      }
      assert.strictEqual(several.repeatedEvents, 0)
    }).pipe(Effect.scoped))
})

describe("a city of several processes", () => {
  it.live("goes on answering without Redis and without Postgres, acknowledges without both, refuses without NATS, and loses nothing, nor by a kill", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const stack = yield* openStack({ folder, runners: 2, natsVersion: "nats-server-current" })
      const load = new Load(() => stack.ingest.url, () => stack.api.url)
      const list = `${stack.api.url}/v1/sensors?limit=1000`
      const first = yield* Effect.promise(() => answered(list))
      yield* pause(2)

      yield* Effect.promise(() => answered(list))
      const metrics = yield* Effect.promise(() => ask(`${stack.api.url}/metrics`))

      const answeredBefore = load.waits.length
      yield* stack.redis.stop
      yield* pause(3)
      const readyWithoutRedis = yield* Effect.promise(() => ask(`${stack.api.url}/health/ready`))
      const withoutRedis = yield* Effect.promise(() => ask(list))
      const answeredWithoutRedis = load.waits.length - answeredBefore
      yield* stack.redis.start

      const known = Array.from({ length: 10 }, (_, sensor) => `${stack.api.url}/v1/sensors/s${sensor}`)
      for (const url of known) yield* Effect.promise(() => answered(url))
      yield* stack.postgres.stop
      yield* pause(10)
      const withoutPostgres = yield* Effect.forEach(known, (url) => Effect.promise(() => ask(url)))
      const refusedWithoutPostgres = load.refused.length
      const ingestReady = yield* Effect.promise(() => ask(`${stack.ingest.url}/health/ready`))
      yield* stack.postgres.start
      yield* pause(1)
      const withPostgresAgain = yield* Effect.forEach(known, (url) => Effect.promise(() => ask(url)))
      yield* caughtUp(stack.runners.map(({ url }) => url))

      yield* stack.nats.stop
      yield* pause(8)
      const notReady = yield* Effect.promise(() => ask(`${stack.ingest.url}/health/ready`))
      yield* stack.nats.start
      yield* pause(3)

      const [killed] = stack.runners
      yield* killed?.kill ?? Effect.die("no runner")
      yield* pause(2)
      yield* killed?.start ?? Effect.void
      yield* Effect.promise(() => load.stop())
      const inState = yield* caughtUp(stack.runners.map(({ url }) => url))

      assert.include(first.body, '"items"')
      assert.match(metrics.body, /shard_pages_total\{.*from="view".*\} [1-9]/)
      assert.strictEqual(withoutRedis.status, 200)
      assert.isAbove(answeredWithoutRedis, 0)
      assert.match(readyWithoutRedis.body, /"degraded","detail":"Redis at [^"]+ nothing listens: shards answer lists"/)
      for (const { body, status } of [...withoutPostgres, ...withPostgresAgain]) assert.strictEqual(status, 200, body)
      assert.strictEqual(refusedWithoutPostgres, 0)
      assert.include(ingestReady.body, '"status":"degraded"')
      assert.isAbove(load.refused.length, 0)
      for (const { retryAfter, status } of load.refused) {
        assert.deepStrictEqual([status, retryAfter !== null], [503, true])
      }
      assert.strictEqual(notReady.status, 503)
      assert.include(notReady.body, "nothing is taken in")
      // What was not acknowledged may be there too: it was sent, and its answer was lost.
      assert.isAtLeast(inState, load.acknowledged)
      assert.isAtMost(inState, load.acknowledged + 20 * load.refused.length)
    }).pipe(Effect.scoped))

  it.live("answers every question, if not at once then later, while runners are restarted one by one, join and leave", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const stack = yield* openStack({ folder, runners: 2 })
      const load = new Load(() => stack.ingest.url, () => stack.api.url)
      yield* pause(3)

      for (const runner of stack.runners) {
        yield* runner.stop
        yield* runner.start
        yield* runner.ready
      }
      const third = yield* stack.newRunner(3)
      yield* third.ready
      yield* pause(2)
      yield* third.stop
      yield* pause(2)
      yield* Effect.promise(() => load.stop())
      const inState = yield* caughtUp(stack.runners.map(({ url }) => url))

      // How many are asked twice, and how long they wait, is for `npm run handover`: here the machine may be slow.
      for (const { retryAfter, status } of load.notNow) {
        assert.deepStrictEqual([status, retryAfter !== null], [503, true])
      }
      assert.strictEqual(load.waits.length, load.asked)
      assert.deepStrictEqual(load.refused, [])
      assert.isAbove(load.asked, 100)
      assert.strictEqual(inState, load.acknowledged)
    }).pipe(Effect.scoped))
})
