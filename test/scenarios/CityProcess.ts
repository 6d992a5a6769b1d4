/** Runs Vicinity as a process of its own, as an operator would, so that it can be stopped, killed and started again. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const entry = fileURLToPath(new URL("../../src/apps/main.ts", import.meta.url))
export const crashingEntry = fileURLToPath(new URL("./CrashingCity.ts", import.meta.url))

const startLimitMillis = 120_000

export interface CityProcess {
  readonly url: string
  readonly child: ChildProcess
  /** What it printed so far. */
  readonly output: () => string
  /** Waits until it has printed this. */
  readonly printed: (text: string, limitMillis?: number) => Promise<void>
  /** Asks it to drain, as ctrl-C does; its exit code. */
  readonly stop: () => Promise<number | null>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** Waits for its end. */
  readonly ended: Promise<void>
}

export interface CityOptions {
  readonly data: string
  /** One that an earlier process had; otherwise a free one. */
  readonly port?: number
  readonly args?: ReadonlyArray<string>
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a process, without a source unless one is asked for; does not wait for its API. */
export const spawnCity = ({ args = [], data, entry: file = entry, env = {}, port = 0 }: CityOptions): CityProcess => {
  const source = args.includes("--replay") || args.includes("--source") ? [] : ["--source", "none"]
  const child = spawn(process.execPath, [file, "start", "--data", data, "--port", String(port), ...source, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // What one run stored is compared with what another did, however long each took.
    env: { PATH: process.env["PATH"] ?? "", VICINITY_MINUTE_RETENTION: "never", ...env }
  })
  let text = ""
  const watchers = new Set<() => void>()
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
    for (const watcher of watchers) watcher()
  }
  child.stdout.on("data", collect)
  child.stderr.on("data", collect)
  const ended = once(child, "exit").then(() => {
    for (const watcher of watchers) watcher()
  })
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const printed = (wanted: string, limitMillis: number = startLimitMillis): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer)
        watchers.delete(look)
        finish()
      }
      const look = (): void => {
        if (text.includes(wanted)) settle(resolve)
        else if (isOver()) settle(() => reject(new Error(`the city ended before it printed "${wanted}":\n${text}`)))
      }
      const timer = setTimeout(
        () => settle(() => reject(new Error(`the city did not print "${wanted}" in time:\n${text}`))),
        limitMillis
      )
      watchers.add(look)
      look()
    })
  return {
    get url() {
      return /API on (http:\/\/\S+?),/.exec(text)?.[1] ?? ""
    },
    child,
    output: () => text,
    printed,
    stop: async () => {
      if (!isOver()) {
        child.kill("SIGINT")
        await ended
      }
      return child.exitCode
    },
    kill: async () => {
      if (!isOver()) {
        child.kill("SIGKILL")
        await ended
      }
    },
    ended
  }
}

/** Starts a process and waits for its API. */
export const startCity = async (options: CityOptions): Promise<CityProcess> => {
  const city = spawnCity(options)
  await city.printed("API on http://")
  return city
}

/** A data folder of the test's own; remove it with `dispose`. */
export const dataFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), "vicinity-test-"))
  return {
    path,
    data: join(path, "data"),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** GET as JSON. */
export const getJson = async <A>(url: string): Promise<A> => {
  const response = await fetch(url)
  const body = await response.text()
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}: ${body}`)
  return JSON.parse(body) as A
}

interface Diagnostics {
  readonly lag: number
  readonly accounting: Readonly<Record<string, number>>
}

/** Waits until every record of the log has been applied. */
export const caughtUp = async (url: string): Promise<Diagnostics> => {
  while (true) {
    const diagnostics = await getJson<Diagnostics>(`${url}/health/diagnostics`)
    if (diagnostics.lag === 0) return diagnostics
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
