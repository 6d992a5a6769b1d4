/**
 * A pool of cells of a few words, linked into lists by whoever takes them: of a shard the open panes and the raw values in them
 * (four words, 32 B), and what is kept of those panes. Chunked, so it never copies; freed cells are used again; where it has a
 * limit, `take` returns −1 there and the caller counts an overflow.
 */
const chunkBits = 11
const chunkCells = 1 << chunkBits
const chunkMask = chunkCells - 1

/** The next of a list in the last word of a cell: its low 32 bits, signed, are 2 × the next one + a flag; −2 or −1 at the end. */
export const nextOf = (link: number): number => (link | 0) >> 1

export class CellPool {
  private readonly chunks: Array<Float64Array> = []
  private free = -1
  private fresh = 0
  /** Cells in use. */
  used = 0
  readonly cellsMax: number
  private readonly wordBits: number
  private readonly lastWord: number

  /** Of `2 ** wordBits` words each. */
  constructor(cellsMax: number, wordBits = 2) {
    this.cellsMax = cellsMax
    this.wordBits = wordBits
    this.lastWord = 2 ** wordBits - 1
  }

  /** A cell, or −1 at the limit. Its words hold what was there before. */
  take(): number {
    if (this.free >= 0) {
      const cell = this.free
      this.free = nextOf(this.chunk(cell)[this.at(cell) + this.lastWord] as number)
      this.used++
      return cell
    }
    if (this.fresh === this.cellsMax) return -1
    const cell = this.fresh++
    if (cell >> chunkBits === this.chunks.length) this.chunks.push(new Float64Array(chunkCells << this.wordBits))
    this.used++
    return cell
  }

  give(cell: number): void {
    this.giveList(cell, cell, 1)
  }

  /** All cells of a list, whose links are in their last words. */
  giveList(first: number, last: number, cells: number): void {
    this.chunk(last)[this.at(last) + this.lastWord] = 2 * this.free
    this.free = first
    this.used -= cells
  }

  /** The array a cell is in; its words start at `at(cell)`. */
  chunk(cell: number): Float64Array {
    return this.chunks[cell >> chunkBits] as Float64Array
  }
  at(cell: number): number {
    return (cell & chunkMask) << this.wordBits
  }

  get bytes(): number {
    return this.chunks.length * (chunkCells << this.wordBits) * 8
  }
}
