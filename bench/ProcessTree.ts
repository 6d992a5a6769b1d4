/** What the kernel says of processes and all below them, as servers have many: CPU seconds, memory. What is gone counts as nothing. */
import { readdirSync, readFileSync } from "node:fs"

const ticksPerSecond = 100

interface Seen {
  readonly parent: number
  readonly cpuSeconds: number
  /** Of its children that have ended and that it has waited for, and of theirs. */
  readonly endedCpuSeconds: number
}

/** Of proc_pid_stat(5), what stands behind the name of the program. */
const seen = (pid: number): Seen | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    const secondsAt = (at: number): number => (Number(fields[at]) + Number(fields[at + 1])) / ticksPerSecond
    return { parent: Number(fields[1]), cpuSeconds: secondsAt(11), endedCpuSeconds: secondsAt(13) }
  } catch {
    return undefined
  }
}

const everyProcess = (): ReadonlyMap<number, Seen> =>
  new Map(
    readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
      const one = seen(Number(name))
      return one === undefined ? [] : [[Number(name), one] as const]
    })
  )

/** Of a process itself, user and system. */
export const cpuSecondsOf = (pid: number): number => seen(pid)?.cpuSeconds ?? 0

/** Of the children of a process that have ended, and of theirs. */
export const endedCpuSecondsOf = (pid: number): number => seen(pid)?.endedCpuSeconds ?? 0

const sumOfTree = (pid: number, all: ReadonlyMap<number, Seen>, of: (pid: number, seen: Seen) => number): number => {
  const root = all.get(pid)
  let total = root === undefined ? 0 : of(pid, root)
  for (const [child, { parent }] of all) if (parent === pid) total += sumOfTree(child, all, of)
  return total
}

const withEnded = (_pid: number, { cpuSeconds, endedCpuSeconds }: Seen): number => cpuSeconds + endedCpuSeconds

/** Those that ended and were waited for included. */
export const treeCpuSeconds = (pid: number): number => sumOfTree(pid, everyProcess(), withEnded)

/** Of the children that a process has now, and of all below them, as `treeCpuSeconds`. */
export const cpuSecondsBelow = (pid: number): number => {
  const all = everyProcess()
  let total = 0
  for (const [child, { parent }] of all) if (parent === pid) total += sumOfTree(child, all, withEnded)
  return total
}

/** Resident, what processes share counted once (PSS). */
export const treeMemoryMB = (pid: number): number =>
  sumOfTree(pid, everyProcess(), (at) => {
    try {
      return 1024 * Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/smaps_rollup`, "utf8"))?.[1]) / 1e6
    } catch {
      return 0
    }
  })
