/** Profiles of processes: how one is started so that it leaves one, and what it left. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type CpuProfileFile, type Profile, profileOf } from "./CpuProfile.ts"

/** Arguments of node, or words of NODE_OPTIONS. It ends as it would, and then writes. */
export const profiling = (folder: string, name: string): ReadonlyArray<string> => [
  "--cpu-prof",
  `--cpu-prof-dir=${join(folder, name)}`
]

/** Of its main thread, which is the one that was busy. */
export const profileLeft = (folder: string, name: string, called: string): Profile => {
  const files = readdirSync(join(folder, name)).filter((file) => file.endsWith(".cpuprofile"))
  const profiles = files.map((file) =>
    profileOf(called, JSON.parse(readFileSync(join(folder, name, file), "utf8")) as CpuProfileFile)
  )
  const [busiest] = profiles.toSorted((a, b) => b.busySeconds - a.busySeconds)
  if (busiest === undefined) throw new Error(`${called}: the process left no profile in ${folder}`)
  return busiest
}
