/** The rows of the table about both stages together, and about the start of a city. */
import { join } from "node:path"
import { runChild } from "./Child.ts"
import { inFolder } from "./Folder.ts"
import { get, median, millions, percent, type Row } from "./Rows.ts"

const datastreams = 100_000
const inDistricts = 1_000
const rounds = 120
const intervalMillis = 10_000
/** Measured turn by turn; the median counts. */
const turns = 3

const fill = async (folder: string, ticks: "live" | "history", districts: number): Promise<string> => {
  const into = join(folder, `${ticks}-${districts}`)
  await runChild("PipelineFill.ts", [
    into,
    ...[datastreams, rounds, intervalMillis].map(String),
    ticks,
    String(districts)
  ])
  return into
}

const pass = (mode: string, folder: string, ...more: ReadonlyArray<string>): Promise<Record<string, number>> =>
  runChild("Districts.ts", [mode, folder, ...more])

export const districts = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const without = await fill(folder, "live", 0)
    const live = await fill(folder, "live", inDistricts)
    const history = await fill(folder, "history", inDistricts)
    const seconds = { alone: [] as Array<number>, live: [] as Array<number>, history: [] as Array<number> }
    for (let turn = 0; turn < turns; turn++) {
      seconds.alone.push(get(await pass("alone", without), "cpuSeconds"))
      seconds.live.push(get(await pass("state", live), "cpuSeconds"))
      seconds.history.push(get(await pass("state", history), "cpuSeconds"))
    }
    const counted = await pass("state", live, "digest")
    const fullWithout = await pass("full", without)
    const full = await pass("full", live)
    const n = datastreams * rounds
    const per = (name: string): string => (get(counted, name) / get(counted, "stateRows")).toFixed(1)
    const share = (of: ReadonlyArray<number>): string => percent(median(seconds.alone) / median(of))
    const name = "100,000 sensors in 1,000 districts"
    return [
      [`${name}: sensor stage alone, no commits`, millions(n / median(seconds.alone)), ""],
      [`${name}: both stages, live, no commits`, millions(n / median(seconds.live)), ""],
      ["… of the sensor stage alone", share(seconds.live), "≥ 85 %"],
      [`${name}: both stages, catching up with the past, no commits`, millions(n / median(seconds.history)), ""],
      ["… of the sensor stage alone", share(seconds.history), "≥ 85 %"],
      [`${name}: city without districts, with commits`, millions(n / get(fullWithout, "cpuSeconds")), ""],
      [`${name}: city, with commits`, millions(n / get(full, "cpuSeconds")), ""],
      ["… of the city without", percent(get(fullWithout, "cpuSeconds") / get(full, "cpuSeconds")), "≥ 85 %"],
      [`${name}: partials in each published window of a district`, per("partials"), ""],
      [`${name}: bytes of partials per observation`, (get(counted, "partialBytes") / n).toFixed(1), ""],
      [`${name}: rows of the history for each`, per("windowRows"), ""],
      [
        `${name}: PostgreSQL beside the city; beside the one without`,
        `${get(full, "databaseCpuSeconds").toFixed(1)} CPU-s; ${
          get(fullWithout, "databaseCpuSeconds").toFixed(1)
        } CPU-s`,
        ""
      ],
      [
        `${name}: resident memory of the city; of the one without`,
        `${get(full, "rssMB").toFixed(0)} MB; ${get(fullWithout, "rssMB").toFixed(0)} MB`,
        ""
      ]
    ]
  })

export const start = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const data = join(folder, "data")
    const first = await runChild("Start.ts", [data])
    const second = await runChild("Start.ts", [data, "answer"])
    const inSeconds = (figures: Record<string, number>, name: string): string => `${get(figures, name).toFixed(1)} s`
    return [
      ["start on an empty folder: to the first answer", inSeconds(first, "answerSeconds"), ""],
      ["… to the first district with a quality", inSeconds(first, "qualitySeconds"), "≤ 60 s"],
      ["… to a living city", inSeconds(first, "livingSeconds"), "≤ 120 s"],
      ["… CPU of the city", inSeconds(first, "cpuSeconds"), ""],
      ["… CPU of PostgreSQL", inSeconds(first, "databaseCpuSeconds"), ""],
      ["start on the folder it left: to the first answer", inSeconds(second, "answerSeconds"), "≤ 5 s"]
    ]
  })
