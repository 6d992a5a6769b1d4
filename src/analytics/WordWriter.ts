/** A growing array of 64-bit words: where state is written before it goes to the store. Reused from commit to commit. */
export class WordWriter {
  words = new Float64Array(4096)
  length = 0

  /** Makes room for `extra` more words. */
  reserve(extra: number): void {
    if (this.length + extra <= this.words.length) return
    const grown = new Float64Array(Math.max(2 * this.words.length, this.length + extra))
    grown.set(this.words)
    this.words = grown
  }

  /** Copies `count` words of `from`, starting at `at`. */
  copy(from: Float64Array, at: number, count: number): void {
    this.reserve(count)
    this.words.set(from.subarray(at, at + count), this.length)
    this.length += count
  }

  /** The bytes of the words `[from, length)`: a view that is valid until the writer is written to again from the start. */
  view(from: number): Uint8Array {
    return new Uint8Array(this.words.buffer, 8 * from, 8 * (this.length - from))
  }

  /** What was written, as bytes of its own; empties the writer. */
  take(): Uint8Array {
    const bytes = this.view(0).slice()
    this.length = 0
    return bytes
  }
}

/** Stored words back: a copy, because drivers give views of larger buffers (and `slice` of a Buffer is one, too). */
export const wordsOf = (bytes: Uint8Array): Float64Array => new Float64Array(new Uint8Array(bytes).buffer)
