/** Runs one measurement in a process of its own and takes the JSON of its last line, so that none warms or fills another. */
import { spawn } from "node:child_process"
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
