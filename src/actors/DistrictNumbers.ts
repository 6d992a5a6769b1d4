/**
 * The districts a shard has met, by number: what values and partials are marked with. Numbers start at 1, are given in the order of
 * first appearance and never change; 0 is none. Bounded: a district beyond `districtsMax` is none.
 */
import { sameBytes } from "../schemas/InternedStrings.ts"

/** Of one shard; a number takes at most 20 bits of a value. */
const districtsMax = 65_535

const encoder = new TextEncoder()

export class DistrictNumbers {
  private readonly ids: Array<string> = []
  private readonly numbers = new Map<string, number>()
  /** The bytes of the ids one behind the other; that of number `i` ends at `ends[i]`. */
  private arena = new Uint8Array(1_024)
  private readonly ends: Array<number> = [0]
  /** Changed since the last `write`. */
  changed = false

  of(id: string): number {
    let number = this.numbers.get(id)
    if (number === undefined) {
      if (this.ids.length === districtsMax) return 0
      number = this.ids.push(id)
      this.numbers.set(id, number)
      this.keepBytes(encoder.encode(id))
      this.changed = true
    }
    return number
  }

  private keepBytes(bytes: Uint8Array): void {
    const from = this.ends.at(-1) as number
    const to = from + bytes.length
    if (to > this.arena.length) {
      const grown = new Uint8Array(2 * to)
      grown.set(this.arena)
      this.arena = grown
    }
    this.arena.set(bytes, from)
    this.ends.push(to)
  }

  /** Whether the district of a number, which is not 0, has the id `bytes[from, to)`. */
  is(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    return sameBytes(this.arena, this.ends[number - 1] as number, this.ends[number] as number, bytes, from, to)
  }

  id(number: number): string {
    return this.ids[number - 1] as string
  }

  write(): Uint8Array {
    this.changed = false
    return encoder.encode(JSON.stringify(this.ids))
  }

  read(bytes: Uint8Array): void {
    const ids: ReadonlyArray<string> = JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))
    for (const id of ids) this.of(id)
    this.changed = false
  }
}
