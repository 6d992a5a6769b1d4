/** Runs one measurement in a process of its own and takes the JSON of its last line, so that none warms or fills another. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const runChild = (
  file: string,
  args: ReadonlyArray<string>,
  nodeArgs: ReadonlyArray<string> = []
): Promise<Record<string, number>> =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const child = spawn(process.execPath, ["--expose-gc", ...nodeArgs, path, ...args], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on("exit", (code) => {
      const last = output.trim().split("\n").at(-1) ?? ""
      if (code !== 0) reject(new Error(`${file} ended with ${code}:\n${output}`))
      else resolve(JSON.parse(last) as Record<string, number>)
    })
  })

/** CPU seconds of this process since `since`. */
export const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const used = process.cpuUsage(since)
  return (used.user + used.system) / 1e6
}

const ticksPerSecond = 100

/** CPU seconds of a process, user and system, from the kernel; 0 where it is gone. */
export const cpuSecondsOf = (pid: number): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}

/** CPU seconds of the children of a process, and of theirs; of those that ended too, where it has waited for them. */
export const cpuSecondsBelow = (pid: number): number => {
  let sum = 0
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
      if (Number(fields[1]) === pid) sum += cpuSecondsOf(Number(name)) + cpuSecondsBelow(Number(name))
    } catch {
      // It ended while we looked.
    }
  }
  return sum
}
