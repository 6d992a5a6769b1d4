/** Server-sent events (WHATWG HTML §9.2.6), however they are cut. */
import { assert, describe, it } from "@effect/vitest"
import { makeEventStreamParser } from "../../dashboard/src/live/EventStreamParser.ts"

const stream =
  ': hello\n\nid: 7\nevent: quality\ndata: {"a":1}\n\nretry: 2500\ndata: one\ndata: two\n\nid: 8\nevent: empty\n\n'
const expected = [{ type: "quality", data: '{"a":1}' }, { type: "message", data: "one\ntwo" }]

const parse = (pieces: ReadonlyArray<string>) => {
  const parser = makeEventStreamParser("")
  const parsed = pieces.map(parser)
  return { events: parsed.flatMap(({ events }) => events), last: parsed.at(-1) }
}

describe("the parser of event streams", () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    for (const [name, text] of [["\\n", stream], ["\\r\\n", stream.replaceAll("\n", "\r\n")]] as const) {
      it(`finds the same events in pieces of ${size} with ${name}`, () => {
        const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []

        const { events, last } = parse(pieces)

        assert.deepStrictEqual(events, expected)
        assert.strictEqual(last?.lastEventId, "8")
        assert.strictEqual(last?.retryMillis, 2500)
      })
    }
  }

  it("goes on with the id it was given, and ignores comments, unknown fields and an event without data", () => {
    const parser = makeEventStreamParser("41")

    const { events, lastEventId } = parser(": heartbeat\nfoo: bar\n\nevent: quality\n\n")

    assert.deepStrictEqual(events, [])
    assert.strictEqual(lastEventId, "41")
  })
})
