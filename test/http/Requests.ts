/** Requests of the tests: over real HTTP, answers read whole. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

/** One request, its answer read whole. */
export const ask = (url: string, init: RequestInit = {}): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.includes("json") === true
    return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text }
  })

export const post = (
  base: string,
  body: NonNullable<RequestInit["body"]>,
  type = "application/json",
  headers: Record<string, string> = {}
) => ask(`${base}/v1/observations`, { method: "POST", body, headers: { "content-type": type, ...headers } })

export const ndjson = "application/x-ndjson"

/** A good observation, of a sensor of the test's own. */
export const good = (sensorId: string, more: Record<string, unknown> = {}) => ({
  sensorId,
  property: "vehicle_speed",
  phenomenonTime: new Date(Date.now() - 60_000).toISOString(),
  result: 50,
  ...more
})

let marks = 0
/** A sensor id that no other request has used. */
export const mark = (): string => `bad-input-${process.pid}-${Date.now().toString(36)}-${++marks}`

export const assertProblem = (answer: Answer, status: number, type: string): void => {
  assert.strictEqual(answer.status, status, JSON.stringify(answer.body))
  assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
  assert.strictEqual(answer.body.type, `/problems/${type}`)
  assert.strictEqual(answer.body.status, status)
  assert.isAbove(answer.body.detail.length, 10)
  assert.isAbove(answer.body.title.length, 5)
}
