/**
 * Fetches the peers by the clients of their registries, as these are configured on this machine, into a cache folder of the project, which holds
 * what `bench/peers` asks for in exactly those versions. Promises: nothing is installed into the system or the project; what was fetched
 * once is there the next time; a peer that cannot be had is a sentence that says what is missing.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Command } from "./PeersRun.ts"

export interface Peer {
  /** With its version. */
  readonly name: string
  /** Its workers of one process run at the same time. */
  readonly isParallel: boolean
  /** Reads the file into rows; with a folder for its state it can recover. */
  readonly command: (file: string, rows: string, workers: number, state?: string) => Promise<Command>
}

export interface PeerMissing {
  readonly missing: string
}

const run = promisify(execFile)
const fetchMillis = 600_000
const sources = fileURLToPath(new URL("peers", import.meta.url))
const cache = fileURLToPath(new URL("../node_modules/.cache/vicinity-peers", import.meta.url))

/** The version that a file of `bench/peers` asks for. */
const wanted = (file: string, pattern: RegExp): string =>
  pattern.exec(readFileSync(join(sources, file), "utf8"))?.[1]?.trim() ?? ""

/** All files below a folder, and what they are run by, as one short text. */
const fingerprint = (folder: string, runBy: string): string => {
  const hash = createHash("sha256").update(runBy)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ name, parentPath }) => join(parentPath, name)).toSorted()
  for (const path of paths) hash.update(readFileSync(path))
  return hash.digest("hex").slice(0, 12)
}

/** The folder of a peer for the program that runs it, filled by `fill` where it is not there yet. */
const fetched = async (
  name: string,
  program: string,
  fill: (folder: string) => Promise<unknown>
): Promise<string> => {
  const source = join(sources, name)
  const { stderr, stdout } = await run(program, ["--version"])
  const folder = join(cache, `${name}-${fingerprint(source, stdout + stderr)}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, "fetching-"))
  try {
    await cp(source, fresh, { recursive: true })
    await fill(fresh)
    // Somebody else may have been quicker; then theirs is as good.
    await rename(fresh, folder).catch(() => undefined)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return folder
}

const orMissing = async (name: string, needs: string, peer: Promise<Peer>): Promise<Peer | PeerMissing> => {
  try {
    return await peer
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trim().split("\n").slice(0, 2).join(" ") : String(cause)
    return { missing: `${name} is not here; it needs ${needs} (${why})`.replaceAll("|", "/") }
  }
}

/** Flink reads private fields of collections when it looks for what it can serialize. */
const opened = "--add-opens=java.base/java.util=ALL-UNNAMED"

export const flink = (): Promise<Peer | PeerMissing> =>
  orMissing(
    "Apache Flink",
    "a JDK from 17 on, Maven and its registry",
    (async () => {
      const folder = await fetched("flink", "java", (fresh) =>
        run(
          "mvn",
          ["-B", "-q", "-f", join(fresh, "pom.xml"), `-Dmaven.repo.local=${join(fresh, ".maven")}`, "compile"],
          {
            timeout: fetchMillis
          }
        ).then(() => rm(join(fresh, ".maven"), { recursive: true })))
      const classes = [join(folder, "target/classes"), join(folder, "target/lib/*")].join(delimiter)
      // The collector of least CPU; a heap of two gigabytes was no dearer than four.
      const jvm = [opened, "-XX:+UseParallelGC", "-Xmx2g", "-cp", classes]
      return {
        name: `Apache Flink ${wanted("flink/pom.xml", /<flink.version>(.+)</)}`,
        isParallel: true,
        command: async (file, rows, workers, state) => ({
          program: "java",
          arguments: [...jvm, "peers.FlinkPeer", file, rows, String(workers), ...(state === undefined ? [] : [state])],
          env: {}
        })
      }
    })()
  )

const pipInstall = (folder: string): ReadonlyArray<string> => {
  const install = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
  return [...install, "--target", join(folder, "packages"), "-r", join(folder, "requirements.txt")]
}

export const bytewax = (): Promise<Peer | PeerMissing> =>
  orMissing(
    "Bytewax",
    "python3, pip and its registry",
    (async () => {
      const folder = await fetched("bytewax", "python3", (fresh) =>
        run("python3", pipInstall(fresh), { timeout: fetchMillis }))
      const path = { PYTHONPATH: [folder, join(folder, "packages")].join(delimiter), PYTHONDONTWRITEBYTECODE: "1" }
      return {
        name: `Bytewax ${wanted("bytewax/requirements.txt", /bytewax==(.+)/)}`,
        // They share one interpreter lock.
        isParallel: false,
        command: async (file, rows, workers, state) => {
          if (state !== undefined) {
            await mkdir(state)
            await run("python3", ["-m", "bytewax.recovery", state, "1"], { env: { ...process.env, ...path } })
          }
          const recovery = state === undefined ? [] : ["-r", state, "-s", "5", "-b", "0"]
          return {
            program: "python3",
            arguments: ["-m", "bytewax.run", "windows:flow", "-w", String(workers), ...recovery],
            env: { ...path, PEER_FILE: file, PEER_ROWS: rows }
          }
        }
      }
    })()
  )
