/** What is an id, and how it travels as a token. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DistrictId, fromToken, idBytesMax, idProblem, SensorId, toToken } from "../../src/schemas/Identifiers.ts"

const ValidId = Schema.Union([
  Schema.Literals([
    "tram/4 ä",
    "a.b.c",
    "*",
    ">",
    "%2F",
    "%",
    "?x=1#y",
    "a\\b",
    "🌡️",
    "\uFEFFx",
    "...",
    ".a",
    "~",
    "'(!)'",
    "$JS.API"
  ]),
  Schema.NonEmptyString
]).check(Schema.makeFilter((text: string) => idProblem(text)))

describe("an id", () => {
  it.prop("comes back from its token", [ValidId], ([id]) => {
    assert.strictEqual(fromToken(toToken(id)), id)
  })

  it.prop("has a token of its own that NATS takes as one part of a subject", [ValidId, ValidId], ([id, other]) => {
    assert.match(toToken(id), /^[A-Za-z0-9\-_~%]+$/)
    assert.strictEqual(toToken(id) === toToken(other), id === other)
    assert.isAtMost(toToken(id).length, 3 * idBytesMax)
  })

  it.prop("stays one segment of a URL", [ValidId], ([id]) => {
    const url = new URL(`http://city.example/v1/sensors/${toToken(id)}/windows?size=5m`)

    assert.deepStrictEqual(url.pathname.split("/").map(fromToken), ["", "v1", "sensors", id, "windows"])
    assert.strictEqual(url.search, "?size=5m")
  })

  it("is anything of 1 to 128 bytes of NFC without control characters", () => {
    for (const good of ["a", "x".repeat(128), "ä".repeat(64), "🌡".repeat(32), "\u00e9", "with space", "...", "測站"]) {
      assert.isUndefined(idProblem(good), good)
      assert.strictEqual(Schema.decodeUnknownSync(SensorId)(good), good)
    }
    const bad = [
      "",
      ".",
      "..",
      "x".repeat(129),
      "ä".repeat(65),
      "🌡".repeat(33),
      "a\0",
      "a\n",
      "\x7f",
      "e\u0301",
      "\ud800",
      "a\udc00b"
    ]
    for (const id of bad) {
      assert.isString(idProblem(id), JSON.stringify(id))
      assert.throws(() => Schema.decodeUnknownSync(SensorId)(id))
      assert.throws(() => Schema.decodeUnknownSync(DistrictId)(id))
    }
  })

  it("is not read from a malformed token", () => {
    assert.throws(() => fromToken("%E4"), URIError)
    assert.throws(() => fromToken("%zz"), URIError)
  })
})
