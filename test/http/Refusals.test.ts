import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatastreamUnknown, SensorUnknown, ShardNotReady } from "../../src/actors/SensorProtocol.ts"
import { requireScope } from "../../src/http/Authorization.ts"
import { problemTypes } from "../../src/http/Problems.ts"
import { BadParameter, Forbidden, type Refusal, refusal } from "../../src/http/Refusals.ts"
import { makeRequestIds } from "../../src/http/RequestIds.ts"
import { DoorBusy } from "../../src/ingest/Door.ts"
import { BadCursor, RejectedLogUnavailable } from "../../src/ports/RejectedLog.ts"
import { LogFull, LogUnavailable } from "../../src/ports/ShardedLog.ts"
import { StoreUnavailable } from "../../src/ports/ShardStore.ts"
import { CurrentPrincipal, localPrincipal, Principal } from "../../src/schemas/Principal.ts"

const secret = new Error("password=hunter2 at 10.0.0.7")

const answers: ReadonlyArray<readonly [Refusal, number, string, retryAfter: string | undefined]> = [
  [new BadParameter({ parameter: "limit", detail: "limit is wrong" }), 400, "bad-parameter", undefined],
  [new BadCursor({ cursor: "x" }), 400, "bad-parameter", undefined],
  [new Forbidden({ scope: "operate" }), 403, "forbidden", undefined],
  [new SensorUnknown({ sensorId: "a" }), 404, "unknown-sensor", undefined],
  [new DatastreamUnknown({ sensorId: "a", property: "noise" }), 404, "unknown-datastream", undefined],
  [new DoorBusy({ retryAfterMillis: 1_500 }), 429, "busy", "2"],
  [new DoorBusy({ retryAfterMillis: 0 }), 429, "busy", "1"],
  [new LogFull({ bytes: 2, limitBytes: 1, retryAfterMillis: 30_000 }), 503, "log-full", "30"],
  [new LogUnavailable({ operation: "append", detail: "disk full", cause: secret }), 503, "unavailable", "5"],
  [new RejectedLogUnavailable({ detail: "disk full", cause: secret }), 503, "unavailable", "5"],
  [new StoreUnavailable({ operation: "windows", cause: secret }), 503, "unavailable", "5"],
  [new ShardNotReady({ shard: 7, detail: "is being loaded" }), 503, "unavailable", "1"]
]

describe("refusals", () => {
  for (const [error, status, type, retryAfter] of answers) {
    it(`${error._tag} is a ${status}${retryAfter === undefined ? "" : ` with Retry-After ${retryAfter}`}`, () => {
      const response = refusal(error)

      const body = response.body._tag === "Uint8Array" ? new TextDecoder().decode(response.body.body) : ""
      const shown = JSON.parse(body)
      assert.strictEqual(response.status, status)
      assert.strictEqual(response.headers["content-type"], "application/problem+json")
      assert.strictEqual(response.headers["retry-after"], retryAfter)
      assert.strictEqual(shown.type, `/problems/${type}`)
      assert.isAbove(shown.detail.length, 10)
      assert.notInclude(body, "hunter2")
    })
  }

  it("every kind of problem has a client or server error status, a title and what to do", () => {
    for (const [name, { explanation, status, title }] of Object.entries(problemTypes)) {
      assert.isTrue(status >= 400 && status < 600, name)
      assert.isAbove(title.length, 5, name)
      assert.isAbove(explanation.length, 15, name)
    }
  })
})

describe("scopes", () => {
  it.effect("a principal is held to its scopes; the local one may do everything", () =>
    Effect.gen(function*() {
      const reader = new Principal({ id: "r", kind: "person", scopes: ["sensors:read"] })
      const as = (principal: Principal) => Effect.provideService(requireScope("operate"), CurrentPrincipal, principal)

      const error = yield* Effect.flip(as(reader))

      assert.strictEqual(error.scope, "operate")
      yield* as(localPrincipal)
    }))
})

describe("ids of requests", () => {
  it("are the caller's where sane, else new ones; two servers give different ones", () => {
    const requestId = makeRequestIds()

    assert.strictEqual(requestId("trace-1:a/b"), "trace-1:a/b")
    const made = ["", "a b", "a\nb", "x".repeat(129), '"', undefined].map(requestId)
    assert.strictEqual(new Set(made).size, made.length)
    for (const id of made) assert.match(id, /^[\w-]{6,64}$/)
    assert.notStrictEqual(makeRequestIds()(undefined), makeRequestIds()(undefined))
  })
})
