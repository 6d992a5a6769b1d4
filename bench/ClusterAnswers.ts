/** What clients of a city of several processes see: how fast their observations are acknowledged, how fast their questions answered. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { caughtUp } from "../stack/CaughtUp.ts"
import { runChild } from "./Child.ts"
import { wholeCity } from "./ClusterRun.ts"
import type { ClusterServers } from "./ClusterServers.ts"
import { get } from "./Rows.ts"

export const clients = (mode: string, ...numbers: ReadonlyArray<number>) =>
  Effect.promise(() => runChild("ClusterClients.ts", [mode, ...numbers.map(String)]))

/** One process that takes observations in, and nobody who reads them. */
export const ingest = Effect.fnUntraced(function*(servers: ClusterServers, sensors: number, turns: number) {
  const run = yield* servers.fresh()
  const ingest = yield* run.role("ingest", ["--role", "ingest"])
  yield* ingest.ready
  yield* clients("post", ingest.port, sensors, 4, 0)
  const figures: Array<{ perSecond: number; perCpuSecond: number; natsShare: number; p50: number; p99: number }> = []
  for (let turn = 0; turn < turns; turn++) {
    const before = { ingest: run.cpuSecondsOf(ingest), nats: servers.natsCpuSeconds() }
    const result = yield* clients("post", ingest.port, sensors, 6, 0)
    if (get(result, "errors") > 0) throw new Error(`${get(result, "errors")} requests were not acknowledged`)
    const cpu = run.cpuSecondsOf(ingest) - before.ingest
    figures.push({
      perSecond: get(result, "perSecond"),
      perCpuSecond: get(result, "observations") / cpu,
      natsShare: (servers.natsCpuSeconds() - before.nats) / cpu,
      p50: get(result, "p50"),
      p99: get(result, "p99")
    })
  }
  return figures
})

/** A bare server beside the city: what a question costs on this machine at this moment, whoever else works on it. */
const helloServer = Effect.acquireRelease(
  Effect.promise(async () => {
    const path = fileURLToPath(new URL("HelloServer.ts", import.meta.url))
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] })
    const [said] = await once(child.stdout, "data") as [Buffer]
    return { child, port: Number(/listening on (\d+)/.exec(said.toString())?.[1]) }
  }),
  ({ child }) => Effect.sync(() => child.kill("SIGINT"))
)

const pagesTurns = 5
const askSeconds = 12
const questionsPerSecond = 200

/** Two runners, an ingest and an api process, and sensors that have all reported. */
export const answers = Effect.fnUntraced(function*(
  servers: ClusterServers,
  sensors: number,
  turns: number,
  withRedis: boolean
) {
  const hello = yield* helloServer
  const { api, ingest, run, runners } = yield* wholeCity(servers, { withRedis })
  yield* clients("register", ingest.port, sensors)
  yield* caughtUp(runners.map(({ url }) => url))
  const pages: Array<Record<string, number>> = []
  // The first one is for warming.
  for (let turn = 0; turn <= pagesTurns; turn++) pages.push(yield* clients("pages", api.port))

  /** Questions while so many observations come a second (0: as many as go), or without any. */
  const asked = Effect.fnUntraced(function*(perSecond: number | undefined) {
    const names = [...runners, api, ingest]
    const before = names.map(run.cpuSecondsOf)
    const [question, greeting, posted] = yield* Effect.all([
      Effect.delay(clients("ask", api.port, sensors, askSeconds, questionsPerSecond), "2 seconds"),
      Effect.delay(clients("greet", hello.port, sensors, askSeconds, questionsPerSecond), "2 seconds"),
      perSecond === undefined
        ? Effect.succeed({ perSecond: 0 })
        : clients("post", ingest.port, sensors, askSeconds + 4, perSecond)
    ], { concurrency: "unbounded" })
    if (get(question, "errors") > 0) throw new Error(`${get(question, "errors")} questions were not answered`)
    return {
      p50: get(question, "p50"),
      p99: get(question, "p99"),
      greetingP50: get(greeting, "p50"),
      greetingP99: get(greeting, "p99"),
      perSecond: get(posted, "perSecond"),
      cpu: names.map((process, i) => run.cpuSecondsOf(process) - (before[i] ?? 0))
    }
  })
  const quiet: Array<Effect.Success<ReturnType<typeof asked>>> = []
  const steady: typeof quiet = []
  const full: typeof quiet = []
  for (let turn = 0; turn < turns; turn++) {
    quiet.push(yield* asked(undefined))
    steady.push(yield* asked(50_000))
    full.push(yield* asked(0))
  }
  return { pages: pages.slice(1), quiet, steady, full }
})
