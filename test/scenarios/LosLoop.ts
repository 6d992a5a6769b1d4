/** The recorded Los Angeles loop detectors as an oracle: every window computed from the CSV by the obvious formulas. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const losLoopFolder = fileURLToPath(new URL("../../../shared/data/los-loop", import.meta.url))
export const hasLosLoop = existsSync(losLoopFolder)
/** Why a test is skipped without it. */
export const needsLosLoop = "needs the los-loop recording beside the project (shared/data/los-loop)"

/** 2012-03-01 00:00 in Los Angeles is 08:00 UTC; the clock goes forward on the 11th, after the recording. */
const start = Date.UTC(2012, 2, 1, 8)
const step = 300_000
const toKilometresPerHour = 1.609344

export interface OracleWindow {
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  readonly last: number
}

/** Results of each sensor in km/h, in order of time, by row. */
export const readResults = async (
  folder: string = losLoopFolder
): Promise<ReadonlyMap<string, ReadonlyArray<number>>> => {
  const [header = "", ...rows] = (await readFile(`${folder}/speed.csv`, "utf8")).trim().split(/\r?\n/)
  const ids = header.split(",")
  const table = rows.map((row) => row.split(",").map(Number))
  return new Map(ids.map((id, column) => [id, table.map((row) => (row[column] ?? NaN) * toKilometresPerHour)]))
}

/**
 * The first rows of the recording, as a recording of the same name in `folder`, which is made; in one of them, where it is given, all
 * traffic stands.
 */
export const shortRecording = (folder: string, rows: number, standstillRow?: number): string => {
  const recording = join(folder, "los-loop")
  mkdirSync(recording, { recursive: true })
  const lines = readFileSync(join(losLoopFolder, "speed.csv"), "utf8").split("\n")
  const kept = lines.slice(0, rows + 1).map((line, row) =>
    row - 1 === standstillRow ? line.split(",").map(() => "0").join(",") : line
  )
  writeFileSync(join(recording, "speed.csv"), `${kept.join("\n")}\n`)
  for (const file of ["locations.csv", "adjacency.csv"]) symlinkSync(join(losLoopFolder, file), join(recording, file))
  return recording
}

/** Windows of `size` milliseconds by their start. */
export const windowsOf = (results: ReadonlyArray<number>, size: number): ReadonlyMap<number, OracleWindow> => {
  const groups = new Map<number, Array<number>>()
  for (const [row, result] of results.entries()) {
    const time = start + row * step
    const windowStart = Math.floor(time / size) * size
    groups.set(windowStart, [...groups.get(windowStart) ?? [], result])
  }
  return new Map(Array.from(groups, ([windowStart, group]) => {
    const mean = group.reduce((sum, x) => sum + x, 0) / group.length
    return [windowStart, {
      count: group.length,
      mean,
      variance: group.reduce((sum, x) => sum + (x - mean) ** 2, 0) / group.length,
      min: Math.min(...group),
      max: Math.max(...group),
      last: group.at(-1) ?? NaN
    }]
  }))
}
