/**
 * Runs contenders on files of several sizes, turn by turn, each run in a folder of its own. Promise: what each run of the largest file
 * has written is compared with the reference; what differs is counted and told.
 */
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { runChild } from "./Child.ts"
import { type Command, type Taken, taken } from "./PeersRun.ts"
import { get, median } from "./Rows.ts"

export const sizes = ["nothing", "tenth", "all"] as const
export type Size = typeof sizes[number]

export interface Contender {
  readonly name: string
  readonly command: (file: string, rows: string, state: string) => Promise<Command>
  /** Where its rows are in its state when it has ended. */
  readonly takeOut?: (state: string, rows: string) => Command
}

export class Measured {
  readonly name: string
  /** Rows of the largest file in all turns that are not those of the reference: another, missing, or twice there. */
  wrong = 0
  rows = 0
  private readonly runs = new Map<Size, Array<Taken>>()

  constructor(name: string) {
    this.name = name
  }

  add(size: Size, run: Taken): void {
    this.runs.set(size, [...this.runs.get(size) ?? [], run])
  }

  /** The median of all turns. */
  of(size: Size, figure: (run: Taken) => number): number {
    return median((this.runs.get(size) ?? []).map(figure))
  }

  cpuSeconds(size: Size): number {
    return this.of(size, ({ cpuSeconds }) => cpuSeconds)
  }
}

/** `files` by size; the rows in `reference` are those of the largest. */
export const measure = async (
  folder: string,
  contenders: ReadonlyArray<Contender>,
  files: Readonly<Record<Size, string>>,
  reference: string,
  turns: number
): Promise<ReadonlyArray<Measured>> => {
  const all = contenders.map((contender) => ({ contender, measured: new Measured(contender.name) }))
  for (let turn = 0; turn < turns; turn++) {
    for (const { contender, measured } of all) {
      for (const size of sizes) {
        const own = join(folder, "run")
        await mkdir(own)
        const [rows, state] = [join(own, "rows"), join(own, "state")]
        const run = await taken(await contender.command(files[size], rows, state))
        measured.add(size, run)
        // Some minutes pass before there is a table.
        console.error(`turn ${turn + 1}, ${contender.name}, ${size}: ${run.cpuSeconds.toFixed(1)} CPU-s`)
        if (size === "all") {
          if (contender.takeOut !== undefined) await taken(contender.takeOut(state, rows))
          const compared = await runChild("PeersCompare.ts", [reference, rows])
          measured.rows = get(compared, "rows")
          measured.wrong += get(compared, "different") + get(compared, "missing") + get(compared, "repeated")
        }
        await rm(own, { recursive: true })
      }
    }
  }
  return all.map(({ measured }) => measured)
}
