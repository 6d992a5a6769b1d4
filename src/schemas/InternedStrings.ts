/**
 * Strings that come again and again as bytes (districts, sources, producers), decoded once. Bounded: where there is no room near its
 * place a string takes that of another.
 */

// Ids keep what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

interface Interned {
  readonly bytes: Uint8Array
  readonly text: string
}

/** A power of two. */
const entriesMax = 16_384
/** Places a string may be in. */
const probes = 8

export class InternedStrings {
  private readonly entries: Array<Interned | undefined> = Array.from({ length: entriesMax }, () => undefined)

  /** The string of `bytes[from, to)`. */
  of(bytes: Uint8Array, from: number, to: number): string {
    // FNV-1a (Fowler, Noll, Vo), its bits spread as the lowest ones choose the place.
    let hash = 0x811c9dc5
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    const home = (hash ^ (hash >>> 15)) & (entriesMax - 1)
    let at = home
    for (let probe = 0; probe < probes; probe++) {
      at = (home + probe) & (entriesMax - 1)
      const known = this.entries[at]
      if (known === undefined) return this.put(at, bytes.slice(from, to))
      if (sameBytes(known.bytes, 0, known.bytes.length, bytes, from, to)) return known.text
    }
    return this.put(home, bytes.slice(from, to))
  }

  private put(at: number, bytes: Uint8Array): string {
    const text = decoder.decode(bytes)
    this.entries[at] = { bytes, text }
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
