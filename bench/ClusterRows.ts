/** The rows of the table about a city of several processes: real servers, CPU of each printed beside. */
import { Effect } from "effect"
import { runChild } from "./Child.ts"
import { answers, ingest } from "./ClusterAnswers.ts"
import { catchUp, type RunFigures } from "./ClusterRun.ts"
import { type ClusterServers, clusterServers, logLimitGiB } from "./ClusterServers.ts"
import { inFolder } from "./Folder.ts"
import { get, median, millions, percent, type Row, whole } from "./Rows.ts"

/** Measured turn by turn; the median counts. */
const turns = 3

export const withServers = <A>(use: (servers: ClusterServers) => Effect.Effect<A, unknown, never>): Promise<A> =>
  inFolder((folder) =>
    Effect.runPromise(Effect.scoped(Effect.flatMap(clusterServers(folder, "nats-server-current"), use)))
  )

interface Filled {
  readonly datastreams: number
  readonly rounds: number
  readonly intervalMillis: number
  readonly reportsPerRound: number
  readonly ticks: "live" | "history"
}

const districts = 1_000
export const minutes20 = {
  datastreams: 100_000,
  rounds: 120,
  intervalMillis: 10_000,
  reportsPerRound: 1,
  ticks: "history"
} as const

export const fill = (servers: ClusterServers, what: Filled) =>
  Effect.promise(() => {
    const { datastreams, intervalMillis, reportsPerRound, rounds, ticks } = what
    const args = [servers.nats.url, ...[logLimitGiB, datastreams, rounds, intervalMillis, reportsPerRound].map(String)]
    return runChild("ClusterFill.ts", [...args, ticks, String(districts)])
  })

const pass = (servers: ClusterServers, mode: string) =>
  Effect.promise(() => runChild("ClusterPass.ts", [mode, servers.nats.url, String(logLimitGiB)]))

const of = <K extends string>(all: ReadonlyArray<Readonly<Record<K, number>>>, name: K): number =>
  median(all.map((figures) => figures[name]))
const inSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`
const inCpuSeconds = (seconds: number): string => `${seconds.toFixed(1)} CPU-s`

const servers = (all: ReadonlyArray<RunFigures>): string =>
  `${inCpuSeconds(of(all, "natsCpuSeconds"))}; ${inCpuSeconds(of(all, "databaseCpuSeconds"))}`

/** A log that was filled before, read by consumers that do less and less, and by runners. */
export const clusterStream = (): Promise<ReadonlyArray<Row>> =>
  withServers(Effect.fnUntraced(function*(nats) {
    // What a runner costs before it has anything to do; the streams are made on the way.
    const idle = { one: yield* catchUp(nats, 1), two: yield* catchUp(nats, 2) }
    const filled = yield* fill(nats, minutes20)
    const n = get(filled, "observations")
    const passes = { count: [] as Array<number>, read: [] as Array<number>, decode: [] as Array<number> }
    const one: Array<RunFigures> = []
    const two: Array<RunFigures> = []
    for (let turn = 0; turn < turns; turn++) {
      for (const mode of ["count", "read", "decode"] as const) {
        passes[mode].push(get(yield* pass(nats, mode), "cpuSeconds"))
      }
      one.push(yield* catchUp(nats, 1))
      two.push(yield* catchUp(nats, 2))
    }
    if ([...one, ...two].some(({ counted }) => counted !== n)) throw new Error("not every observation was counted")
    const ofOne = n / (of(one, "cpuSeconds") - idle.one.cpuSeconds)
    const ofTwo = n / (of(two, "cpuSeconds") - idle.two.cpuSeconds)
    const decoding = n / median(passes.decode)
    return [
      ["filled stream: observations; messages", `${whole(n)}; ${whole(get(filled, "records"))}`, ""],
      ["… bytes per observation", (get(filled, "bytes") / n).toFixed(1), ""],
      ["… a consumer of the client library that counts messages", millions(n / median(passes.count)), ""],
      ["… our feeds, counting", millions(n / median(passes.read)), ""],
      ["… our feeds, decoding", millions(decoding), ""],
      ["… one runner: both stages, all committed", millions(ofOne), "≥ 1.00 M/CPU-s"],
      ["… of the feeds that decode", percent(ofOne / decoding), ""],
      ["… wall; NATS; PostgreSQL", `${inSeconds(of(one, "seconds"))}; ${servers(one)}`, ""],
      ["… largest resident set", `${whole(of(one, "maxRssMB"))} MB`, ""],
      ["… two runners, sum of their CPU", millions(ofTwo), ""],
      ["… of one runner", percent(ofTwo / ofOne), "≥ 85 %"],
      ["… wall; NATS; PostgreSQL", `${inSeconds(of(two, "seconds"))}; ${servers(two)}`, ""],
      ["start of one runner, nothing to do: not counted above", inCpuSeconds(idle.one.cpuSeconds), ""]
    ]
  }))

/** NDJSON until JetStream has acknowledged it. */
export const clusterIngest = (): Promise<ReadonlyArray<Row>> =>
  withServers(Effect.fnUntraced(function*(nats) {
    const all = yield* Effect.scoped(ingest(nats, 100_000, turns))
    const name = "NDJSON, 1,000 a request, until JetStream has acknowledged"
    return [
      [`${name}: per second of ingest CPU`, whole(of(all, "perCpuSecond")), "≥ 100,000"],
      ["… per second", whole(of(all, "perSecond")), ""],
      ["… p50, p99 of a request", `${of(all, "p50").toFixed(0)} ms, ${of(all, "p99").toFixed(0)} ms`, ""],
      ["… CPU of NATS for that of the process", percent(of(all, "natsShare")), ""]
    ]
  }))

/** Lists and questions across runners; lists from Redis where there is one. */
export const clusterAnswers = ({ withRedis }: { readonly withRedis: boolean }): Promise<ReadonlyArray<Row>> =>
  withServers(Effect.fnUntraced(function*(nats) {
    const sensors = 100_000
    const { full, pages, quiet, steady } = yield* Effect.scoped(answers(nats, sensors, turns, withRedis))
    if (pages.some((page) => get(page, "items") !== sensors)) throw new Error("a list was not whole")
    const latency = (all: typeof full): string => `${of(all, "p50").toFixed(1)} ms, ${of(all, "p99").toFixed(1)} ms`
    const greetings = (all: typeof full): string =>
      `${of(all, "greetingP50").toFixed(1)} ms, ${of(all, "greetingP99").toFixed(1)} ms`
    const shares = full.map(({ cpu }) => cpu)
    const part = (i: number): string => inCpuSeconds(median(shares.map((cpu) => cpu[i] ?? 0)))
    return [
      [
        `latest values of 100,000 sensors, a thousand a page, over two runners, ${
          withRedis ? "with" : "without"
        } Redis`,
        inSeconds(median(pages.map((page) => get(page, "seconds")))),
        "≤ 1 s"
      ],
      ["… longest page", `${median(pages.map((page) => get(page, "longest"))).toFixed(0)} ms`, ""],
      ["GET /v1/sensors/{id} over two runners, 200 a second, nothing else: p50, p99", latency(quiet), ""],
      ["… a bare node:http hello-world at the same time", greetings(quiet), ""],
      [`… while ${whole(of(steady, "perSecond"))} observations/s come in`, latency(steady), "p99 ≤ 20 ms"],
      ["… hello-world at the same time", greetings(steady), ""],
      [`… while as many come in as go (${whole(of(full, "perSecond"))}/s)`, latency(full), "p99 ≤ 20 ms"],
      ["… hello-world at the same time", greetings(full), ""],
      ["… CPU of two runners, api, ingest in those 16 s", [0, 1, 2, 3].map(part).join("; "), ""]
    ]
  }))

/** The same observations a second from fewer and more datastreams. */
const sizes: ReadonlyArray<Filled> = [
  { ...minutes20, datastreams: 1_000, reportsPerRound: 100 },
  { ...minutes20, datastreams: 10_000, reportsPerRound: 10 },
  minutes20,
  { ...minutes20, datastreams: 1_000_000, rounds: 12, intervalMillis: 100_000 }
]

export const clusterSizes = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const size of sizes) {
    const name = `${whole(size.datastreams)} datastreams, 10,000 observations/s for 20 min`
    const [idle, figures, observations] = await withServers(Effect.fnUntraced(function*(nats) {
      const idle = yield* catchUp(nats, 1)
      const filled = yield* fill(nats, size)
      return [idle, yield* catchUp(nats, 1), get(filled, "observations")] as const
    }))
    rows.push(
      [`${name}: one runner`, millions(observations / (figures.cpuSeconds - idle.cpuSeconds)), "flat within 2 ×"],
      ["… largest resident set", `${whole(figures.maxRssMB)} MB`, size.datastreams >= 1_000_000 ? "≤ 3000 MB" : ""],
      ["… wall; NATS; PostgreSQL", `${inSeconds(figures.seconds)}; ${servers([figures])}`, ""]
    )
  }
  return rows
}
