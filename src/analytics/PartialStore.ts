/**
 * Partials one behind the other in memory that is used again: an array of their own for each, or for each record they came with, would
 * keep the collector busy. What is added stays until all is cleared.
 */
import { partialWords } from "../schemas/PartialsCodec.ts"

/** Partials a store begins with; it grows by doubling. */
const firstSize = 16
/** Arrays of each size that are kept to be used again. */
const keptMax = 128
const kept = new Map<number, Array<Float64Array>>()
const none: Float64Array = new Float64Array(0)

const take = (partials: number): Float64Array => kept.get(partials)?.pop() ?? new Float64Array(partials * partialWords)

const give = (words: Float64Array): void => {
  if (words.length === 0) return
  const partials = words.length / partialWords
  let arrays = kept.get(partials)
  if (arrays === undefined) kept.set(partials, arrays = [])
  if (arrays.length < keptMax) arrays.push(words)
}

export class PartialStore {
  /** Replaced when the store grows. */
  words: Float64Array = none
  private length = 0

  /** Copies the partial at `from[at…]`; where it begins in `words`. */
  add(from: Float64Array, at: number): number {
    if (this.length === this.words.length) this.grow()
    const into = this.length
    const { words } = this
    for (let i = 0; i < partialWords; i++) words[into + i] = from[at + i] as number
    this.length += partialWords
    return into
  }

  /** The partial that begins there, in an array of its own. */
  copy(at: number): Float64Array {
    return this.words.slice(at, at + partialWords)
  }

  clear(): void {
    give(this.words)
    this.words = none
    this.length = 0
  }

  private grow(): void {
    const before = this.words
    this.words = take(before.length === 0 ? firstSize : 2 * before.length / partialWords)
    this.words.set(before)
    give(before)
  }
}
