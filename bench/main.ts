/**
 * `npm run bench [-- PART … --out FOLDER --minutes N --rate N --redis --no-profile]`: one report of every figure we publish, beside its
 * goal, with the machine, the date, how busy the machine was, and where the time goes. A name also stands for the parts that begin with
 * it: `cluster` for `cluster-stream` and the others. `--out` keeps the report as Markdown and JSON. `--minutes` and `--rate`
 * (observations a second, else half of what goes) are of `latency` and of `soak`, which is left out where no part is named; `--redis`
 * (lists from Redis) is of `cluster-answers`. Each measurement runs in a process of its own; what is compared was measured side by side
 * in one run; what is profiled is a turn of its own.
 */
import { aboveZero, commandLine, refuse } from "../stack/StackCommand.ts"
import { runChild } from "./Child.ts"
import { clusterAnswers, clusterIngest, clusterSizes, clusterStream } from "./ClusterRows.ts"
import { districts, start } from "./DistrictRows.ts"
import { inFolder } from "./Folder.ts"
import { latency } from "./LatencyRows.ts"
import { peers } from "./PeersRows.ts"
import { profiles } from "./Profiles.ts"
import { load, machine, markdownHeading, markdownPart, type PartReport, writeReport } from "./Report.ts"
import { get, micros, millions, percent, type Row, whole } from "./Rows.ts"
import type { SoakOptions } from "./Soak.ts"
import { soakCluster, soakEmbedded } from "./SoakRows.ts"

/** Log → decode → state → commits, beside loops that do less over the same log. */
const pipeline = (datastreams: number, rounds: number): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const fill = await runChild("PipelineFill.ts", [folder, String(datastreams), String(rounds), "10000"])
    const n = get(fill, "observations")
    const pass = async (mode: string): Promise<number> =>
      get(await runChild("Pipeline.ts", [mode, folder, String(datastreams)]), "cpuSeconds")
    const read = await pass("read")
    const decode = await pass("decode")
    const bare = await pass("bare")
    const state = await pass("state")
    const full = await runChild("Pipeline.ts", ["full", folder, String(datastreams)])
    const cpu = get(full, "cpuSeconds")
    const name = `${whole(datastreams)} datastreams`
    const goal = datastreams >= 1_000_000 ? "≥ 0.50 M/CPU-s" : "≥ 1.00 M/CPU-s"
    return [
      [`${name}: observations`, whole(n), ""],
      [`${name}: bytes per observation in the log`, (get(fill, "bytes") / n).toFixed(1), ""],
      [`${name}: encode, at the door`, `${get(fill, "encodeMicros").toFixed(3)} µs`, ""],
      [`${name}: read the log and check its frames`, micros(read, n), ""],
      [`${name}: + decode`, micros(decode - read, n), ""],
      [`${name}: bare loop (read, decode, look up, count/mean/M2/min/max/last)`, millions(n / bare), ""],
      [`${name}: + panes, windows, baseline (no commits)`, micros(state - decode, n), ""],
      [`${name}: + publish, commit, everything else of the process`, micros(cpu - state, n), ""],
      [`${name}: full path with commits`, millions(n / cpu), goal],
      [`${name}: full path / bare loop`, percent(bare / cpu), datastreams >= 1_000_000 ? "" : "≥ 25 %"],
      [`${name}: PostgreSQL beside it`, `${get(full, "databaseCpuSeconds").toFixed(1)} CPU-s`, ""],
      [`${name}: event-loop delay p99 while committing`, `${get(full, "loopP99").toFixed(1)} ms`, "≤ 20 ms"],
      [`${name}: event-loop delay, longest`, `${get(full, "loopMax").toFixed(1)} ms`, ""],
      [
        `${name}: resident memory at the end`,
        `${get(full, "rssMB").toFixed(0)} MB`,
        datastreams >= 1_000_000 ? "≤ 3000 MB" : ""
      ]
    ]
  })

const memory = async (datastreams: number): Promise<ReadonlyArray<Row>> => {
  const figures = await runChild("Memory.ts", [String(datastreams)])
  const name = `${whole(datastreams)} live datastreams`
  return [
    [`${name}: live bytes each`, get(figures, "liveBytesPerDatastream").toFixed(0), "≤ 2600"],
    [`${name}: growth of the resident set, bytes each`, get(figures, "bytesPerDatastream").toFixed(0), ""],
    [`${name}: resident set of the process`, `${get(figures, "rssMB").toFixed(0)} MB`, ""],
    [`${name}: slabs, bytes each`, get(figures, "slabBytesPerDatastream").toFixed(0), ""],
    [`${name}: state, every observation in a pane of its own`, millions(get(figures, "observationsPerCpuSecond")), ""]
  ]
}

const http = async (): Promise<ReadonlyArray<Row>> => {
  const figures = await runChild("Http.ts", [])
  const answers = get(figures, "answersPerCpuSecond")
  const greetings = get(figures, "greetingsPerCpuSecond")
  return [
    [
      "POST NDJSON, 1,000 a request, durable: per second of server CPU",
      whole(get(figures, "ingestPerCpuSecond")),
      "≥ 100,000"
    ],
    [
      "… per second, load generator on the other core",
      whole(get(figures, "ingestPerSecond")),
      ""
    ],
    ["… p99 of a request", `${get(figures, "ingestP99").toFixed(0)} ms`, ""],
    ["GET /v1/sensors/{id}: per second of server CPU", whole(answers), ""],
    ["bare node:http hello-world: per second of server CPU", whole(greetings), ""],
    ["ratio", percent(answers / greetings), "≥ 40 %"],
    [
      "ratio of requests per second",
      percent(get(figures, "answersPerSecond") / get(figures, "greetingsPerSecond")),
      "≥ 40 %"
    ]
  ]
}

const liveEvents = async (clients: number): Promise<ReadonlyArray<Row>> => {
  const figures = await runChild("LiveEvents.ts", [String(clients)])
  const rate = (name: string) => whole(get(figures, name))
  const name = `live events to ${whole(clients)} clients`
  return [
    [`${name}, published as fast as possible: deliveries per second`, rate("perSecond"), ""],
    ["… per second of server CPU", rate("perCpuSecond"), ""],
    [
      `${name}, ${rate("pacedPerSecond")} events/s in tens: p50 from publishing to the client`,
      `${get(figures, "p50").toFixed(0)} ms`,
      ""
    ],
    ["… p99", `${get(figures, "p99").toFixed(0)} ms`, ""],
    ["… server CPU", percent(get(figures, "pacedCpuShare")), ""],
    ["… resident memory of the city at the end", `${get(figures, "rssMB").toFixed(0)} MB`, ""]
  ]
}

const latest = async (): Promise<ReadonlyArray<Row>> => {
  const figures = await runChild("LatestValues.ts", ["100000"])
  const measured = (from: string, what: string): string =>
    `${get(figures, `${from}.${what}Millis`).toFixed(0)} ms, ${
      get(figures, `${from}.${what}CpuMillis`).toFixed(0)
    } CPU-ms`
  const rows: ReadonlyArray<readonly [name: string, what: string, goal: string]> = [
    [
      `latest values of 100,000 sensors over HTTP, pages of 1,000 (${get(figures, "view.allMegabytes").toFixed(0)} MB)`,
      "all",
      "≤ 1000 ms"
    ],
    ["… of those in one district of 60", "district", ""],
    ["… of those in a box where nobody is", "nobody", ""]
  ]
  return rows.flatMap(([name, what, goal]) =>
    ([["doors of the shards", "doors"], ["Redis", "view"]] as const).map((
      [place, from]
    ): Row => [`${name}, from ${place}`, measured(from, what), goal])
  )
}

interface Options extends SoakOptions {
  readonly withRedis: boolean
}

type Measure = (options: Options) => Promise<ReadonlyArray<Row>>

const parts: Readonly<Record<string, Measure>> = {
  pipeline: async () => [...await pipeline(100_000, 120), ...await pipeline(1_000_000, 8)],
  districts,
  memory: async () => [...await memory(100_000), ...await memory(1_000_000)],
  http,
  events: () => liveEvents(1_000),
  latest,
  start,
  "cluster-stream": clusterStream,
  "cluster-ingest": clusterIngest,
  "cluster-answers": clusterAnswers,
  "cluster-sizes": clusterSizes,
  latency,
  peers,
  "soak-cluster": soakCluster,
  "soak-embedded": soakEmbedded
}

const isLong = (part: string): boolean => part.startsWith("soak")
const isMeant = (wanted: string, name: string): boolean => name === wanted || name.startsWith(`${wanted}-`)

const { positionals: wanted, values } = commandLine({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    minutes: { type: "string", default: "30" },
    rate: { type: "string" },
    redis: { type: "boolean", default: false },
    profile: { type: "boolean", default: true }
  },
  allowNegative: true
})
const unknown = wanted.filter((name) => !Object.keys(parts).some((part) => isMeant(name, part)))
if (unknown.length > 0) refuse(`bench: no part "${unknown.join(", ")}"; there are ${Object.keys(parts).join(", ")}`)
const options: Options = {
  minutes: aboveZero("minutes", values.minutes),
  rate: values.rate === undefined ? undefined : aboveZero("rate", values.rate),
  withRedis: values.redis
}
/** Of what was given, what makes a part what it is. */
const flags = [
  ...(values.minutes === "30" ? [] : ["--minutes", values.minutes]),
  ...(values.rate === undefined ? [] : ["--rate", values.rate]),
  ...(values.redis ? ["--redis"] : [])
]

const sentenceOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const report = async (part: string, measure: Measure): Promise<PartReport> => {
  const begun = new Date().toISOString()
  const loadBefore = load()
  const profile = values.profile ? profiles[part] : undefined
  const after = (rest: Pick<PartReport, "failure" | "profiles" | "rows">, loadAfter: number): PartReport => {
    const command = ["npm run bench --", part, ...flags].join(" ")
    return { part, command, begun, ended: new Date().toISOString(), loadBefore, loadAfter, ...rest }
  }
  try {
    const rows = await measure(options)
    const loadAfter = load()
    return after({ rows, profiles: await profile?.() ?? [], failure: undefined }, loadAfter)
  } catch (error) {
    process.exitCode = 1
    return after({ rows: [], profiles: [], failure: sentenceOf(error) }, load())
  }
}

const on = machine()
const reports: Array<PartReport> = []
console.log(markdownHeading(on))
for (const [part, measure] of Object.entries(parts)) {
  if (wanted.length === 0 ? isLong(part) : !wanted.some((given) => isMeant(given, part))) continue
  const measured = await report(part, measure)
  reports.push(measured)
  console.log(markdownPart(measured))
  // After each part, so that a run that is broken off leaves what it has.
  if (values.out !== undefined) writeReport(values.out, on, reports)
}
