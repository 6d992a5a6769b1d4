/**
 * Validators, compression, HEAD, OPTIONS and headers of every answer of the simulated Helsinki: `cachingSuite(() => url)` inside a
 * `describe`.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:http"
import { gunzipSync } from "node:zlib"
import { ask } from "./Requests.ts"

/** Answers that change seldom. */
const kept = [
  "/",
  "/docs",
  "/openapi.json",
  "/asyncapi.json",
  "/problems",
  "/problems/bad-parameter",
  "/v1/properties",
  "/v1/districts",
  "/v1/districts?outline=true",
  "/v1/districts/kallio?outline=true"
]

/** Answers that are live. */
const live = [
  "/v1/sensors?limit=20",
  "/v1/sensors/noise-kallio-1",
  "/v1/sensors/noise-kallio-1/windows?limit=20",
  "/v1/sensors/noise-kallio-1/baseline",
  "/v1/sensors/noise-kallio-1/late",
  "/v1/sensors/noise-kallio-1/anomalies",
  "/v1/districts/kallio/windows?property=noise",
  "/v1/districts/kallio/quality",
  "/v1/districts/kallio/snapshots",
  "/v1/districts/kallio/anomalies",
  "/v1/rejected",
  "/v1/rejected/counts",
  "/health/live",
  "/health/ready",
  "/health/diagnostics",
  "/metrics"
]

const refused = ["/nothing", "/v1/sensors/nobody", "/v1/districts?limit=0"]

interface Raw {
  readonly status: number
  readonly headers: Record<string, string | ReadonlyArray<string> | undefined>
  readonly body: Buffer
}

/** The bytes as they came: `fetch` would unpack them. */
const raw = (url: string, headers: Record<string, string> = {}, method = "GET"): Effect.Effect<Raw> =>
  Effect.callback((resume) => {
    const sent = request(url, { method, headers }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks)
        })))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end()
  })

/** The head of the stream of events, which never ends. */
const streamHead = (url: string, headers: Record<string, string>) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    await response.body?.cancel()
    return response
  })

const validators = (base: () => string): void => {
  it.live("an answer that changes seldom has a validator, and who has it gets 304 without a body", () =>
    Effect.gen(function*() {
      for (const path of kept) {
        const url = `${base()}${path}`
        const first = yield* raw(url, { "accept-encoding": "identity" })
        const tag = String(first.headers["etag"])
        assert.strictEqual(first.status, 200, path)
        assert.match(tag, /^W\/"[\w-]{22}"$/, path)
        assert.strictEqual(first.headers["cache-control"], "no-cache")
        assert.match(String(first.headers["vary"]), /accept-encoding/i)

        for (const method of ["GET", "HEAD"]) {
          for (const given of [tag, tag.slice(2), `"other", ${tag}`, "*"]) {
            const again = yield* raw(
              url,
              { "if-none-match": given, "accept-encoding": "gzip", "x-request-id": "a-1" },
              method
            )
            assert.strictEqual(again.status, 304, `${method} ${path} ${given}`)
            assert.strictEqual(again.body.length, 0)
            assert.strictEqual(again.headers["etag"], tag)
            assert.strictEqual(again.headers["cache-control"], "no-cache")
            assert.match(String(again.headers["vary"]), /accept-encoding/i)
            assert.isUndefined(again.headers["content-encoding"])
            assert.isUndefined(again.headers["content-type"])
            assert.strictEqual(again.headers["x-request-id"], "a-1")
          }
        }
        assert.strictEqual((yield* raw(url, { "if-none-match": 'W/"other", "another"' })).status, 200)
      }
    }))

  it.live("the validator is the same with gzip and without, and another for another answer", () =>
    Effect.gen(function*() {
      const tags = new Set<string>()
      for (const path of kept) {
        const plain = yield* raw(`${base()}${path}`, { "accept-encoding": "identity" })
        const packed = yield* raw(`${base()}${path}`, { "accept-encoding": "gzip" })
        assert.strictEqual(packed.headers["etag"], plain.headers["etag"])
        tags.add(String(plain.headers["etag"]))
      }
      assert.strictEqual(tags.size, kept.length)
    }))

  it.live("live answers and refusals are not to be stored and have no validator", () =>
    Effect.gen(function*() {
      for (const path of [...live, ...refused]) {
        const answer = yield* raw(`${base()}${path}`, { "if-none-match": "*" })
        assert.notStrictEqual(answer.status, 304, path)
        assert.strictEqual(answer.headers["cache-control"], "no-store", path)
        assert.isUndefined(answer.headers["etag"], path)
      }
    }))
}

const encodings = (base: () => string): void => {
  it.live("every long answer travels as gzip to those who take it, and is the same unpacked", () =>
    Effect.gen(function*() {
      let packedAnswers = 0
      for (const path of [...kept, ...live]) {
        const url = `${base()}${path}`
        const plain = yield* raw(url)
        const packed = yield* raw(url, { "accept-encoding": "br, gzip;q=0.5" })
        const isLong = plain.body.length >= 1_024
        assert.strictEqual(plain.status, 200, path)
        assert.isUndefined(plain.headers["content-encoding"])
        assert.strictEqual(packed.headers["content-encoding"], isLong ? "gzip" : undefined, path)
        if (!isLong) continue
        packedAnswers++
        assert.match(String(packed.headers["vary"]), /accept-encoding/i)
        assert.isBelow(packed.body.length, plain.body.length)
        const text = gunzipSync(packed.body).toString()
        if (kept.includes(path)) assert.strictEqual(text, plain.body.toString(), path)
        else if (path !== "/metrics") {
          assert.deepStrictEqual(Object.keys(JSON.parse(text)), Object.keys(JSON.parse(plain.body.toString())))
        }
      }
      assert.isAbove(packedAnswers, 12)
    }))

  it.live("who refuses gzip gets none", () =>
    Effect.gen(function*() {
      for (const given of ["gzip;q=0", "gzip; q=0.0, br", "identity", "br", ""]) {
        const answer = yield* raw(`${base()}/openapi.json`, { "accept-encoding": given })
        assert.isUndefined(answer.headers["content-encoding"], given)
        assert.strictEqual(JSON.parse(answer.body.toString()).openapi.slice(0, 4), "3.1.")
      }
    }))

  it.live("HEAD answers as GET does, without the body", () =>
    Effect.gen(function*() {
      for (const path of [...kept, ...live, ...refused]) {
        for (const encoding of ["identity", "gzip"]) {
          const get = yield* raw(`${base()}${path}`, { "accept-encoding": encoding })
          const head = yield* raw(`${base()}${path}`, { "accept-encoding": encoding }, "HEAD")
          assert.strictEqual(head.status, get.status, path)
          assert.strictEqual(head.body.length, 0)
          for (const name of ["content-type", "cache-control", "content-encoding", "vary"]) {
            assert.strictEqual(head.headers[name], get.headers[name], `${path} ${name}`)
          }
        }
      }
    }))
}

const everyAnswer = (base: () => string): void => {
  it.live("no answer lets another origin in, a preflight neither", () =>
    Effect.gen(function*() {
      const origin = "https://elsewhere.example"
      const asked = {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type"
      }
      const answers = [
        ...(yield* Effect.forEach([...kept, ...live, ...refused], (path) => raw(`${base()}${path}`, { origin }))),
        ...(yield* Effect.forEach(
          ["/v1/observations", "/v1/sensors", "/v1/events", "/nothing"],
          (path) => raw(`${base()}${path}`, asked, "OPTIONS")
        ))
      ]
      const stream = yield* streamHead(`${base()}/v1/events`, { origin })
      const posted = yield* ask(`${base()}/v1/observations`, {
        method: "POST",
        headers: { origin, "content-type": "application/json" },
        body: "[]"
      })

      const names = [
        ...answers.flatMap(({ headers }) => Object.keys(headers)),
        ...stream.headers.keys(),
        ...posted.headers.keys()
      ]
      assert.deepStrictEqual(names.filter((name) => name.startsWith("access-control")), [])
    }))

  it.live("OPTIONS says what a path takes", () =>
    Effect.gen(function*() {
      for (
        const [path, allow] of [
          ["/v1/observations", "POST, OPTIONS"],
          ["/v1/districts", "GET, HEAD, OPTIONS"],
          ["/v1/districts/a%2Fb/quality", "GET, HEAD, OPTIONS"],
          ["/v1/events", "GET, HEAD, OPTIONS"],
          ["/openapi.json", "GET, HEAD, OPTIONS"]
        ] as const
      ) {
        const answer = yield* raw(`${base()}${path}`, {}, "OPTIONS")
        assert.strictEqual(answer.status, 204)
        assert.strictEqual(answer.headers["allow"], allow)
      }
    }))

  it.live("the stream of events is never compressed nor kept, and has the id of its request", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* streamHead(`${base()}/v1/events`, {
        "accept-encoding": "gzip",
        "if-none-match": "*",
        "x-request-id": "stream-7"
      })

      assert.strictEqual(status, 200)
      assert.isNull(headers.get("content-encoding"))
      assert.isNull(headers.get("etag"))
      assert.strictEqual(headers.get("cache-control"), "no-store, no-transform")
      assert.strictEqual(headers.get("x-request-id"), "stream-7")
    }))
}

export const cachingSuite = (base: () => string): void => {
  validators(base)
  encodings(base)
  everyAnswer(base)
}
