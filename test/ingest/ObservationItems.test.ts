import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { JsonElements } from "../../src/ingest/JsonElements.ts"
import { type ParsedBody, parseJson, parseLines, parserOf } from "../../src/ingest/ObservationItems.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (raw: Uint8Array) => new TextDecoder().decode(raw)

const itemsOf = (body: ParsedBody) => {
  if (body._tag !== "Items") throw new Error(`no items but ${body._tag}`)
  return body.items
}

const Json = Schema.Json

describe("items of a body", () => {
  it.prop("are the lines of NDJSON, in order, each with its own bytes", [Schema.Array(Json)], ([values]) => {
    const lines = values.map((value) => JSON.stringify(value))
    if (lines.length === 0) return

    const items = itemsOf(parseLines(bytes(lines.join("\n")), 1000))

    assert.deepStrictEqual(items.map(({ value }) => value), lines.map((line) => JSON.parse(line)))
    assert.deepStrictEqual(items.map((item) => text(item.raw())), lines)
  })

  it.prop("are the elements of an array, each as it was sent, blanks and all", [Schema.Array(Json)], ([values]) => {
    const elements = values.map((value) => JSON.stringify(value, null, 1))
    if (elements.length === 0) return

    const items = itemsOf(parseJson(bytes(` [ ${elements.join(" ,\n")} ] `), 1000))

    assert.deepStrictEqual(items.map((item) => text(item.raw())), elements)
  })

  it("lines may end in CR LF, be blank, begin with a byte order mark and lack the last end", () => {
    const items = itemsOf(parseLines(bytes('\uFEFF{"a":1}\r\n\r\n   \n\n{"a":2}'), 10))

    assert.deepStrictEqual(items.map(({ value }) => value), [{ a: 1 }, { a: 2 }])
    assert.strictEqual(text(items[0]?.raw() ?? new Uint8Array()), '{"a":1}')
  })

  it("a line that was cut costs no other", () => {
    const items = itemsOf(parseLines(bytes('{"a":1}\n{"a":\n{"a":3}\n'), 10))

    assert.deepStrictEqual(items.map(({ malformed }) => malformed === undefined), [true, false, true])
    assert.strictEqual(text(items[1]?.raw() ?? new Uint8Array()), '{"a":')
    assert.match(items[1]?.malformed ?? "", /the end of the text at position 5/)
  })

  it("lines that only together are JSON are not taken for it", () => {
    // Joined by commas these three lines would be the array [{"a":[{"x":1},{"y":2}]},{"b":1},{"c":2}].
    const items = itemsOf(parseLines(bytes('{"a":[{"x":1}\n{"y":2}]}\n{"b":1},{"c":2}'), 10))

    assert.deepStrictEqual(items.map(({ malformed }) => malformed === undefined), [false, false, false])
  })

  it("a line that is not UTF-8 keeps its bytes and costs no other", () => {
    const items = itemsOf(parseLines(Uint8Array.from([0x31, 10, 0xff, 0x32, 10, 0x33]), 10))

    assert.deepStrictEqual(items.map(({ value }) => value), [1, undefined, 3])
    assert.deepStrictEqual([...(items[1]?.raw() ?? [])], [0xff, 0x32])
  })

  it("more than the limit are none at all; the limit itself is taken", () => {
    assert.strictEqual(parseLines(bytes("1\n2\n3"), 2)._tag, "TooMany")
    assert.strictEqual(parseJson(bytes("[1,2,3]"), 2)._tag, "TooMany")
    assert.strictEqual(parseLines(Uint8Array.from([0xff, 10, 0x31, 10, 0x32]), 2)._tag, "TooMany")
    assert.lengthOf(itemsOf(parseLines(bytes("1\n\n2\n"), 2)), 2)
    assert.lengthOf(itemsOf(parseJson(bytes("[1,2]"), 2)), 2)
  })

  it("nothing is told from something broken", () => {
    for (const nothing of ["", " \n", "[]", " [ ] "]) assert.strictEqual(parseJson(bytes(nothing), 2)._tag, "Empty")
    for (const nothing of ["", "\n", " \r\n \n"]) assert.strictEqual(parseLines(bytes(nothing), 2)._tag, "Empty")
    for (const broken of ["{", "[1,", "nul", '{"a":NaN}', "[1]x"]) {
      assert.strictEqual(parseJson(bytes(broken), 2)._tag, "Malformed")
    }
  })

  it("a body that is not UTF-8 is told where", () => {
    const body = parseJson(Uint8Array.from([0x5b, 0x31, 0xff, 0x5d]), 2)

    assert.strictEqual(body._tag === "Malformed" ? body.detail : "", "the body is not UTF-8: byte 2")
  })

  it("a message about broken JSON has a position and no copy of the text", () => {
    const body = parseJson(bytes(`{"secret": ${"x".repeat(100)}}`), 2)

    const detail = body._tag === "Malformed" ? body.detail : ""
    assert.match(detail, /position 11 \(line 1, column 12\)/)
    assert.notInclude(detail, "secret")
  })
})

describe("a body that may be labelled", () => {
  const kindOf = (label: string | undefined, body: string) => parserOf(label)?.(bytes(body), 3)

  it("is read as its label says, whatever else it says there", () => {
    const lines = '{"a":1}\n{"a":2}'

    assert.lengthOf(itemsOf(kindOf("application/x-ndjson; charset=utf-8", lines) ?? { _tag: "Empty" }), 2)
    assert.strictEqual(kindOf("Application/JSON", lines)?._tag, "Malformed")
    assert.isUndefined(kindOf("text/csv", lines))
    assert.isUndefined(kindOf("", lines))
  })

  it("without one is JSON where all of it is, else lines where the first is JSON by itself", () => {
    const values = (body: string) =>
      itemsOf(kindOf(undefined, body) ?? { _tag: "Empty" }).map(({ malformed, value }) =>
        malformed === undefined ? value : "bad"
      )

    assert.deepStrictEqual(values('{\n "a": 1\n}\n'), [{ a: 1 }])
    assert.deepStrictEqual(values('[{"a":1},\n{"a":2}]'), [{ a: 1 }, { a: 2 }])
    assert.deepStrictEqual(values('\n{"a":1}\n{"a":\n{"a":3}'), [{ a: 1 }, "bad", { a: 3 }])
    for (const broken of ["hello", "[\n{},\n", "{oops\n{}\n"]) {
      assert.strictEqual(kindOf(undefined, broken)?._tag, "Malformed")
    }
    assert.strictEqual(kindOf(undefined, "")?._tag, "Empty")
    assert.strictEqual(kindOf(undefined, "{}\n{}\n{}\n{}")?._tag, "TooMany")
  })
})

describe("elements of a JSON array", () => {
  it("are not confused by brackets, commas and quotes inside texts", () => {
    const elements = new JsonElements(String.raw`["],[", "\"," , {"a,b":["\\",[]]}, 5]`)

    assert.deepStrictEqual([0, 1, 2, 3, 4].map((index) => elements.text(index)), [
      '"],["',
      String.raw`"\","`,
      String.raw`{"a,b":["\\",[]]}`,
      "5",
      ""
    ])
  })
})
