/**
 * A city at a steady load for a while: what its processes and servers hold in memory at the start and in the end, and whether that grows.
 * Load and questions come from processes of their own; each process says its memory itself every five seconds (Vitals.ts), what servers
 * hold is read from the kernel.
 */
import { Duration, Effect } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { caughtUp } from "../stack/CaughtUp.ts"
import { clients } from "./ClusterAnswers.ts"
import { diagnosed } from "./ClusterRun.ts"
import { treeMemoryMB } from "./ProcessTree.ts"
import { get } from "./Rows.ts"
import type { Vitals } from "./Vitals.ts"

/** What is watched, wherever it runs. */
export interface SoakedCity {
  readonly processes: ReadonlyArray<{ readonly name: string; readonly pid: () => number; readonly vitals: string }>
  /** Of the servers, by name. */
  readonly pids: Readonly<Record<string, number>>
  /** Folders whose size is watched. */
  readonly folders: Readonly<Record<string, string>>
  /** Where shards are. */
  readonly shardUrls: ReadonlyArray<string>
  readonly ingestPort: number
  readonly apiPort: number
}

export interface SoakOptions {
  readonly minutes: number
  /** Observations a second; else half of what is measured first. */
  readonly rate: number | undefined
}

/** A value at a time in milliseconds. */
export interface Sample {
  readonly at: number
  readonly value: number
}

export const sensors = 100_000
/** Panes stay open for five minutes of lateness, and what they lay in is there for the next ones. */
const warmUpMinutesMax = 8
const fullSeconds = 20
const questionsPerSecond = 20
const lookEvery = "10 seconds"

const folderMB = (folder: string): number => {
  let bytes = 0
  const add = (path: string): void => {
    try {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.isDirectory()) add(join(path, entry.name))
        else bytes += 512 * statSync(join(path, entry.name)).blocks
      }
    } catch {
      // It was removed while we looked.
    }
  }
  add(folder)
  return bytes / 1e6
}

/**
 * Sensors with a past: each has a baseline of one hour, for which it has memory once and for all. Half load is half of what the machine
 * takes in and works off with everything on it, measured here, or what was given.
 */
export const halfLoad = Effect.fnUntraced(function*(
  { ingestPort, shardUrls }: Pick<SoakedCity, "ingestPort" | "shardUrls">,
  given: number | undefined
) {
  yield* clients("past", ingestPort, sensors)
  yield* caughtUp(shardUrls)
  if (given !== undefined) return { full: undefined, half: given }
  const startedAt = performance.now()
  const posted = yield* clients("post", ingestPort, sensors, fullSeconds, 0)
  yield* caughtUp(shardUrls)
  const full = get(posted, "observations") / ((performance.now() - startedAt) / 1000)
  return { full, half: full / 2 }
})

/** Until interrupted. */
const look = (city: SoakedCity, note: (what: string, value: number) => void) =>
  Effect.forever(Effect.gen(function*() {
    for (const [name, pid] of Object.entries(city.pids)) note(name, treeMemoryMB(pid))
    for (const [name, folder] of Object.entries(city.folders)) note(name, folderMB(folder))
    note("lag", (yield* Effect.forEach(city.shardUrls, diagnosed)).reduce((sum, { lag }) => sum + lag, 0))
    yield* Effect.sleep(lookEvery)
  }))

const vitalsOf = (file: string): ReadonlyArray<Vitals> =>
  readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Vitals)

/** Each process collects its garbage and says what is left. */
const collected = (city: SoakedCity) =>
  Effect.sync(() => {
    for (const { pid } of city.processes) process.kill(pid(), "SIGUSR2")
  })

export const soak = Effect.fnUntraced(function*(city: SoakedCity, { minutes, rate: given }: SoakOptions) {
  const { full, half } = yield* halfLoad(city, given)
  const noted = new Map<string, Array<Sample>>()
  const note = (what: string, value: number): void => {
    noted.set(what, [...noted.get(what) ?? [], { at: Date.now(), value }])
  }
  const warmUpMinutes = Math.min(minutes, warmUpMinutesMax)
  const seconds = 60 * (warmUpMinutes + minutes)
  const begunAt = Date.now()
  const [posted, asked] = yield* Effect.race(
    Effect.all([
      clients("post", city.ingestPort, sensors, seconds, half),
      clients("ask", city.apiPort, sensors, seconds, questionsPerSecond),
      Effect.delay(collected(city), Duration.minutes(warmUpMinutes)),
      // Before the load ends.
      Effect.delay(collected(city), Duration.seconds(seconds - 10))
    ], { concurrency: "unbounded" }),
    look(city, note)
  )
  return {
    full,
    rate: get(posted, "perSecond"),
    refused: get(posted, "errors"),
    asked,
    warmUpMinutes,
    warmUntil: begunAt + 60_000 * warmUpMinutes,
    /** Of the processes, by name; not after the load. */
    vitals: city.processes.map(({ name, vitals }) => ({
      name,
      lines: vitalsOf(vitals).filter(({ at }) => at <= begunAt + 1_000 * seconds)
    })),
    noted
  }
})
