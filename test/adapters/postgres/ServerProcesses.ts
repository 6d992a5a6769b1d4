/** The processes of a test's own database server, for tests that stop it in one way or another. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { EmbeddedPostgres } from "../../../src/adapters/embedded/EmbeddedPostgres.ts"

export const postmasterOf = (server: EmbeddedPostgres): number =>
  Number(readFileSync(join(dirname(server.logFile), "postgres", "postmaster.pid"), "utf8").split("\n")[0])

const parentOf = (pid: string): number => {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1])
  } catch {
    return NaN
  }
}

/** Sends a signal to the postmaster and all it has started. */
export const signalAll = (server: EmbeddedPostgres, signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void => {
  const postmaster = postmasterOf(server)
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === postmaster)
  for (const pid of [postmaster, ...children.map(Number)]) process.kill(pid, signal)
}
