/**
 * The rows of the table about the peers: the same windows from the same file by Vicinity, Apache Flink and Bytewax, turn by turn, what a
 * process takes from its first to its last moment.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runChild } from "./Child.ts"
import { inFolder } from "./Folder.ts"
import { bytewax, flink, type Peer } from "./PeersFetched.ts"
import { type Command, type Taken, taken } from "./PeersRun.ts"
import { type Contender, measure, type Measured, type Size } from "./PeersTurns.ts"
import { get, millions, type Row, whole } from "./Rows.ts"

/** Measured turn by turn; the median counts. */
const turns = 3
const datastreams = 20_000
const rounds = 120

interface Filled {
  readonly files: Readonly<Record<Size, string>>
  readonly lines: Readonly<Record<Size, number>>
  readonly megabytes: number
}

/** Nothing tells what a start takes; a tenth of the datastreams, over the same time, start and warm-up. */
const fill = async (folder: string): Promise<Filled> => {
  const files = { nothing: join(folder, "nothing"), tenth: join(folder, "tenth"), all: join(folder, "all") }
  await writeFile(files.nothing, "")
  const tenth = await runChild("PeersFile.ts", [files.tenth, String(datastreams / 10), String(rounds)])
  const all = await runChild("PeersFile.ts", [files.all, String(datastreams), String(rounds)])
  return {
    files,
    lines: { nothing: 0, tenth: get(tenth, "lines"), all: get(all, "lines") },
    megabytes: get(all, "bytes") / 1e6
  }
}

const vicinity = (mode: string, from: string, to: string): Command => ({
  program: process.execPath,
  arguments: [fileURLToPath(new URL("PeersVicinity.ts", import.meta.url)), mode, from, to],
  env: {}
})

const bare: Contender = {
  name: "Vicinity: check, batches, sensor stage",
  command: async (file, rows) => vicinity("bare", file, rows)
}

const city: Contender = {
  name: "Vicinity: door, log with fsync, stages, commits, its PostgreSQL included",
  command: async (file, _rows, state) => vicinity("city", file, state),
  takeOut: (state, rows) => vicinity("rows", state, rows)
}

/** With two of everything but the source it costs more, which shall be seen once. */
const contendersOf = (peer: Peer, recovers: boolean): ReadonlyArray<Contender> => {
  const command = (workers: number): Contender["command"] => (file, rows, state) =>
    peer.command(file, rows, workers, recovers ? state : undefined)
  const one = { name: peer.name, command: command(1) }
  return peer.isParallel && !recovers ? [one, { name: `${peer.name}, parallelism 2`, command: command(2) }] : [one]
}

const databaseCpuSeconds = ({ output }: Taken): number =>
  get(JSON.parse(output.trim().split("\n").at(-1) ?? "{}"), "databaseCpuSeconds")

/** The first of all is ours. */
const rowsOf = (
  title: string,
  [ours, ...peers]: ReadonlyArray<Measured>,
  { lines }: Filled
): ReadonlyArray<Row> => {
  if (ours === undefined) return []
  const all = [ours, ...peers]
  const more = (from: Size) => (one: Measured): number =>
    (lines.all - lines[from]) / (one.cpuSeconds("all") - one.cpuSeconds(from))
  const ratio = (of: (one: Measured) => number): string => `${(of(ours) / Math.max(...peers.map(of))).toFixed(2)} ×`
  const each = (of: (one: Measured) => string): string => all.map(of).join("; ")
  const ratios: ReadonlyArray<Row> = [
    ["… the first to the better of the others", ratio(more("nothing")), "≥ 2.00 ×"],
    ["… the same, warm", ratio(more("tenth")), ""]
  ]
  return [
    ...all.map((one): Row => [`${title}: ${one.name}`, millions(more("nothing")(one)), ""]),
    ...(peers.length === 0 ? [] : ratios),
    ["… warm, in their order", each((one) => millions(more("tenth")(one))), ""],
    ["… start, not counted above", each((one) => `${one.cpuSeconds("nothing").toFixed(1)} CPU-s`), ""],
    ["… largest resident set", each((one) => `${one.of("all", ({ maxRssMB }) => maxRssMB).toFixed(0)} MB`), ""],
    ["… wall", each((one) => `${one.of("all", ({ seconds }) => seconds).toFixed(1)} s`), ""],
    [
      `… of ${whole(ours.rows)} windows not as the sensor stage has them, in all turns`,
      each((one) => String(one.wrong)),
      "0"
    ]
  ]
}

export const peers = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const fetched = [await flink(), await bytewax()]
    const found = fetched.filter((peer) => "command" in peer)
    const missing = fetched.filter((peer) => "missing" in peer)
    const filled = await fill(folder)
    const reference = join(folder, "reference")
    await taken(vicinity("bare", filled.files.all, reference))
    const turnsOf = (ours: Contender, recovers: boolean) => {
      const all = [ours, ...found.flatMap((peer) => contendersOf(peer, recovers))]
      return measure(folder, all, filled.files, reference, turns)
    }
    const inMemory = await turnsOf(bare, false)
    const recovering = await turnsOf(city, true)
    const database = recovering[0]?.of("all", databaseCpuSeconds) ?? NaN
    const size = `${whole(filled.lines.all)}; ${filled.megabytes.toFixed(0)} MB`
    return [
      ["a file of NDJSON: observations of 20,000 datastreams in twenty minutes; bytes", size, ""],
      ...missing.map(({ missing }): Row => [`… ${missing}`, "not measured", ""]),
      ...rowsOf("in memory", inMemory, filled),
      ...rowsOf("recovering after a crash", recovering, filled),
      ["… of the first, PostgreSQL", `${database.toFixed(1)} CPU-s`, ""]
    ]
  })
