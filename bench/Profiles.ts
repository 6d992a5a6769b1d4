/**
 * Where the time of a part goes: turns of the same work that are profiled and measure nothing else. A part that is not here waits for others
 * more than it works.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { runChild } from "./Child.ts"
import { clients, everyMillisFor } from "./ClusterAnswers.ts"
import { fill, minutes20, run, withServers } from "./ClusterRows.ts"
import { caughtUp, wholeCity } from "./ClusterRun.ts"
import type { Profile } from "./CpuProfile.ts"
import { oneProcess } from "./EmbeddedProcess.ts"
import { inFolder } from "./Folder.ts"
import { profileLeft, profiling } from "./Profiling.ts"

const child = async (called: string, folder: string, file: string, args: ReadonlyArray<string>): Promise<Profile> => {
  await runChild(file, args, profiling(folder, called))
  return profileLeft(folder, called, called)
}

const pipeline = (datastreams: number, rounds: number): Promise<Profile> =>
  inFolder(async (folder) => {
    await runChild("PipelineFill.ts", [folder, String(datastreams), String(rounds), "10000"])
    const called = `full path with commits, ${datastreams.toLocaleString("en-US")} datastreams`
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

const seconds = 10
const sensors = 100_000

/** A whole process, with its start. */
const http = (called: string, mode: "post" | "ask"): Promise<Profile> =>
  inFolder(async (folder) => {
    await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const { port, stop } = yield* oneProcess(folder, profiling(folder, "city"))
      yield* clients("register", port, mode === "post" ? sensors : 1_000)
      yield* clients(mode, port, 1_000, seconds, 0)
      yield* stop
    })))
    return profileLeft(folder, "city", called)
  })

const stream = (): Promise<ReadonlyArray<Profile>> =>
  inFolder((folder) =>
    withServers(Effect.fnUntraced(function*(servers) {
      yield* run(servers, 1)
      yield* fill(servers, minutes20)
      yield* run(servers, 1, { profileInto: folder })
      return [profileLeft(folder, "runner-1", "one runner, both stages, all committed")]
    }))
  )

/** All roles while observations come in and questions are asked. */
const answers = (): Promise<ReadonlyArray<Profile>> =>
  inFolder((folder) =>
    withServers((servers) =>
      Effect.scoped(Effect.gen(function*() {
        const { all, api, ingest, runners } = yield* wholeCity(servers, { profileInto: folder })
        yield* clients("register", ingest.port, sensors)
        yield* caughtUp(runners.map(({ url }) => url))
        yield* Effect.all([
          clients("post", ingest.port, sensors, 3 * seconds, everyMillisFor(50_000)),
          clients("ask", api.port, sensors, 3 * seconds, 40)
        ], { concurrency: "unbounded" })
        yield* Effect.forEach(all, ({ stop }) => stop)
        const of = "while 50,000 observations/s come in and 200 questions/s are asked, its start included"
        return ["runner-1", "api", "ingest"].map((name) => profileLeft(folder, name, `${name}, ${of}`))
      }))
    )
  )

export const profiles: Readonly<Record<string, () => Promise<ReadonlyArray<Profile>>>> = {
  pipeline: async () => [await pipeline(100_000, 120), await pipeline(1_000_000, 8)],
  districts,
  http: async () => [
    await http("POST NDJSON, the city around it included", "post"),
    await http("GET /v1/sensors/{id}", "ask")
  ],
  "cluster-stream": stream,
  "cluster-answers": answers
}
