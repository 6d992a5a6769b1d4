/** Records of closed windows go through bytes unharmed; damage is told from a newer version. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { RecordCorrupt, recordKind, RecordVersionUnknown, sealRecord } from "../../src/schemas/Records.ts"
import { decodeWindows, encodeWindows } from "../../src/schemas/WindowsCodec.ts"

const refusal = (bytes: Uint8Array): string => {
  try {
    return `read ${JSON.stringify(decodeWindows(bytes))}`
  } catch (error) {
    if (error instanceof RecordCorrupt) return "corrupt"
    if (error instanceof RecordVersionUnknown) return "version"
    throw error
  }
}

const AnyWindow = Schema.Struct({
  sensorId: Schema.Union([
    Schema.Literals(["a", "b", "käyrä", "\uFEFFmarked", "🌡️", "1 a"]),
    Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed() ? undefined : "lone surrogate"))
  ]),
  property: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 16 })),
  start: Schema.Int,
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 32 - 1 })),
  mean: Schema.Finite,
  min: Schema.Finite,
  max: Schema.Finite
})

const small = encodeWindows({
  sourceShard: 61,
  sourceSequence: 2 ** 40,
  windows: [
    { sensorId: "käyrä", property: 3, start: 1_780_000_200_000, count: 5, mean: 1.5, min: 1, max: 2 },
    { sensorId: "b", property: 3, start: 1_780_000_200_000, count: 1, mean: -0.5, min: -0.5, max: -0.5 }
  ]
})

describe("a record of windows", () => {
  it.prop("reads as it was written", [Schema.Array(AnyWindow), Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))], ([
    windows,
    sourceSequence
  ]) => {
    const record = { sourceShard: 17, sourceSequence, windows }
    const bytes = encodeWindows(record)

    assert.strictEqual(recordKind(bytes), "windows")
    assert.deepStrictEqual(decodeWindows(bytes), record)
    assert.deepStrictEqual(decodeWindows(Buffer.concat([Buffer.from("xyz"), bytes]).subarray(3)), record)
  })

  it("of which any byte changed, or that was cut short, is corrupt", () => {
    for (let at = 0; at < small.length; at++) {
      for (let change = 1; change < 256; change++) {
        const damaged = small.slice()
        damaged[at] = (small[at] ?? 0) ^ change
        const found = refusal(damaged)
        if (found !== "corrupt" && !(found === "version" && (at === 1 || at === 2))) {
          assert.fail(`byte ${at} changed by ${change}: ${found}`)
        }
      }
      assert.strictEqual(refusal(small.slice(0, at)), "corrupt", `first ${at} bytes`)
    }
  })

  it("of a newer version says so", () => {
    const newer = small.slice()
    newer[1] = 2
    assert.strictEqual(refusal(newer), "version")
  })

  it("whose columns contradict each other is corrupt, even with a right checksum", () => {
    // Words: 4 shard, 5 n, 6 k, 7 string bytes; then 8 columns of f64, counts at 24, keys at 26, properties at 28, lengths at 30.
    for (const [word, value] of [[5, 1], [6, 1], [7, 7], [26, 2], [30, 5], [5, 0xffffffff]] as const) {
      const changed = small.slice()
      new Uint32Array(changed.buffer)[word] = value
      assert.strictEqual(refusal(sealRecord(changed, "windows", 0)), "corrupt", `word ${word}`)
    }
    assert.strictEqual(refusal(sealRecord(new Uint8Array(12), "windows", 0)), "corrupt")
  })

  it("is not read from another kind of record", () => {
    assert.strictEqual(refusal(sealRecord(small.slice(), "batch", 0)), "corrupt")
  })
})
