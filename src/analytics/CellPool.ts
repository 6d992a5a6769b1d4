/**
 * A bounded pool of four-word cells (32 B) per shard: open panes and the raw values in them, as linked lists.
 * Chunked, so it never copies; freed cells are used again; at its limit `take` returns −1 and the caller counts an overflow.
 */
const chunkBits = 11
const chunkCells = 1 << chunkBits
const chunkMask = chunkCells - 1
export const cellWords = 4

export class CellPool {
  private readonly chunks: Array<Float64Array> = []
  private free = -1
  private fresh = 0
  /** Cells in use. */
  used = 0
  readonly cellsMax: number

  constructor(cellsMax: number) {
    this.cellsMax = cellsMax
  }

  /** A cell, or −1 at the limit. Its words hold what was there before. */
  take(): number {
    if (this.free >= 0) {
      const cell = this.free
      this.free = (this.chunk(cell)[this.at(cell)] as number) | 0
      this.used++
      return cell
    }
    if (this.fresh === this.cellsMax) return -1
    const cell = this.fresh++
    if (cell >> chunkBits === this.chunks.length) this.chunks.push(new Float64Array(chunkCells * cellWords))
    this.used++
    return cell
  }

  give(cell: number): void {
    this.chunk(cell)[this.at(cell)] = this.free
    this.free = cell
    this.used--
  }

  /** The array a cell is in; its words start at `at(cell)`. */
  chunk(cell: number): Float64Array {
    return this.chunks[cell >> chunkBits] as Float64Array
  }
  at(cell: number): number {
    return (cell & chunkMask) * cellWords
  }

  get bytes(): number {
    return this.chunks.length * chunkCells * cellWords * 8
  }
}
