/** Times as people send them: what exists is read as the calendar has it, what does not is refused with the reason. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parseRfc3339, rfc3339Problem } from "../../src/ingest/Rfc3339.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const pad = (value: number, length = 2): string => String(value).padStart(length, "0")

/** The platform's own calendar, which rolls what does not exist into what does; that is how it is told. */
const oracle = (y: number, mo: number, d: number, h: number, mi: number, s: number, ms: number): number => {
  const date = new Date(0)
  date.setUTCFullYear(y, mo - 1, d)
  date.setUTCHours(h, mi, s, ms)
  const isSame = date.getUTCFullYear() === y && date.getUTCMonth() === mo - 1 && date.getUTCDate() === d
    && date.getUTCHours() === h && date.getUTCMinutes() === mi && date.getUTCSeconds() === s
  return isSame ? date.getTime() : NaN
}

describe("RFC 3339", () => {
  it.prop("is read as the platform's calendar has it, and refused where that has no such day or time", [
    between(0, 9999),
    between(0, 14),
    between(0, 33),
    between(0, 25),
    between(0, 61),
    between(0, 61),
    between(0, 999),
    between(-1439, 1439)
  ], ([y, mo, d, h, mi, s, ms, offset]) => {
    const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
    const text = `${pad(y, 4)}-${pad(mo)}-${pad(d)}T${pad(h)}:${pad(mi)}:${pad(s)}.${pad(ms, 3)}`

    const expected = oracle(y, mo, d, h, mi, s, ms)

    assert.deepStrictEqual(parseRfc3339(text + zone), expected - offset * 60_000)
    assert.deepStrictEqual(parseRfc3339(text + "Z"), expected)
    assert.isNaN(parseRfc3339(text))
  }, { arbitrary: { runs: 2000 } })

  it("takes lower case, a space, and any number of decimals, of which three count", () => {
    const expected = Date.UTC(2026, 10, 24, 8, 0, 0)

    assert.strictEqual(parseRfc3339("2026-11-24t08:00:00z"), expected)
    assert.strictEqual(parseRfc3339("2026-11-24 08:00:00Z"), expected)
    assert.strictEqual(parseRfc3339("2026-11-24T10:00:00+02:00"), expected)
    assert.strictEqual(parseRfc3339("2026-11-24T08:00:00.1Z"), expected + 100)
    assert.strictEqual(parseRfc3339("2026-11-24T08:00:00.123456789Z"), expected + 123)
    assert.strictEqual(parseRfc3339("2024-02-29T00:00:00Z"), Date.UTC(2024, 1, 29))
  })

  const bad: ReadonlyArray<readonly [text: string, problem: RegExp]> = [
    ["2026-02-30T00:00:00Z", /^is no date: February 2026 has 28 days$/],
    ["2026-13-01T00:00:00Z", /^has no such month/],
    ["2026-11-24T24:00:00Z", /^has hour 24: hours go from 00 to 23$/],
    ["2026-11-24T08:60:00Z", /^has minute 60/],
    ["2016-12-31T23:59:60Z", /^names a leap second, which is not kept/],
    ["2026-11-24T08:00:61Z", /^has second 61/],
    ["2026-11-24T08:00:00", /^has no time zone: end it with Z or an offset such as \+02:00$/],
    ["2026-11-24T08:00:00.5", /^has no time zone/],
    ["2026-11-24T08:00:00+2", /^has a time zone that is none/],
    ["2026-11-24T08:00:00+24:00", /^has a time zone that is none/],
    ["2026-11-24T08:00:00Zulu", /^has a time zone that is none/],
    ["2026-11-24T08:00Z", /^has no seconds/],
    ["2026-11-24", /^has no time of day/],
    ["1764000000", /^is no date and time: expected RFC 3339/],
    ["yesterday", /^is no date and time/],
    ["", /^is no date and time/]
  ]
  it.each(bad)("refuses %s and says why", (text, problem) => {
    assert.isNaN(parseRfc3339(text))
    assert.match(rfc3339Problem(text), problem)
  })
})
