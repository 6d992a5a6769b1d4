/**
 * Finds the district of a place: a uniform grid over the map, then an exact test against the few edges in the place's row.
 * Hot path: plain typed arrays, nothing allocated per look-up.
 *
 * Promise: exact on the log's grid of 10⁻⁷ degrees: the answer is that of integer arithmetic, border included. A place on a
 * border belongs to the district; one that lies in several, inside or on the border, to the first in `pieces`.
 */

/** One polygon of a district: rings of x, y, x, y, … on the grid, closed; the outer ring first. */
export interface Piece {
  readonly district: number
  readonly rings: ReadonlyArray<Int32Array>
}

const sideMax = 512
/** Edge entries over all rows: 16 bytes each. */
const entriesMax = 8_000_000

interface Box {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
}

export class DistrictIndex {
  private readonly box: Box
  private readonly columns: number
  private readonly rows: number
  private readonly width: number
  private readonly height: number
  /** Where the candidates of a square start; pieces, or `~piece` for one that covers the whole square. */
  private readonly squareFrom: Int32Array
  private readonly candidates: Int32Array
  /** `rowBase[piece] + row` is where in `edgeFrom` the edges of a piece in a row start. */
  private readonly rowBase: Int32Array
  private readonly edgeFrom: Int32Array
  /** x1, y1, x2, y2 of each edge, once per row it passes. */
  private readonly edges: Int32Array
  private readonly districtOf: Int32Array

  constructor(pieces: ReadonlyArray<Piece>) {
    const boxes = pieces.map(boxOf)
    this.box = boxes.reduce(union, { minX: 0x7fffffff, minY: 0x7fffffff, maxX: -0x80000000, maxY: -0x80000000 })
    const side = Math.min(sideMax, Math.max(8, Math.ceil(Math.sqrt(64 * pieces.length))))
    this.columns = side
    this.width = Math.ceil((this.box.maxX - this.box.minX + 1) / side)
    let rows = side
    while (rows > 8 && entriesOf(pieces, this.heightOf(rows)) > entriesMax) rows >>= 1
    this.rows = rows
    this.height = this.heightOf(rows)
    this.districtOf = Int32Array.from(pieces, ({ district }) => district)
    this.rowBase = new Int32Array(pieces.length)
    this.edgeFrom = new Int32Array(boxes.reduce((sum, box) => sum + this.row(box.maxY) - this.row(box.minY) + 2, 0))
    this.edges = this.sortEdges(pieces, boxes)
    const squares = this.fillSquares(pieces, boxes)
    this.squareFrom = new Int32Array(squares.length + 1)
    for (let i = 0; i < squares.length; i++) {
      this.squareFrom[i + 1] = (this.squareFrom[i] as number) + (squares[i] as Array<number>).length
    }
    this.candidates = Int32Array.from(squares.flat())
  }

  /** The district at a place on the grid, −1 outside all. */
  at(x: number, y: number): number {
    const { box, candidates, squareFrom } = this
    if (!(x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY)) return -1
    const row = this.row(y)
    const square = row * this.columns + this.column(x)
    const to = squareFrom[square + 1] as number
    for (let i = squareFrom[square] as number; i < to; i++) {
      const piece = candidates[i] as number
      if (piece < 0) return this.districtOf[~piece] as number
      if (this.contains(piece, row, x, y)) return this.districtOf[piece] as number
    }
    return -1
  }

  private heightOf(rows: number): number {
    return Math.ceil((this.box.maxY - this.box.minY + 1) / rows)
  }
  private row(y: number): number {
    return Math.floor((y - this.box.minY) / this.height)
  }
  private column(x: number): number {
    return Math.floor((x - this.box.minX) / this.width)
  }

  /** Even-odd over the edges that reach into the row; on an edge counts as inside. */
  private contains(piece: number, row: number, x: number, y: number): boolean {
    const { edgeFrom, edges } = this
    const base = (this.rowBase[piece] as number) + row
    const to = 4 * (edgeFrom[base + 1] as number)
    let inside = false
    for (let at = 4 * (edgeFrom[base] as number); at < to; at += 4) {
      const y1 = edges[at + 1] as number
      const y2 = edges[at + 3] as number
      if (y1 < y ? y2 < y : y1 > y && y2 > y) continue
      const x1 = edges[at] as number
      const x2 = edges[at + 2] as number
      if (y1 === y2) {
        if (x1 < x2 ? x >= x1 && x <= x2 : x >= x2 && x <= x1) return true
        continue
      }
      const side = sideOf(x1, y1, x2, y2, x, y)
      if (side === 0) return true
      if ((y1 > y) !== (y2 > y) && (side > 0) === (y2 > y1)) inside = !inside
    }
    return inside
  }

  private sortEdges(pieces: ReadonlyArray<Piece>, boxes: ReadonlyArray<Box>): Int32Array {
    const { edgeFrom, rowBase } = this
    let base = 0
    for (let piece = 0; piece < pieces.length; piece++) {
      const { maxY, minY } = boxes[piece] as Box
      rowBase[piece] = base - this.row(minY)
      base += this.row(maxY) - this.row(minY) + 2
    }
    const eachEntry = (visit: (entry: number, x1: number, y1: number, x2: number, y2: number) => void): void => {
      for (let piece = 0; piece < pieces.length; piece++) {
        eachEdge(pieces[piece] as Piece, (x1, y1, x2, y2) => {
          const to = this.row(Math.max(y1, y2))
          for (let row = this.row(Math.min(y1, y2)); row <= to; row++) {
            visit((rowBase[piece] as number) + row, x1, y1, x2, y2)
          }
        })
      }
    }
    eachEntry((entry) => edgeFrom[entry + 1] = (edgeFrom[entry + 1] as number) + 1)
    for (let i = 1; i < edgeFrom.length; i++) edgeFrom[i] = (edgeFrom[i] as number) + (edgeFrom[i - 1] as number)
    const next = edgeFrom.slice()
    const edges = new Int32Array(4 * (edgeFrom[edgeFrom.length - 1] as number))
    eachEntry((entry, x1, y1, x2, y2) => {
      const at = next[entry] as number
      next[entry] = at + 1
      edges.set([x1, y1, x2, y2], 4 * at)
    })
    return edges
  }

  private fillSquares(pieces: ReadonlyArray<Piece>, boxes: ReadonlyArray<Box>): ReadonlyArray<Array<number>> {
    const squares = Array.from({ length: this.rows * this.columns }, (): Array<number> => [])
    for (let piece = 0; piece < pieces.length; piece++) {
      const { maxX, maxY, minX, minY } = boxes[piece] as Box
      const border = this.borderSquares(pieces[piece] as Piece)
      const [fromColumn, toColumn] = [this.column(minX), this.column(maxX)]
      for (let row = this.row(minY); row <= this.row(maxY); row++) {
        let covered: boolean | undefined = undefined
        for (let column = fromColumn; column <= toColumn; column++) {
          const square = row * this.columns + column
          const entries = squares[square] as Array<number>
          const isBorder = border.has(square)
          // Without a border between them, squares side by side are both inside or both outside.
          if (isBorder) covered = undefined
          else covered ??= this.contains(piece, row, ...this.middle(row, column))
          if ((!isBorder && covered !== true) || (entries.at(-1) ?? 0) < 0) continue
          entries.push(isBorder ? piece : ~piece)
        }
      }
    }
    return squares
  }

  private middle(row: number, column: number): readonly [number, number] {
    const { box, height, width } = this
    return [box.minX + column * width + (width >> 1), box.minY + row * height + (height >> 1)]
  }

  /** The squares which an edge of the piece passes or might pass. */
  private borderSquares(piece: Piece): ReadonlySet<number> {
    const { box, columns, height } = this
    const found = new Set<number>()
    eachEdge(piece, (x1, y1, x2, y2) => {
      const [low, high] = [Math.min(y1, y2), Math.max(y1, y2)]
      const xAt = (y: number): number => x1 + (y - y1) / (y2 - y1) * (x2 - x1)
      for (let row = this.row(low); row <= this.row(high); row++) {
        const from = Math.max(low, box.minY + row * height)
        const to = Math.min(high, box.minY + (row + 1) * height)
        const [xa, xb] = y1 === y2 ? [x1, x2] : [xAt(from), xAt(to)]
        const last = this.column(Math.min(box.maxX, Math.max(xa, xb) + 1))
        for (let column = this.column(Math.max(box.minX, Math.min(xa, xb) - 1)); column <= last; column++) {
          found.add(row * columns + column)
        }
      }
    })
    return found
  }
}

/**
 * On which side of the line from 1 to 2 a place lies: above 0 left, below 0 right, 0 on it. Exact: products of differences
 * of coordinates are below 2⁶⁵, so doubles say the sign unless it is close, and then BigInt does.
 */
export const sideOf = (x1: number, y1: number, x2: number, y2: number, x: number, y: number): number => {
  const left = (x2 - x1) * (y - y1)
  const right = (y2 - y1) * (x - x1)
  const difference = left - right
  const size = Math.abs(left) + Math.abs(right)
  if (size <= Number.MAX_SAFE_INTEGER || Math.abs(difference) > size * 1e-15) return difference
  return Number(BigInt(x2 - x1) * BigInt(y - y1) - BigInt(y2 - y1) * BigInt(x - x1))
}

const eachEdge = (piece: Piece, visit: (x1: number, y1: number, x2: number, y2: number) => void): void => {
  for (const ring of piece.rings) {
    for (let i = 2; i < ring.length; i += 2) {
      visit(ring[i - 2] as number, ring[i - 1] as number, ring[i] as number, ring[i + 1] as number)
    }
  }
}

const boxOf = (piece: Piece): Box => {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity]
  eachEdge(piece, (x, y) => {
    minX = Math.min(minX, x)
    minY = Math.min(minY, y)
    maxX = Math.max(maxX, x)
    maxY = Math.max(maxY, y)
  })
  return { minX, minY, maxX, maxY }
}

const union = (one: Box, other: Box): Box => ({
  minX: Math.min(one.minX, other.minX),
  minY: Math.min(one.minY, other.minY),
  maxX: Math.max(one.maxX, other.maxX),
  maxY: Math.max(one.maxY, other.maxY)
})

/** Edge entries that rows of this height make, at most. */
const entriesOf = (pieces: ReadonlyArray<Piece>, height: number): number => {
  let entries = 0
  for (const piece of pieces) {
    eachEdge(piece, (_x1, y1, _x2, y2) => entries += Math.floor(Math.abs(y2 - y1) / height) + 2)
  }
  return entries
}
