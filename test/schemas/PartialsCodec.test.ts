/** Records of partials: what was written is read, and damage is told from a newer version. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decodePartials, PartialsWriter, partialWords } from "../../src/schemas/PartialsCodec.ts"
import { recordKind, sealRecord } from "../../src/schemas/Records.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Given = Schema.Struct({ district: Schema.String, property: int(0, 17), phase: int(0, 2), word: Schema.Finite })
const Round = Schema.Struct({ time: int(0, 2 ** 48), partials: Schema.Array(Given).check(Schema.isMaxLength(8)) })
const Rounds = Schema.Array(Round).check(Schema.isMinLength(1), Schema.isMaxLength(6))

const isText = (text: string): boolean => text.isWellFormed()
const writer = new PartialsWriter()

const written = (shard: number, rounds: typeof Rounds.Type): Uint8Array => {
  for (const [i, { partials, time }] of rounds.entries()) {
    writer.round(time, i + 1)
    for (const { district, phase, property, word } of partials) {
      const words = new Float64Array(3 + partialWords).fill(word, 3)
      words[3] = NaN
      writer.add(district, property, phase, words, 3)
    }
  }
  return writer.take(shard)
}

const read = (bytes: Uint8Array) => {
  const { at, district, phase, property, rounds, sourceShard, words } = decodePartials(bytes)
  return {
    sourceShard,
    rounds: rounds.map(({ from, sourceSequence, time, to }) => ({
      time,
      sourceSequence,
      partials: Array.from({ length: to - from }, (_, n) => from + n).map((i) => ({
        district: district(i),
        property: property(i),
        phase: phase(i),
        words: Array.from(words.subarray(at(i), at(i) + partialWords))
      }))
    }))
  }
}

describe("records of partials", () => {
  it.prop("are read as they were written; a round that said nothing is only kept as the last", [int(1, 61), Rounds], ([
    shard,
    given
  ]) => {
    const rounds = given.map(({ partials, time }) => ({
      time,
      partials: partials.filter(({ district }) => isText(district))
    }))
    const bytes = written(shard, rounds)
    // As a driver gives them, at an odd place.
    const moved = Buffer.concat([Buffer.from("abc"), bytes]).subarray(3)

    assert.strictEqual(recordKind(bytes), "partials")
    assert.deepStrictEqual(read(moved), {
      sourceShard: shard,
      rounds: rounds.map(({ partials, time }, i) => ({
        time,
        sourceSequence: i + 1,
        partials: partials.map(({ district, phase, property, word }) => ({
          district,
          property,
          phase,
          words: [NaN, ...Array<number>(partialWords - 1).fill(word)]
        }))
      })).filter(({ partials }, i) => partials.length > 0 || i === rounds.length - 1)
    })
  })

  it("grow beyond any number of partials, and start anew after each", () => {
    const many = Array.from(
      { length: 1_000 },
      (_, i) => ({ district: `d${i % 7}`, property: i % 18, phase: 1, word: i })
    )

    for (const size of [1_000, 3, 0]) {
      const [round] = read(written(4, [{ time: 60_000, partials: many.slice(0, size) }])).rounds
      assert.deepStrictEqual(round?.partials.map(({ words }) => words[5]), many.slice(0, size).map(({ word }) => word))
    }
  })

  it.prop(
    "that are damaged are said to be damaged or of another version, whatever the damage, also behind a checksum that holds",
    [
      Rounds,
      Schema.Array(Schema.Struct({ at: int(0, 5_000), byte: int(0, 255) })).check(Schema.isMaxLength(6)),
      Schema.NullOr(int(0, 5_000)),
      Schema.Boolean
    ],
    ([rounds, edits, cutTo, isSealed]) => {
      const bytes = written(
        1,
        rounds.map((round) => ({ ...round, partials: round.partials.filter((p) => isText(p.district)) }))
      )
      let damaged: Uint8Array = bytes.slice(
        0,
        cutTo === null ? bytes.length : Math.floor(cutTo % (bytes.length + 1) / 4) * 4
      )
      for (const { at, byte } of edits) if (damaged.length > 0) damaged[at % damaged.length] = byte
      if (isSealed && damaged.length >= 8) damaged = sealRecord(damaged, "partials", 0)
      let tag = "read"
      try {
        read(damaged)
      } catch (error) {
        tag = String((error as { readonly _tag?: unknown })._tag ?? error)
      }

      // What somebody sealed anew is theirs; else only what is not damaged is read.
      const isReadable = isSealed || Buffer.compare(damaged, bytes) === 0
      assert.include([...(isReadable ? ["read"] : []), "RecordCorrupt", "RecordVersionUnknown"], tag)
    }
  )

  it("are damaged where a round cannot be, and of another version where nobody knows the property or phase", () => {
    const one = { district: "a", property: 17, phase: 2, word: 1 }
    const doubles = (place: number, ...values: ReadonlyArray<number>) => {
      const bytes = written(1, [{ time: 1, partials: [one] }, { time: 2, partials: [one, one] }])
      // Two rounds: their times, sequences and counts.
      for (const [i, value] of values.entries()) {
        new DataView(bytes.buffer).setFloat64(32 + 8 * (place + i), value, true)
      }
      return sealRecord(bytes, "partials", 0)
    }
    const unknown = (change: object) => written(1, [{ time: 1, partials: [{ ...one, ...change }] }])

    assert.strictEqual(read(doubles(4, 1, 2)).rounds.length, 2)
    for (
      const bytes of [doubles(4, -1, 4), doubles(4, 1.5, 1.5), doubles(0, NaN), doubles(1, Infinity), doubles(2, NaN)]
    ) {
      assert.throws(() => decodePartials(bytes), /damaged record/)
    }
    assert.throws(() => decodePartials(unknown({ property: 200 })), /version/)
    assert.throws(() => decodePartials(unknown({ phase: 3 })), /version/)
  })

  it("are damaged where a string is longer than all strings, which is said without reading that far", () => {
    const bytes = written(1, [{ time: 1, partials: [{ district: "kallio", property: 1, phase: 1, word: 1 }] }])
    // Behind the header, a round, the words, and the district and kind of the partial.
    const lengthAt = 32 + 24 + 8 * partialWords + 8
    assert.strictEqual(new DataView(bytes.buffer).getUint32(lengthAt, true), 6)
    new DataView(bytes.buffer).setUint32(lengthAt, 2 ** 32 - 1, true)

    assert.throws(() => decodePartials(sealRecord(bytes, "partials", 0)), /strings do not add up/)
  })

  it("with other words of a partial are of another version", () => {
    const bytes = written(1, [{ time: 1, partials: [] }])
    new DataView(bytes.buffer).setUint32(28, partialWords + 1, true)

    assert.throws(() => decodePartials(sealRecord(bytes, "partials", 0)), /version/)
  })
})
