/**
 * The districts a shard has met, by number: what values and partials are marked with. Numbers start at 1, are given in the order of
 * first appearance and never change; 0 is none. Bounded: a district beyond `districtsMax` is none.
 */

/** Of one shard; a number takes at most 20 bits of a value. */
export const districtsMax = 65_535

const encoder = new TextEncoder()

export class DistrictNumbers {
  private readonly ids: Array<string> = []
  private readonly numbers = new Map<string, number>()
  /** Changed since the last `write`. */
  changed = false

  of(id: string): number {
    let number = this.numbers.get(id)
    if (number === undefined) {
      if (this.ids.length === districtsMax) return 0
      number = this.ids.push(id)
      this.numbers.set(id, number)
      this.changed = true
    }
    return number
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
