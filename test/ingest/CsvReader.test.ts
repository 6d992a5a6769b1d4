/** CSV as it is found: quotes, line breaks in quotes, CRLF, a byte order mark, quotes that are never closed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { CsvReader, type CsvRecord } from "../../src/ingest/CsvReader.ts"

const read = (text: string, separator?: string, chunk = 1_000_000): ReadonlyArray<CsvRecord> => {
  const reader = new CsvReader(separator)
  const records: Array<CsvRecord> = []
  for (let at = 0; at < text.length; at += chunk) records.push(...reader.push(text.slice(at, at + chunk)))
  records.push(...reader.end())
  return records
}
const fields = (text: string, separator?: string) => read(text, separator).map((record) => record.fields)

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`

describe("CSV", () => {
  it("has fields between separators and records on lines, numbered from 1", () => {
    assert.deepStrictEqual(read("a,b\r\n1,\n\n3,4"), [
      { line: 1, text: "a,b", fields: ["a", "b"] },
      { line: 2, text: "1,", fields: ["1", ""] },
      { line: 3, text: "", fields: [""] },
      { line: 4, text: "3,4", fields: ["3", "4"] }
    ])
    assert.deepStrictEqual(read(""), [])
  })

  it("keeps separators, doubled quotes and line breaks inside quotes, and counts the lines", () => {
    const records = read('1,"Ben White, ""North"""\r\n2,"two\nlines"\r\n3,x')

    assert.deepStrictEqual(records.map(({ fields }) => fields), [["1", 'Ben White, "North"'], ["2", "two\nlines"], [
      "3",
      "x"
    ]])
    assert.deepStrictEqual(records.map(({ line }) => line), [1, 2, 4])
  })

  it("has a byte order mark and other separators", () => {
    assert.deepStrictEqual(fields("\uFEFFa;b\n2,6;1", ";"), [["a", "b"], ["2,6", "1"]])
    assert.deepStrictEqual(fields("a\tb", "\t"), [["a", "b"]])
  })

  it("takes a quote inside an unquoted field as it is", () => {
    assert.deepStrictEqual(fields('5" pipe,1\n6" pipe,2'), [['5" pipe', "1"], ['6" pipe', "2"]])
  })

  it("gives up only the line of a quote that is never closed", () => {
    const records = read(`a\n"open,1\n2\n3\n`)
    assert.deepStrictEqual(records.map(({ fields }) => fields), [["a"], [], ["2"], ["3"]])
    assert.strictEqual(records[1]?.problem, "has a quote that is never closed")
    assert.strictEqual(records[3]?.line, 4)

    const long = read(`"open\n${"x,y\n".repeat(40_000)}`, ",", 4096)
    assert.strictEqual(long[0]?.problem, "has a quote that is never closed")
    assert.lengthOf(long, 40_001)
  })

  it("does not keep a line of more than 4 MiB", () => {
    const records = read(`a\n${"x".repeat(5_000_000)}\nb\n`, ",", 65_536)

    assert.include(records.map(({ problem }) => problem).join(), "is longer than")
    assert.deepStrictEqual(records.at(-1)?.fields, ["b"])
    assert.isTrue(records.every(({ text }) => text.length <= 4_194_304))
  })

  const Field = Schema.Array(Schema.Literals(["a", ",", '"', "\n", "\r\n", " ", "ä", "1"])).pipe(
    Schema.check(Schema.isMaxLength(4))
  )
  it.prop("is the same however it is cut into chunks, and what was quoted comes back", [
    Schema.Array(Schema.NonEmptyArray(Field)),
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 }))
  ], ([table, chunk]) => {
    const texts = table.map((row) => row.map((parts) => parts.join("")))
    const text = texts.map((row) => row.map(quoted).join(",") + "\n").join("")

    assert.deepStrictEqual(read(text).map((record) => record.fields), texts)
    assert.deepStrictEqual(read(text, ",", chunk), read(text))
  }, { arbitrary: { runs: 500, size: 12 } })
})
