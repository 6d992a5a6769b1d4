import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Scope } from "effect"
import { badInputSuite } from "./BadInput.ts"
import { ingestServer } from "./IngestServer.ts"
import { ask, assertProblem, good, mark, ndjson, post } from "./Requests.ts"

describe("bad input", () => {
  const scope = Effect.runSync(Scope.make())
  let base = ""
  beforeAll(async () => {
    base = await Effect.runPromise(Scope.provide(ingestServer(), scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  badInputSuite(() => base)
})

describe("pressure", () => {
  it.live("a door that holds as much as it may is a 429 with Retry-After", () =>
    Effect.gen(function*() {
      const base = yield* ingestServer({}, {}, { unacknowledgedMax: 1, linger: Duration.seconds(1) })
      const line = () => `${JSON.stringify(good(mark()))}\n`

      const answers = yield* Effect.all([post(base, line(), ndjson), post(base, line(), ndjson)], { concurrency: 2 })

      const busy = answers.find(({ status }) => status !== 202)
      assert.isDefined(busy)
      if (busy !== undefined) assertProblem(busy, 429, "busy")
      assert.match(busy?.headers.get("retry-after") ?? "", /^[1-9]\d*$/)
    }).pipe(Effect.scoped))

  it.live("a full log is a 503 with Retry-After, and what it accepted before stays accepted", () =>
    Effect.gen(function*() {
      const tiny = {
        recordBytesMax: 16 * 1024,
        groupBytesMax: 32 * 1024,
        segmentBytes: 64 * 1024,
        limitBytes: 256 * 1024,
        minRetainedBytes: 0,
        consumers: ["nobody"]
      }
      const base = yield* ingestServer({}, tiny)
      const body = Array.from({ length: 2_000 }, () => JSON.stringify(good(mark()))).join("\n")

      const first = yield* post(base, body, ndjson)
      const full = yield* Effect.repeat(post(base, body, ndjson), { times: 20, until: ({ status }) => status !== 202 })

      assert.strictEqual(first.status, 202)
      assertProblem(full, 503, "log-full")
      assert.match(full.headers.get("retry-after") ?? "", /^[1-9]\d*$/)
    }).pipe(Effect.scoped))

  it.live("bodies beyond the memory for them are a 429; the next one after them is taken", () =>
    Effect.gen(function*() {
      const base = yield* ingestServer({ bodiesBytesMax: 1024 })
      const slow = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode("{"))
          setTimeout(() => controller.close(), 400)
        }
      })
      const init = { method: "POST", body: slow, duplex: "half", headers: { "content-type": ndjson } }
      const url = `${base}/v1/observations`

      const [first, second] = yield* Effect.all([
        ask(url, init as RequestInit),
        Effect.delay(post(base, JSON.stringify(good(mark()))), "150 millis")
      ], { concurrency: 2 })
      const third = yield* post(base, JSON.stringify(good(mark())))

      assertProblem(first, 422, "nothing-accepted")
      assertProblem(second, 429, "busy")
      assert.strictEqual(third.status, 202)
    }).pipe(Effect.scoped))

  it.live("a large body that comes too slowly is a 408", () =>
    Effect.gen(function*() {
      const base = yield* ingestServer({ bodyTimeout: Duration.millis(200) })
      const stuck = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) })
      const init = { method: "POST", body: stuck, duplex: "half", headers: { "content-type": ndjson } }

      assertProblem(yield* ask(`${base}/v1/observations`, init as RequestInit), 408, "too-slow")
    }).pipe(Effect.scoped))

  it.live("a limit can be set", () =>
    Effect.gen(function*() {
      const base = yield* ingestServer({ bodyBytesMax: 300, itemsMax: 2 })

      const two = yield* post(base, "1\n2\n", ndjson)
      const three = yield* post(base, "1\n2\n3\n", ndjson)
      const large = yield* post(base, " ".repeat(301), ndjson)

      assertProblem(two, 422, "nothing-accepted")
      assertProblem(three, 413, "too-many-items")
      assertProblem(large, 413, "body-too-large")
    }).pipe(Effect.scoped))
})
