/** Runs a program to its end and says what it took: its CPU from first to last, of its children too, and its largest resident set. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { endedCpuSecondsOf } from "./ProcessTree.ts"

export interface Command {
  readonly program: string
  readonly arguments: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

export interface Taken {
  readonly cpuSeconds: number
  readonly seconds: number
  /** Of the program alone. */
  readonly maxRssMB: number
  readonly output: string
}

const lookMillis = 50
const errorCharacters = 2_000

/** Largest resident set so far, as the kernel keeps it; 0 where the process is gone. */
const maxRssMBOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Nothing else may be run meanwhile: its CPU would count. */
export const taken = (command: Command): Promise<Taken> =>
  new Promise((resolve, reject) => {
    const before = endedCpuSecondsOf(process.pid)
    const startedAt = performance.now()
    const child = spawn(command.program, command.arguments, {
      env: { ...process.env, ...command.env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    let errors = ""
    let maxRssMB = 0
    const look = setInterval(() => maxRssMB = Math.max(maxRssMB, maxRssMBOf(child.pid ?? 0)), lookMillis)
    child.stdout.on("data", (chunk: Buffer) => output += chunk.toString())
    child.stderr.on("data", (chunk: Buffer) => errors = (errors + chunk.toString()).slice(-errorCharacters))
    child.on("error", (error) => {
      clearInterval(look)
      reject(error)
    })
    child.on("close", (code) => {
      clearInterval(look)
      const seconds = (performance.now() - startedAt) / 1000
      const cpuSeconds = endedCpuSecondsOf(process.pid) - before
      const words = [command.program, ...command.arguments].join(" ")
      if (code === 0) resolve({ cpuSeconds, seconds, maxRssMB, output })
      else reject(new Error(`${words} ended with ${code}:\n${output}\n${errors}`))
    })
  })
