/** The rows of the table about memory over time: at the start and in the end, with the line through what lies between. */
import { Effect } from "effect"
import { join } from "node:path"
import { withServers } from "./ClusterRows.ts"
import { wholeCity } from "./ClusterRun.ts"
import { preload, vitalsFile } from "./ClusterServers.ts"
import { oneProcess } from "./EmbeddedProcess.ts"
import { inFolder } from "./Folder.ts"
import { get, median, type Row, whole } from "./Rows.ts"
import { type Sample, sensors, soak, type SoakedCity, type SoakOptions } from "./Soak.ts"
import { theilSenSlope } from "./TheilSen.ts"
import type { Vitals } from "./Vitals.ts"

/** The start and the end are medians of so long. */
const endsMillis = 120_000
const flat = "≤ +5 %"
const hourMillis = 3_600_000

interface Course {
  readonly start: number
  readonly end: number
  readonly growth: number
  readonly perHour: number
}

const course = (samples: ReadonlyArray<Sample>): Course => {
  const first = samples[0]?.at ?? 0
  const last = samples.at(-1)?.at ?? 0
  const middle = (of: (sample: Sample) => boolean): number => median(samples.filter(of).map(({ value }) => value))
  const start = middle(({ at }) => at <= first + endsMillis)
  const end = middle(({ at }) => at >= last - endsMillis)
  return {
    start,
    end,
    growth: end / start - 1,
    perHour: theilSenSlope(samples.map(({ at, value }) => ({ x: at / hourMillis, y: value })))
  }
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${whole(Math.abs(value))}`
/** Finer than the goal, so that rounding meets none. */
const growthInWords = (growth: number): string => `${growth < 0 ? "−" : "+"}${Math.abs(100 * growth).toFixed(1)} %`
const inWords = ({ end, growth, perHour, start }: Course): string =>
  `${whole(start)} MB → ${whole(end)} MB (${growthInWords(growth)}), ${signed(perHour)} MB an hour`

const memoryRows = (name: string, lines: ReadonlyArray<Vitals>): ReadonlyArray<Row> => {
  const of = (what: "rssMB" | "heapMB" | "externalMB"): Course =>
    course(lines.map((line) => ({ at: line.at, value: line[what] })))
  const all = (what: "loopP99" | "loopMax" | "gcMax" | "gcMillis"): ReadonlyArray<number> =>
    lines.map((line) => line[what])
  const spanMillis = (lines.at(-1)?.at ?? 0) - (lines[0]?.at ?? 0)
  const gcShare = 100 * all("gcMillis").reduce((sum, millis) => sum + millis, 0) / spanMillis
  const [first, last] = lines.filter(({ isCollected }) => isCollected).map(({ buffersMB, heapMB }) =>
    heapMB + buffersMB
  )
  return [
    [
      `… ${name}: alive after a collection, heap and buffers`,
      `${whole(first ?? NaN)} MB → ${whole(last ?? NaN)} MB (${growthInWords((last ?? NaN) / (first ?? NaN) - 1)})`,
      flat
    ],
    ["… … resident set", inWords(of("rssMB")), flat],
    ["… … heap in use", inWords(of("heapMB")), ""],
    ["… … outside of the heap", inWords(of("externalMB")), ""],
    [
      "… … delay of the event loop: median of p99s, longest; longest pause of the collector, its share of the time",
      `${median(all("loopP99")).toFixed(1)} ms, ${Math.max(...all("loopMax")).toFixed(0)} ms; ${
        Math.max(...all("gcMax")).toFixed(0)
      } ms, ${gcShare.toFixed(1)} %`,
      ""
    ]
  ]
}

const rowsOf = (name: string, { minutes }: SoakOptions, soaked: Effect.Success<ReturnType<typeof soak>>) => {
  const { asked, full, noted, rate, refused, vitals, warmUntil, warmUpMinutes } = soaked
  const warm = <A extends { readonly at: number }>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
    all.filter(({ at }) => at >= warmUntil)
  const lag = warm(noted.get("lag") ?? []).map(({ value }) => value)
  const rows: Array<Row> = [
    [
      `${name}, ${whole(sensors)} sensors, ${minutes} min after ${warmUpMinutes} min of warming: observations a second`,
      `${whole(rate)}${full === undefined ? "" : ` (as many as go: ${whole(full)})`}`,
      ""
    ],
    ["… requests that were refused", whole(refused), "0"],
    [
      "… GET /v1/sensors/{id}, 20 a second: p50, p99",
      `${get(asked, "p50").toFixed(1)} ms, ${get(asked, "p99").toFixed(1)} ms`,
      ""
    ],
    ["… records not yet applied: median, most", `${whole(median(lag))}, ${whole(Math.max(...lag))}`, ""]
  ]
  for (const { lines, name } of vitals) rows.push(...memoryRows(name, warm(lines)))
  for (const [what, samples] of noted) {
    if (what !== "lag") rows.push([`… ${what}`, inWords(course(warm(samples))), ""])
  }
  return rows
}

/** Two runners, one process that takes observations in, one that answers, and their servers. */
export const soakCluster = (options: SoakOptions): Promise<ReadonlyArray<Row>> =>
  withServers((servers) =>
    Effect.scoped(Effect.gen(function*() {
      const { all, api, ingest, run, runners } = yield* wholeCity(servers, { isWatched: true, withRedis: true })
      const city: SoakedCity = {
        processes: all.map(({ name, pid }) => ({ name, pid, vitals: vitalsFile(run.below, name) })),
        pids: run.pids,
        folders: { "disk of NATS": servers.nats.folder, "disk of PostgreSQL": join(run.below, "postgres") },
        shardUrls: runners.map(({ url }) => url),
        ingestPort: ingest.port,
        apiPort: api.port
      }
      return rowsOf("city of two runners, api, ingest", options, yield* soak(city, options))
    }))
  )

/** One process and its own database, in one folder. */
export const soakEmbedded = (options: SoakOptions): Promise<ReadonlyArray<Row>> =>
  inFolder((folder) =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const vitals = vitalsFile(folder, "city")
      const { data, pid, port, url } = yield* oneProcess(folder, [preload("Vitals.ts")], { BENCH_VITALS: vitals })
      const city: SoakedCity = {
        processes: [{ name: "the process", pid, vitals }],
        pids: {},
        folders: { disk: data },
        shardUrls: [url],
        ingestPort: port,
        apiPort: port
      }
      return rowsOf("city of one process", options, yield* soak(city, options))
    })))
  )
