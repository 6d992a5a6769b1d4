/**
 * The report of a run: the machine, and part by part what was measured, by which command, when, how busy the machine was, how far
 * that is from its goal, and where the time goes. As Markdown for people and JSON for programs; both say the same.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, loadavg, release, totalmem } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Profile } from "./CpuProfile.ts"
import type { Row } from "./Rows.ts"

/** How far a figure is from its goal; `undefined` where there is no goal, or none that is one number. */
export interface Judged {
  readonly isMet: boolean
  /** Measured through goal; none where the goal is 0. */
  readonly ratio: number | undefined
}

export interface PartReport {
  readonly part: string
  readonly command: string
  /** RFC 3339. */
  readonly begun: string
  readonly ended: string
  /** Processes that wanted to run, mean of the minute before it began and before it ended; its own in the second. */
  readonly loadBefore: number
  readonly loadAfter: number
  readonly rows: ReadonlyArray<Row>
  readonly profiles: ReadonlyArray<Profile>
  /** Why it gave no rows. */
  readonly failure: string | undefined
}

export interface Machine {
  readonly processors: string
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly commit: string
}

const git = (...args: ReadonlyArray<string>): string => {
  const options = { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" } as const
  try {
    return execFileSync("git", args, { ...options, stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return ""
  }
}

export const machine = (): Machine => {
  const commit = git("rev-parse", "--short", "HEAD")
  const isChanged = git("status", "--porcelain", "--untracked-files=no") !== ""
  return {
    processors: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
    node: process.version,
    commit: commit === "" ? "not a checkout" : isChanged ? `${commit} with changes` : commit
  }
}

export const load = (): number => loadavg()[0] ?? NaN

const numeral = String.raw`[+−-]?[\d,]+(?:\.\d+)?`
const numberOf = (text: string): number => Number(text.replaceAll(",", "").replace("−", "-"))

/**
 * A goal is "≤ 20 ms" or "p99 ≤ 20 ms"; what is measured is the last number with that unit: "2.1 ms, 48.9 ms". Or it is "0", and all of
 * "0; 0; 0" have to be.
 */
export const judged = ([, value, goal]: Row): Judged | undefined => {
  if (goal === "0") return { isMet: value.split("; ").every((each) => numberOf(each) === 0), ratio: undefined }
  const [, relation, limit = "", unit = ""] = new RegExp(`([≥≤]) (${numeral})(?: (\\S+))?$`).exec(goal) ?? []
  if (relation === undefined) return undefined
  const before = String.raw`(?<![\d.,])`
  const after = unit === "" ? "" : ` ${unit.replace(/[^\w]/g, "\\$&")}(?![\\w/])`
  const found = Array.from(value.matchAll(new RegExp(`${before}(${numeral})${after}`, "g"))).at(-1)?.[1]
  if (found === undefined) return undefined
  const measured = numberOf(found)
  const wanted = numberOf(limit)
  return { isMet: relation === "≥" ? measured >= wanted : measured <= wanted, ratio: measured / wanted }
}

const inWords = (judgement: Judged | undefined): string =>
  judgement === undefined
    ? ""
    : `${judgement.isMet ? "met" : "**missed**"}${
      judgement.ratio === undefined || judgement.ratio < 0 ? "" : `, ${(100 * judgement.ratio).toFixed(0)} %`
    }`

const minutes = (text: string): string => text.slice(0, 16).replace("T", " ")

export const markdownPart = (part: PartReport): string =>
  [
    `## ${part.part}`,
    "",
    `\`${part.command}\`, ${minutes(part.begun)} to ${part.ended.slice(11, 16)} UTC, load average ${
      part.loadBefore.toFixed(1)
    } before, ${part.loadAfter.toFixed(1)} in the end.`,
    "",
    ...(part.failure === undefined ? [] : [`Failed: ${part.failure}`, ""]),
    ...(part.rows.length === 0 ? [] : [
      "| figure | measured | goal | of the goal |",
      "|---|---|---|---|",
      ...part.rows.map((row) => `| ${[...row, inWords(judged(row))].join(" | ")} |`),
      ""
    ]),
    ...part.profiles.flatMap(({ folders, functions, name }) => [
      `Where the time goes, ${name}: ${folders.join(", ")}. Functions: ${functions.join(", ")}.`,
      ""
    ])
  ].join("\n")

export const markdownHeading = ({ commit, kernel, memoryGiB, node, processors }: Machine): string =>
  `# Benchmarks\n\n${processors}, ${memoryGiB} GiB, ${kernel}, Node ${node}, commit ${commit}.\n`

/** Both forms, in the place of what is there. */
export const writeReport = (folder: string, on: Machine, parts: ReadonlyArray<PartReport>): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "report.md"), [markdownHeading(on), ...parts.map(markdownPart)].join("\n"))
  writeFileSync(join(folder, "report.json"), json(on, parts))
}

const json = (on: Machine, parts: ReadonlyArray<PartReport>): string =>
  `${
    JSON.stringify(
      {
        machine: on,
        parts: parts.map(({ rows, ...part }) => ({
          ...part,
          figures: rows.map((row) => ({ figure: row[0], measured: row[1], goal: row[2], ...judged(row) }))
        }))
      },
      undefined,
      2
    )
  }\n`
