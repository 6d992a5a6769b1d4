/** Profiles of processes: how one is started so that it leaves one, and what it left. */
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type CpuProfileFile, type Profile, profileOf } from "./CpuProfile.ts"

/** Of its whole life: arguments of node, or words of NODE_OPTIONS. It ends as it would, and then writes. */
export const profiling = (folder: string, name: string): ReadonlyArray<string> => [
  "--cpu-prof",
  `--cpu-prof-dir=${join(folder, name)}`
]

const read = (file: string, called: string): Profile =>
  profileOf(called, JSON.parse(readFileSync(file, "utf8")) as CpuProfileFile)

/** Of its main thread, which is the one that was busy. */
export const profileLeft = (folder: string, name: string, called: string): Profile => {
  const below = join(folder, name)
  const profiles = readdirSync(below).filter((file) => file.endsWith(".cpuprofile")).map((file) =>
    read(join(below, file), called)
  )
  const [busiest] = profiles.toSorted((a, b) => b.busySeconds - a.busySeconds)
  if (busiest === undefined) throw new Error(`${called}: the process left no profile in ${below}`)
  return busiest
}

/** A process with ProfileAtSignal.ts. */
export interface Profiled {
  readonly pid: () => number
  /** BENCH_PROFILE. */
  readonly file: string
  readonly called: string
}

/** Of what happens while `use` runs, in each of them. */
export const profiledWhile = Effect.fnUntraced(function*<A, E, R>(
  processes: ReadonlyArray<Profiled>,
  use: Effect.Effect<A, E, R>
) {
  const signal = Effect.sync(() => {
    for (const { pid } of processes) process.kill(pid(), "SIGUSR2")
  })
  yield* signal
  yield* use
  yield* signal
  return yield* Effect.promise(async () => {
    while (!processes.every(({ file }) => existsSync(file))) await sleep(100)
    return processes.map(({ called, file }) => read(file, called))
  })
})
