/**
 * Bad input over real HTTP: what each kind is answered, and that it is kept. A suite for whoever runs a whole city:
 * `badInputSuite(() => "http://127.0.0.1:8080")` inside a `describe`. The limits must be the usual ones.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { ask, assertProblem, good, mark, ndjson, post } from "./Requests.ts"

interface BadItem {
  readonly name: string
  readonly reason: string
  /** The text of the item; `id` marks it, so that it is found again. */
  readonly text: (id: string) => string
}

const changed = (more: Record<string, unknown>) => (id: string) => JSON.stringify(good(id, more))
/** A good observation but for the text of its result, which no JavaScript value has. */
const withResult = (id: string, result: string) => JSON.stringify(good(id)).replace('"result":50', `"result":${result}`)
const without = (field: string) => (id: string) => JSON.stringify({ ...good(id), [field]: undefined, note: id })

/** Items that are valid JSON and no observation. */
const badItems: ReadonlyArray<BadItem> = [
  { name: "a text where an object belongs", reason: "not-an-object", text: (id) => JSON.stringify(id) },
  { name: "an array inside the array", reason: "not-an-object", text: (id) => JSON.stringify([id]) },
  { name: "no sensor", reason: "missing-field", text: without("sensorId") },
  { name: "no property", reason: "missing-field", text: without("property") },
  { name: "no time", reason: "missing-field", text: without("phenomenonTime") },
  { name: "no result", reason: "missing-field", text: without("result") },
  { name: "a result in quotes", reason: "wrong-type", text: changed({ result: "50" }) },
  { name: "a number for a time", reason: "wrong-type", text: changed({ phenomenonTime: 1_700_000_000 }) },
  {
    name: "a number for a sensor",
    reason: "wrong-type",
    text: (id) => JSON.stringify({ ...good(id), sensorId: 7, id })
  },
  { name: "an empty sensor id", reason: "bad-sensor-id", text: (id) => JSON.stringify({ ...good(""), id }) },
  {
    name: "a sensor id of 129 bytes",
    reason: "bad-sensor-id",
    text: (id) => JSON.stringify(good(id.padEnd(129, "x")))
  },
  { name: "an unknown property", reason: "unknown-property", text: changed({ property: "speeed" }) },
  { name: "an unknown unit", reason: "unknown-unit", text: changed({ unit: "furlong/fortnight" }) },
  { name: "null, as NaN is written in JSON", reason: "not-finite", text: changed({ result: null }) },
  {
    name: "a result beyond every number (1e999)",
    reason: "not-finite",
    text: (id) => JSON.stringify(good(id)).replace('"result":50', '"result":1e999')
  },
  { name: "an impossible value", reason: "implausible", text: changed({ result: 12_345 }) },
  { name: "a time that is none", reason: "bad-time", text: changed({ phenomenonTime: "yesterday" }) },
  { name: "30 February", reason: "bad-time", text: changed({ phenomenonTime: "2024-02-30T00:00:00Z" }) },
  { name: "the far future", reason: "future", text: changed({ phenomenonTime: "2999-01-01T00:00:00Z" }) },
  { name: "an ancient time", reason: "ancient", text: changed({ phenomenonTime: "1815-12-10T00:00:00Z" }) },
  {
    name: "a place that is not on Earth",
    reason: "bad-location",
    text: changed({ location: { type: "Point", coordinates: [24.9, 160] } })
  }
]

/** Lines that are no JSON at all: only possible where each line stands alone. */
const badLines: ReadonlyArray<BadItem> = [
  {
    name: "a line cut off in the middle",
    reason: "malformed-json",
    text: (id) => JSON.stringify(good(id)).slice(0, -9)
  },
  { name: "two objects in one line", reason: "malformed-json", text: (id) => JSON.stringify(good(id)).repeat(2) },
  { name: "NaN", reason: "malformed-json", text: (id) => withResult(id, "NaN") },
  { name: "Infinity", reason: "malformed-json", text: (id) => withResult(id, "-Infinity") },
  { name: "single quotes", reason: "malformed-json", text: (id) => `{'sensorId':'${id}'}` }
]

/** The newest rejected input that holds `text`. */
const kept = (base: string, reason: string, text: string): Effect.Effect<any> =>
  Effect.map(
    ask(`${base}/v1/rejected?reason=${reason}&limit=100`),
    ({ body }) => body.items.find((item: { readonly raw: string }) => item.raw.includes(text))
  )

const perItem = (base: () => string): void => {
  for (const bad of [...badItems, ...badLines]) {
    it.live(`NDJSON: ${bad.name} is rejected as ${bad.reason}, the lines around it are accepted, its bytes are kept`, () =>
      Effect.gen(function*() {
        const id = mark()
        const text = bad.text(id)
        const before = JSON.stringify(good(`${id}-before`))
        const after = JSON.stringify(good(`${id}-after`))

        const answer = yield* post(base(), `${before}\n\n${text}\n${after}\n`, ndjson)

        assert.strictEqual(answer.status, 202)
        assert.strictEqual(answer.body.accepted, 2)
        assert.strictEqual(answer.body.rejected.length, 1)
        assert.strictEqual(answer.body.rejected[0].index, 1)
        assert.strictEqual(answer.body.rejected[0].reason, bad.reason)
        const item = yield* kept(base(), bad.reason, text)
        assert.strictEqual(item.raw, text)
        assert.strictEqual(item.rawBytes, Buffer.byteLength(text))
        assert.strictEqual(item.source, "http")
      }))
  }
  for (const bad of badItems) {
    it.live(`array: ${bad.name} is rejected as ${bad.reason}, its neighbours are accepted, its bytes are kept`, () =>
      Effect.gen(function*() {
        const id = mark()
        const text = bad.text(id)

        const answer = yield* post(base(), `[ ${JSON.stringify(good(`${id}-a`))} , ${text} ]`)

        assert.strictEqual(answer.status, 202)
        assert.strictEqual(answer.body.accepted, 1)
        assert.deepStrictEqual(
          answer.body.rejected.map(({ index, reason }: any) => ({ index, reason })),
          [{ index: 1, reason: bad.reason }]
        )
        assert.strictEqual((yield* kept(base(), bad.reason, text)).raw, text)
      }))
    it.live(`alone: ${bad.name} is a 422 that says ${bad.reason}`, () =>
      Effect.gen(function*() {
        const answer = yield* post(base(), alone(bad.text(mark())))

        assertProblem(answer, 422, "nothing-accepted")
        assert.strictEqual(answer.body.rejected.length, 1)
        assert.strictEqual(answer.body.rejected[0].index, 0)
        assert.strictEqual(answer.body.rejected[0].reason, bad.reason)
      }))
  }
}

/** An item that is itself an array would be taken for the list. */
const alone = (text: string): string => text.startsWith("[") ? `[${text}]` : text

const unreadableBodies = (base: () => string): void => {
  it.live("a body that is no JSON is a 422 with the position of the error, and kept", () =>
    Effect.gen(function*() {
      const id = mark()

      const answer = yield* post(base(), `{"sensorId":"${id}",}`)

      assertProblem(answer, 422, "malformed-json")
      assert.match(answer.body.detail, /position \d+/)
      assert.include(answer.body.hint, "JSON object")
      assert.strictEqual((yield* kept(base(), "malformed-json", id)).raw, `{"sensorId":"${id}",}`)
    }))

  it.live("an array with NaN in it is no JSON", () =>
    Effect.gen(function*() {
      const text = `[${withResult(mark(), "NaN")}]`

      assertProblem(yield* post(base(), text), 422, "malformed-json")
      assert.strictEqual((yield* kept(base(), "malformed-json", text)).raw, text)
    }))

  it.live("a body that is not UTF-8 is a 422, and kept as base64", () =>
    Effect.gen(function*() {
      const bytes = Uint8Array.from([0x5b, 0xff, 0xfe, 0x5d, ...new TextEncoder().encode(mark())])

      assertProblem(yield* post(base(), bytes), 422, "malformed-json")
      const { body } = yield* ask(`${base()}/v1/rejected?reason=malformed-json&limit=1`)
      assert.strictEqual(body.items[0].rawEncoding, "base64")
      assert.deepStrictEqual(new Uint8Array(Buffer.from(body.items[0].raw, "base64")), bytes)
    }))

  it.live("a line that is not UTF-8 costs only itself", () =>
    Effect.gen(function*() {
      const line = new TextEncoder().encode(`${JSON.stringify(good(mark()))}\n`)
      const bytes = Uint8Array.from([...line, 0xff, 0xfe, 10, ...line])

      const answer = yield* post(base(), bytes, ndjson)

      assert.strictEqual(answer.status, 202)
      assert.strictEqual(answer.body.accepted, 2)
      assert.strictEqual(answer.body.rejected[0].index, 1)
      assert.strictEqual(answer.body.rejected[0].reason, "malformed-json")
    }))
}

const emptyAndFullBodies = (base: () => string): void => {
  for (
    const [name, body, type] of [
      ["an empty body", "", "application/json"],
      ["blanks", " \n ", "application/json"],
      ["an empty array", "[]", "application/json"],
      ["empty lines", "\n \r\n\n", ndjson]
    ] as const
  ) {
    it.live(`${name} is a 422 with a hint`, () =>
      Effect.gen(function*() {
        const answer = yield* post(base(), body, type)

        assertProblem(answer, 422, "empty-body")
        assert.isAbove(answer.body.hint.length, 10)
      }))
  }

  it.live("10,000 items are taken, 10,001 are a 413: as an array and as lines", () =>
    Effect.gen(function*() {
      const items = Array.from({ length: 10_001 }, () => good("bad-input-many"))

      const taken = yield* post(base(), JSON.stringify(items.slice(1)))
      const array = yield* post(base(), JSON.stringify(items))
      const lines = yield* post(base(), items.map((item) => JSON.stringify(item)).join("\n"), ndjson)

      assert.strictEqual(taken.status, 202)
      assert.strictEqual(taken.body.accepted, 10_000)
      assertProblem(array, 413, "too-many-items")
      assertProblem(lines, 413, "too-many-items")
      assert.include((yield* kept(base(), "too-many-items", "bad-input-many")).detail, "10000")
    }))
}

const contentTypes = (base: () => string): void => {
  for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json5"]) {
    it.live(`the content type ${type} is a 415 that says what is taken`, () =>
      Effect.gen(function*() {
        const answer = yield* post(base(), JSON.stringify(good(mark())), type)

        assertProblem(answer, 415, "unsupported-media-type")
        assert.include(answer.body.detail, "application/x-ndjson")
        assert.include(answer.headers.get("accept-post"), "application/json")
      }))
  }

  it.live("a body without a content type is a 415", () =>
    Effect.gen(function*() {
      const body = new TextEncoder().encode(JSON.stringify(good(mark())))

      assertProblem(yield* ask(`${base()}/v1/observations`, { method: "POST", body }), 415, "unsupported-media-type")
    }))

  it.live("media types are taken in any case and with parameters", () =>
    Effect.gen(function*() {
      for (const type of ["Application/JSON; charset=utf-8", "application/ndjson", "application/jsonl;charset=utf-8"]) {
        assert.strictEqual((yield* post(base(), JSON.stringify(good(mark())), type)).status, 202)
      }
    }))
}

const bodiesMax = 10 * 1024 * 1024

/** A body in pieces, without a length: chunked. */
const inPieces = (piece: Uint8Array, times: number): ReadableStream<Uint8Array> => {
  let left = times
  return new ReadableStream({
    pull: (controller) => left-- > 0 ? controller.enqueue(piece) : controller.close()
  })
}

const sizes = (base: () => string): void => {
  it.live("a body that says it is too large is a 413", () =>
    Effect.gen(function*() {
      assertProblem(yield* post(base(), new Uint8Array(bodiesMax + 1).fill(32)), 413, "body-too-large")
    }))

  it.live("a body that turns out to be too large is a 413, and its beginning is kept", () =>
    Effect.gen(function*() {
      const id = mark()
      const piece = new TextEncoder().encode(`${id} `.padEnd(1024 * 1024))
      const init = { method: "POST", body: inPieces(piece, 40), duplex: "half", headers: { "content-type": ndjson } }

      const answer = yield* ask(`${base()}/v1/observations`, init as RequestInit)

      assertProblem(answer, 413, "body-too-large")
      assert.isTrue((yield* kept(base(), "too-large", id)).raw.startsWith(id))
    }))
}

const encodings = (base: () => string): void => {
  it.live("gzip is inflated", () =>
    Effect.gen(function*() {
      const lines = `${JSON.stringify(good(mark()))}\n`.repeat(3)

      const answer = yield* post(base(), new Uint8Array(gzipSync(lines)), ndjson, { "content-encoding": "gzip" })

      assert.strictEqual(answer.status, 202)
      assert.strictEqual(answer.body.accepted, 3)
    }))

  it.live("a small body that inflates to a huge one is a 413", () =>
    Effect.gen(function*() {
      const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * 1024 * 1024).fill(32)))

      assertProblem(yield* post(base(), bomb, ndjson, { "content-encoding": "gzip" }), 413, "body-too-large")
    }))

  for (
    const [name, bytes] of [
      ["is none", new TextEncoder().encode("not gzip")],
      ["is cut off", new Uint8Array(gzipSync(JSON.stringify(good("cut")))).slice(0, 40)]
    ] as const
  ) {
    it.live(`gzip that ${name} is a 400`, () =>
      Effect.gen(function*() {
        assertProblem(yield* post(base(), bytes, ndjson, { "content-encoding": "gzip" }), 400, "bad-request")
      }))
  }

  it.live("another content encoding is a 415 that says which is taken", () =>
    Effect.gen(function*() {
      const answer = yield* post(base(), "x", ndjson, { "content-encoding": "br" })

      assertProblem(answer, 415, "unsupported-media-type")
      assert.strictEqual(answer.headers.get("accept-encoding"), "gzip")
    }))
}

export const badInputSuite = (base: () => string): void => {
  perItem(base)
  unreadableBodies(base)
  emptyAndFullBodies(base)
  contentTypes(base)
  sizes(base)
  encodings(base)
}
