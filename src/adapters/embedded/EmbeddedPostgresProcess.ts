/**
 * Runs one of PostgreSQL's programs. Promise: it sees nothing of our environment, is in a session of its own (a ctrl-C in
 * the terminal reaches us and not the database), and works from `/`, which every user may enter.
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { once } from "node:events"

/** As whom a program runs. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
  /** How the program gets that user: it is ours already, by the kernel, or by `setpriv` with leave to enter 0700 folders. */
  readonly how: "self" | "setuid" | "setpriv"
  /** The user has a number and no name, as in a container with an arbitrary user. */
  readonly nameless: boolean
}

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

export const spawnAs = (
  user: RunAs,
  program: string,
  args: ReadonlyArray<string>,
  stdio: StdioOptions
): ChildProcess => {
  const options = { cwd: "/", env: { PATH: path, LC_ALL: "C", TZ: "UTC" }, detached: true, stdio }
  if (user.how === "self") return spawn(program, args, options)
  if (user.how === "setuid") return spawn(program, args, { ...options, uid: user.uid, gid: user.gid })
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"]
  // access(2), by which initdb looks for its siblings, heeds the capability only with no_setuid_fixup (capabilities(7)).
  const capabilities = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
  return spawn("setpriv", [...identity, ...capabilities, "--", program, ...args], options)
}

export interface Finished {
  /** Exit code; null where a signal or a failure to start ended it. */
  readonly code: number | null
  /** Last lines of what it wrote. */
  readonly lines: ReadonlyArray<string>
}

/**
 * initdb and the single-user mode insist on the name of their user. Where it has none they run in a user namespace of their
 * own, in which it is `nobody`; what they write belongs to the number all the same.
 */
const nameArgs = ["--user", "--map-user=65534", "--map-group=65534", "--"]

/** Runs a program to its end (bounded in time), with a text on its standard input. */
export const runAs = async (
  user: RunAs,
  program: string,
  args: ReadonlyArray<string>,
  input: string,
  timeoutMillis: number
): Promise<Finished> => {
  const stdio: StdioOptions = ["pipe", "pipe", "pipe"]
  const child = user.nameless
    ? spawnAs(user, "unshare", [...nameArgs, program, ...args], stdio)
    : spawnAs(user, program, args, stdio)
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMillis)
  let output = ""
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-8_192)
  }
  child.stdout?.on("data", keep)
  child.stderr?.on("data", keep)
  // A program that ends without reading its input is no failure of ours.
  child.stdin?.on("error", () => {})
  child.stdin?.end(input)
  try {
    const [code] = await once(child, "close")
    return { code: typeof code === "number" ? code : null, lines: lastLines(output) }
  } catch (cause) {
    return { code: null, lines: [String(cause)] }
  } finally {
    clearTimeout(timer)
  }
}

export const lastLines = (text: string, count = 20): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line.trim() !== "").slice(-count)
