/**
 * Memory for the partials of one district that wait or may still change, used again when they are gone: an array of its own for each,
 * or for each record they came with, would keep the collector busy. Chunked, so it never copies.
 */
import { partialWords } from "../schemas/PartialsCodec.ts"

const chunkBits = 5
const chunkPartials = 1 << chunkBits
const chunkMask = chunkPartials - 1

export class PartialPool {
  private readonly chunks: Array<Float64Array> = []
  private readonly free: Array<number> = []
  private used = 0

  /** A copy of the partial at `from[at…]`. */
  add(from: Float64Array, at: number): number {
    const partial = this.free.pop() ?? this.used++
    if (partial >> chunkBits === this.chunks.length) this.chunks.push(new Float64Array(chunkPartials * partialWords))
    const words = this.chunk(partial)
    const into = this.at(partial)
    for (let i = 0; i < partialWords; i++) words[into + i] = from[at + i] as number
    return partial
  }

  give(partial: number): void {
    this.free.push(partial)
  }

  /** The array a partial is in; it begins at `at(partial)`. */
  chunk(partial: number): Float64Array {
    return this.chunks[partial >> chunkBits] as Float64Array
  }
  at(partial: number): number {
    return (partial & chunkMask) * partialWords
  }

  /** A partial in an array of its own. */
  copy(partial: number): Float64Array {
    return this.chunk(partial).slice(this.at(partial), this.at(partial) + partialWords)
  }
}
