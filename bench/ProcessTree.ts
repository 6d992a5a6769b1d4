/** What the kernel says of a process and all below it, as servers have many: CPU seconds, memory. What ends while we look counts as nothing. */
import { readdirSync, readFileSync } from "node:fs"

const ticksPerSecond = 100

interface Seen {
  readonly parent: number
  readonly cpuSeconds: number
}

const everyProcess = (): ReadonlyMap<number, Seen> => {
  const all = new Map<number, Seen>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
      all.set(Number(name), { parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond })
    } catch {
      // It ended while we looked.
    }
  }
  return all
}

const sumOfTree = (pid: number, of: (pid: number, seen: Seen) => number): number => {
  const all = everyProcess()
  const sum = (at: number): number => {
    const seen = all.get(at)
    let total = seen === undefined ? 0 : of(at, seen)
    for (const [child, { parent }] of all) if (parent === at) total += sum(child)
    return total
  }
  return sum(pid)
}

/** Those that ended and were waited for included. */
export const treeCpuSeconds = (pid: number): number => sumOfTree(pid, (_pid, { cpuSeconds }) => cpuSeconds)

/** Resident, what processes share counted once (PSS). */
export const treeMemoryMB = (pid: number): number =>
  sumOfTree(pid, (at) => {
    try {
      return 1024 * Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/smaps_rollup`, "utf8"))?.[1]) / 1e6
    } catch {
      return 0
    }
  })
