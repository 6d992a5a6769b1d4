/** The plain model of a shard beside what the city has stored of it, as pairs of rows that must be equal: those of the model come first. */
import type { BruteForce } from "./BruteForce.ts"
import type { StoredSensors } from "./CityRows.ts"
import { minute } from "./PlainDatastream.ts"
import { accountingRow } from "./StateRows.ts"

/** A mean may be rounded otherwise where it is summed otherwise. */
const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-3)

type Pair = readonly [expected: ReadonlyArray<string>, found: ReadonlyArray<string>]

export const againstBruteForce = (
  plain: BruteForce,
  { columns, late }: StoredSensors,
  accounting: ReadonlyArray<string>
): { readonly windows: Pair; readonly late: Pair; readonly accounting: Pair } => {
  const expected: Array<string> = []
  for (const [name, { sealed }] of plain.datastreams) {
    for (const [start, { count, last, max, min }] of sealed) {
      expected.push(`${name} ${start} ${count} ${min} ${max} ${last}`)
    }
  }
  const found: Array<string> = []
  for (const { count, last, max, mean, min, name, size, start } of columns) {
    if (size !== minute) continue
    const known = plain.datastreams.get(name)?.sealed.get(start)
    const isMean = known === undefined || isClose(mean, known.mean)
    found.push(
      `${name} ${start} ${count} ${min} ${max} ${last}${
        isMean ? "" : ` with a mean of ${mean} instead of ${known.mean}`
      }`
    )
  }
  const outcomes = Array.from(plain.datastreams, ([name, datastream]) => accountingRow(name, datastream.outcomes))
  return { windows: [expected, found], late: [plain.late, late], accounting: [outcomes, accounting] }
}
