/**
 * State as rows of at most `pieceBytes`, and back. Promise: `joinPieces` of the rows that a commit left gives the very
 * bytes of its newest version, also where an older, longer version left pieces behind.
 */
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StageName, StatePart } from "../../ports/ShardStore.ts"
import { byteas, int4s } from "./PostgresArrays.ts"
import type { Run } from "./PostgresTransaction.ts"

/** Two versions of a row and three line pointers fit a page of 8 kB: with 4032 the third version already leaves its page. */
export const pieceBytes = 4_000
/** Of one statement: what is copied into the socket while nothing else runs. */
const statementBytes = 256 * 1024
/** Rows of one page of a load. */
const pageRows = 500

export type PieceTable = "state_group" | "baseline"

const upsert = (table: PieceTable) =>
  `INSERT INTO internal.${table} (stage, shard, number, piece, pieces, bytes)
  SELECT $1, $2::int4, n.number, n.piece, n.pieces, n.bytes
  FROM (SELECT unnest($3::int4[]) AS number, unnest($4::int4[]) AS piece, unnest($5::int4[]) AS pieces,
    unnest($6::bytea[]) AS bytes) n
  ON CONFLICT (stage, shard, number, piece) DO UPDATE SET pieces = excluded.pieces, bytes = excluded.bytes`

const select = (table: PieceTable) =>
  `SELECT number, piece, pieces, bytes FROM internal.${table}
  WHERE stage = $1 AND shard = $2::int4 AND (number, piece) > ($3::int4, $4::int4)
  ORDER BY number, piece LIMIT ${pageRows}`

interface Pieces {
  readonly number: Array<number>
  readonly piece: Array<number>
  readonly pieces: Array<number>
  readonly bytes: Array<Uint8Array>
}

const emptyPieces = (): Pieces => ({ number: [], piece: [], pieces: [], bytes: [] })

/** Statements' worth of pieces; of a number that is given twice the last counts. */
function* cut(parts: ReadonlyArray<StatePart>): Generator<Pieces> {
  const last = new Map(parts.map(({ bytes, number }) => [number, bytes]))
  let pending = emptyPieces()
  let size = 0
  for (const [number, bytes] of last) {
    const count = Math.max(1, Math.ceil(bytes.length / pieceBytes))
    for (let piece = 0; piece < count; piece++) {
      const cutting = bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
      pending.number.push(number)
      pending.piece.push(piece)
      pending.pieces.push(count)
      pending.bytes.push(cutting)
      size += cutting.length + 64
      if (size >= statementBytes) {
        yield pending
        pending = emptyPieces()
        size = 0
      }
    }
  }
  if (pending.number.length > 0) yield pending
}

export const writePieces = Effect.fnUntraced(function*(
  run: Run,
  table: PieceTable,
  stage: StageName,
  shard: number,
  parts: ReadonlyArray<StatePart>
): Effect.fn.Return<void, SqlError> {
  const statement = upsert(table)
  for (const { bytes, number, piece, pieces } of cut(parts)) {
    const columns = [int4s(Int32Array.from(number)), int4s(Int32Array.from(piece)), int4s(Int32Array.from(pieces))]
    yield* run(statement, [stage, shard, ...columns, byteas(bytes)])
  }
})

/** Joins rows in the order of number and piece. */
class Joiner {
  readonly parts: Array<StatePart> = []
  private number = -1
  private missing = 0
  private gathered: Array<Uint8Array> = []

  /** False where a piece is missing. */
  add(number: number, piece: number, pieces: number, bytes: Uint8Array): boolean {
    if (piece === 0) {
      if (this.missing > 0) return false
      this.number = number
      this.missing = pieces
      this.gathered = []
    } else if (number !== this.number || this.missing === 0) {
      // Left over from a longer version: piece 0 says how many count.
      return number === this.number
    }
    if (piece !== this.gathered.length) return false
    this.gathered.push(bytes)
    this.missing -= 1
    if (this.missing === 0) this.parts.push({ number, bytes: concat(this.gathered) })
    return true
  }

  get isComplete(): boolean {
    return this.missing === 0
  }
}

/** Always a copy: what the client hands out is a view that would keep its whole receive buffer alive. */
const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The parts of a shard by number, or `undefined` where the rows do not make them up (damage from outside). */
export const readPieces = Effect.fnUntraced(function*(
  run: Run,
  table: PieceTable,
  stage: StageName,
  shard: number
): Effect.fn.Return<ReadonlyArray<StatePart> | undefined, SqlError> {
  const joiner = new Joiner()
  const statement = select(table)
  let after: readonly [number: number, piece: number] = [-1, -1]
  while (true) {
    const rows = yield* run(statement, [stage, shard, ...after])
    for (const row of rows) {
      const [number, piece, pieces, bytes] = row as [number, number, number, Uint8Array]
      if (!joiner.add(number, piece, pieces, bytes)) return undefined
      after = [number, piece]
    }
    if (rows.length < pageRows) return joiner.isComplete ? joiner.parts : undefined
  }
})
