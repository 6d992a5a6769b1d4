/** Preloaded into a process that is measured: when it ends, its CPU seconds and its largest resident set go to the file BENCH_FIGURES. */
import { writeFileSync } from "node:fs"
import { isMainThread } from "node:worker_threads"

const file = process.env["BENCH_FIGURES"]
if (isMainThread && file !== undefined) {
  process.on("exit", () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
    writeFileSync(file, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRssMB: maxRSS / 1024 }))
  })
}
