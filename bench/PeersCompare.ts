/**
 * Compares the windows that two wrote: FILE FILE|FOLDER. Count, min, max and last must be the same, mean and variance within 1e-9. The last line
 * is JSON: how many rows the first has, and how many of the second are another, missing, or twice there.
 */
import { createReadStream, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"

const [reference = "", other = ""] = process.argv.slice(2)
const tolerance = 1e-9
/** Count, mean, variance, min, max, last; then whether it was seen. */
const words = 7

const filesOf = (path: string): ReadonlyArray<string> =>
  statSync(path).isFile() ? [path] : readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name))

const everyRow = async (path: string, visit: (key: string, values: ReadonlyArray<number>) => void): Promise<void> => {
  for (const file of filesOf(path)) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const fields = line.split(",")
      visit(fields.slice(0, 4).join(), fields.slice(4).map(Number))
    }
  }
}

const rowOf = new Map<string, number>()
const rows: Array<number> = []
await everyRow(reference, (key, values) => {
  rowOf.set(key, rows.length)
  rows.push(...values, 0)
})
const figures = { rows: rowOf.size, different: 0, missing: 0, repeated: 0 }
if (rows.length !== words * rowOf.size) throw new Error(`${reference} has a row twice, or one that is not whole`)

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))

let seen = 0
await everyRow(other, (key, values) => {
  const at = rowOf.get(key)
  if (at === undefined) {
    figures.different++
    return
  }
  if (rows[at + words - 1] === 1) figures.repeated++
  else seen++
  rows[at + words - 1] = 1
  const isSame = values.length === words - 1 && values.every((value, i) => {
    const expected = rows[at + i] ?? NaN
    return i === 1 || i === 2 ? isNear(expected, value) : expected === value
  })
  if (!isSame) figures.different++
})
figures.missing = rowOf.size - seen
console.log(JSON.stringify(figures))
