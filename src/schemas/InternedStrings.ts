/**
 * Strings that come again and again as bytes (districts, sources, producers), decoded once. Bounded: a string takes the place of another
 * whose bytes fall together with its own.
 */

// Ids keep what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

interface Interned {
  readonly bytes: Uint8Array
  readonly text: string
}

/** A power of two. */
const entriesMax = 8_192

export class InternedStrings {
  private readonly entries: Array<Interned | undefined> = Array.from({ length: entriesMax }, () => undefined)

  /** The string of `bytes[from, to)`. */
  of(bytes: Uint8Array, from: number, to: number): string {
    // FNV-1a (Fowler, Noll, Vo), its bits spread as the lowest ones choose the place.
    let hash = 0x811c9dc5
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    const at = (hash ^ (hash >>> 15)) & (entriesMax - 1)
    const known = this.entries[at]
    if (known !== undefined && sameBytes(known.bytes, 0, known.bytes.length, bytes, from, to)) return known.text
    const own = bytes.slice(from, to)
    const text = decoder.decode(own)
    this.entries[at] = { bytes: own, text }
    return text
  }
}

/** Whether `a[fromA, toA)` and `b[fromB, toB)` are the same. */
export const sameBytes = (
  a: Uint8Array,
  fromA: number,
  toA: number,
  b: Uint8Array,
  fromB: number,
  toB: number
): boolean => {
  if (toA - fromA !== toB - fromB) return false
  for (let i = fromA, j = fromB; i < toA; i++, j++) if (a[i] !== b[j]) return false
  return true
}
