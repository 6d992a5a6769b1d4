/**
 * Where the time of a part goes: turns of the same work that are profiled and measure nothing else. A part that is not here waits for others
 * more than it works.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { caughtUp } from "../stack/CaughtUp.ts"
import { runChild } from "./Child.ts"
import { clients } from "./ClusterAnswers.ts"
import { fill, minutes20, withServers } from "./ClusterRows.ts"
import { catchUp, wholeCity } from "./ClusterRun.ts"
import { preload, profileFile } from "./ClusterServers.ts"
import type { Profile } from "./CpuProfile.ts"
import { oneProcess } from "./EmbeddedProcess.ts"
import { inFolder } from "./Folder.ts"
import { profiledWhile, profileLeft, profiling } from "./Profiling.ts"
import { whole } from "./Rows.ts"

const child = async (called: string, folder: string, file: string, args: ReadonlyArray<string>): Promise<Profile> => {
  await runChild(file, args, profiling(folder, called))
  return profileLeft(folder, called, called)
}

const pipeline = (datastreams: number, rounds: number): Promise<Profile> =>
  inFolder(async (folder) => {
    await runChild("PipelineFill.ts", [folder, String(datastreams), String(rounds), "10000"])
    const called = `full path with commits, ${whole(datastreams)} datastreams`
    return child(called, join(folder, "profiles"), "Pipeline.ts", ["full", folder, String(datastreams)])
  })

const districts = (): Promise<ReadonlyArray<Profile>> =>
  inFolder(async (folder) => {
    const filled = join(folder, "filled")
    await runChild("PipelineFill.ts", [filled, "100000", "120", "10000", "live", "1000"])
    return [
      await child("both stages, live, no commits", folder, "Districts.ts", ["state", filled]),
      await child("city, with commits", folder, "Districts.ts", ["full", filled])
    ]
  })

const seconds = 20
const sensors = 100_000

const http = (called: string, mode: "post" | "ask"): Promise<ReadonlyArray<Profile>> =>
  inFolder((folder) =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const file = join(folder, "city.cpuprofile")
      const { pid, port } = yield* oneProcess(folder, [preload("ProfileAtSignal.ts")], { BENCH_PROFILE: file })
      yield* clients("register", port, sensors)
      const drive = clients(mode, port, sensors, seconds, 0)
      // The first time is for compiling.
      yield* drive
      return yield* profiledWhile([{ pid, file, called }], drive)
    })))
  )

const stream = (): Promise<ReadonlyArray<Profile>> =>
  inFolder((folder) =>
    withServers(Effect.fnUntraced(function*(servers) {
      yield* catchUp(servers, 1)
      yield* fill(servers, minutes20)
      yield* catchUp(servers, 1, { profileInto: folder })
      return [profileLeft(folder, "runner-1", "one runner, both stages, all committed")]
    }))
  )

/** All roles while observations come in and questions are asked. */
const answers = (): Promise<ReadonlyArray<Profile>> =>
  withServers((servers) =>
    Effect.scoped(Effect.gen(function*() {
      const { all, api, ingest, run: city, runners } = yield* wholeCity(servers, { profilesAtSignal: true })
      yield* clients("register", ingest.port, sensors)
      yield* caughtUp(runners.map(({ url }) => url))
      const drive = Effect.all([
        clients("post", ingest.port, sensors, seconds, 50_000),
        clients("ask", api.port, sensors, seconds, 200)
      ], { concurrency: "unbounded" })
      // The first time is for compiling.
      yield* drive
      const profiled = all.filter(({ name }) => name !== "runner-2").map(({ name, pid }) => ({
        pid,
        file: profileFile(city.below, name),
        called: `${name}, while 50,000 observations/s come in and 200 questions/s are asked`
      }))
      return yield* profiledWhile(profiled, drive)
    }))
  )

export const profiles: Readonly<Record<string, () => Promise<ReadonlyArray<Profile>>>> = {
  pipeline: async () => [await pipeline(100_000, 120), await pipeline(1_000_000, 8)],
  districts,
  http: async () => [
    ...await http("POST NDJSON as fast as it is acknowledged, the city behind it included", "post"),
    ...await http("GET /v1/sensors/{id}", "ask")
  ],
  "cluster-stream": stream,
  "cluster-answers": answers
}
