/**
 * Preloaded into a process that is watched: every five seconds a line of JSON with its memory, the delays of its event loop and the pauses
 * of its collector since the line before goes to the file BENCH_VITALS. At SIGUSR2 it collects garbage and writes another line at once,
 * `isCollected`: what is left is alive.
 */
import { appendFileSync } from "node:fs"
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { isMainThread } from "node:worker_threads"

/** One line. */
export interface Vitals {
  readonly at: number
  /** After a collection: what is alive. */
  readonly isCollected: boolean
  readonly rssMB: number
  readonly heapMB: number
  readonly externalMB: number
  readonly buffersMB: number
  /** Milliseconds, as the two about the collector. */
  readonly loopP99: number
  readonly loopMax: number
  readonly gcMillis: number
  readonly gcMax: number
}

const file = process.env["BENCH_VITALS"]
const everyMillis = 5_000

const watch = (into: string): void => {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let pauses: Array<number> = []
  new PerformanceObserver((list) => pauses.push(...list.getEntries().map(({ duration }) => duration))).observe({
    entryTypes: ["gc"]
  })
  const note = (isCollected: boolean): void => {
    const { arrayBuffers, external, heapUsed, rss } = process.memoryUsage()
    const line: Vitals = {
      at: Date.now(),
      isCollected,
      rssMB: rss / 1e6,
      heapMB: heapUsed / 1e6,
      externalMB: external / 1e6,
      buffersMB: arrayBuffers / 1e6,
      loopP99: delay.percentile(99) / 1e6,
      loopMax: delay.max / 1e6,
      gcMillis: pauses.reduce((sum, pause) => sum + pause, 0),
      gcMax: Math.max(0, ...pauses)
    }
    delay.reset()
    pauses = []
    appendFileSync(into, `${JSON.stringify(line)}\n`)
  }
  setInterval(() => note(false), everyMillis).unref()
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  process.on("SIGUSR2", () => {
    collect()
    note(true)
  })
}

if (isMainThread && file !== undefined) watch(file)
