import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { describeJsonFault, jsonFault } from "../../src/ingest/JsonFault.ts"

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const within = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

describe("faults of JSON", () => {
  it.prop("are in no JSON text, however it is laid out", [Schema.Json, within(3)], ([value, indent]) => {
    assert.isUndefined(jsonFault(JSON.stringify(value, null, indent)))
  })

  it.prop(
    "are found exactly where JSON.parse refuses, when a text was cut, changed or added to at any place",
    [Schema.Json, within(1000), Schema.String],
    ([value, place, added]) => {
      const text = JSON.stringify(value, null, 1)
      const at = place % (text.length + 1)
      const pieces = [added, '"', "\\", ",", "]", "}", "0", "-", ".", "e", "\u0000", "tru", "\\u12"]
      for (const piece of pieces) {
        for (const broken of [text.slice(0, at) + piece + text.slice(at), text.slice(0, at) + piece, piece]) {
          assert.strictEqual(jsonFault(broken) === undefined, parses(broken), broken)
        }
      }
    }
  )

  it("are told by place and by what belongs there", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "expected a value but found the end of the text at position 0 (line 1, column 1)"],
      ['{"a":NaN}', 'expected a value but found "N" at position 5 (line 1, column 6)'],
      ["[1,\n  2,\n  ]", 'expected a value but found "]" at position 11 (line 3, column 3)'],
      ['{"a" 1}', 'expected : but found "1" at position 5 (line 1, column 6)'],
      ["{'a':1}", 'expected a name or } but found "\'" at position 1 (line 1, column 2)'],
      ["[1 2]", 'expected , or ] but found "2" at position 3 (line 1, column 4)'],
      ["{} {}", 'expected the end but found "{" at position 3 (line 1, column 4)'],
      ["[😀]", 'expected a value or ] but found "😀" at position 1 (line 1, column 2)'],
      ["[01]", 'expected , or ] but found "1" at position 2 (line 1, column 3)']
    ]
    for (const [text, sentence] of cases) assert.strictEqual(describeJsonFault(text), sentence)
  })

  it("are found in deep and in long texts", () => {
    assert.strictEqual(jsonFault("[".repeat(100_000))?.offset, 100_000)
    assert.strictEqual(jsonFault(`["${"x".repeat(5_000_000)}`)?.offset, 5_000_002)
  })
})
