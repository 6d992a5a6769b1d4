/** Batches that are sent again, out of order, or never: applied once. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Producers } from "../../src/actors/Producers.ts"

const range = (from: number, to: number): ReadonlyArray<number> => Array.from({ length: to - from }, (_, i) => from + i)
const acceptedBy = (producers: Producers, sequences: ReadonlyArray<number>): ReadonlyArray<number> =>
  sequences.filter((sequence) => producers.accept("p", sequence))

describe("Producers", () => {
  it("accept each sequence once, in whatever order", () => {
    assert.deepStrictEqual(acceptedBy(new Producers(), [1, 2, 2, 1, 5, 4, 5, 3, 4, 6, 6]), [1, 2, 5, 4, 3, 6])
  })

  it.prop(
    "accept each sequence of an interleaved re-sending once, also when stored and restored in between",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))),
      Schema.Int.check(
        Schema.isBetween({ minimum: 0, maximum: 20 })
      )
    ],
    ([sequences, at]) => {
      const whole = new Producers()
      const first = new Producers()
      const expected = [...new Set(sequences)]

      const all = acceptedBy(whole, sequences)
      const before = acceptedBy(first, sequences.slice(0, at))
      const after = acceptedBy(new Producers(first.states), sequences.slice(at))

      assert.deepStrictEqual(all, expected)
      assert.deepStrictEqual([...before, ...after], expected)
    }
  )

  it("know producers apart", () => {
    const producers = new Producers()

    assert.isTrue(producers.accept("a", 1))
    assert.isTrue(producers.accept("b", 1))
    assert.isFalse(producers.accept("a", 1))
  })

  it("give a gap up after 1,024 batches beyond it, and never forget what was applied", () => {
    const producers = new Producers()

    assert.lengthOf(acceptedBy(producers, range(2, 3000)), 2998)

    assert.deepStrictEqual(acceptedBy(producers, range(1, 3000)), [])
    assert.deepStrictEqual(producers.states, [{ name: "p", through: 2999, ahead: [] }])
  })

  it("never go back when there are several gaps", () => {
    const producers = new Producers()
    // 1 and 1,000 never come; 5,000 neither.
    const sent = range(2, 6200).filter((sequence) => sequence !== 1000 && sequence !== 5000)

    // Each is sent again at once, and so is one of the first.
    assert.lengthOf(acceptedBy(producers, sent.flatMap((sequence) => [sequence, sequence, 3])), sent.length)

    assert.deepStrictEqual(acceptedBy(producers, range(1, 5000)), [])
    assert.deepStrictEqual(acceptedBy(producers, sent), [])
    const [state] = producers.states
    assert.isAtLeast(state?.through ?? 0, 4999)
    assert.isAtMost(state?.ahead.length ?? 0, 1024)
  })

  it("keep at most 1,024 sequences beyond a gap when every second batch is lost", () => {
    const producers = new Producers()
    const sent = range(1, 6000).map((i) => 2 * i)

    assert.lengthOf(acceptedBy(producers, sent), sent.length)

    assert.isAtMost(producers.states[0]?.ahead.length ?? 0, 1024)
    assert.deepStrictEqual(acceptedBy(producers, sent), [])
  })

  it("keep 256 producers and forget the one that was silent longest", () => {
    const producers = new Producers()
    for (const i of range(0, 256)) producers.accept(`p${i}`, 1)
    producers.accept("p0", 2)
    producers.accept("new", 1)

    const names = new Set(producers.states.map(({ name }) => name))
    assert.strictEqual(names.size, 256)
    assert.isTrue(names.has("p0"))
    assert.isFalse(names.has("p1"))
    assert.deepStrictEqual(new Producers(producers.states).states, producers.states)
  })
})
