/**
 * Preloaded into a process of which only a part of its life shall be profiled: the first SIGUSR2 begins the profile, the second ends it and
 * writes it to the file BENCH_PROFILE, as `node --cpu-prof` would. Promise: where the file is there, it is whole.
 */
import { renameSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector"
import { isMainThread } from "node:worker_threads"

const file = process.env["BENCH_PROFILE"]

const listen = (into: string): void => {
  const session = new Session()
  let isRunning = false
  process.on("SIGUSR2", () => {
    if (!isRunning) {
      isRunning = true
      session.connect()
      session.post("Profiler.enable")
      session.post("Profiler.start")
      return
    }
    session.post("Profiler.stop", (_error, { profile }) => {
      writeFileSync(`${into}.part`, JSON.stringify(profile))
      renameSync(`${into}.part`, into)
    })
  })
}

if (isMainThread && file !== undefined) listen(file)
