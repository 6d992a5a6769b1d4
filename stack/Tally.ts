/** Rows that must be and rows that are, compared part by part; of those that agree only the number is kept. */
import { compareRows, type Comparison } from "./CompareContents.ts"

/** Equal rows are told apart by their number, so that one that is there twice is seen. */
const numbered = (rows: ReadonlyArray<string>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  return rows.map((row) => {
    const count = (counts.get(row) ?? 0) + 1
    counts.set(row, count)
    return count === 1 ? row : `${row} #${count}`
  })
}

export class Tally implements Comparison {
  readonly what: string
  rows = 0
  missing = 0
  added = 0
  example: string | undefined

  constructor(what: string) {
    this.what = what
  }

  /** Rows of one part are in no other. */
  compare(expected: ReadonlyArray<string>, found: ReadonlyArray<string>): void {
    const { added, example, missing, rows } = compareRows(this.what, numbered(expected), numbered(found))
    this.rows += rows
    this.missing += missing
    this.added += added
    this.example ??= example
  }
}
