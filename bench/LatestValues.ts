/**
 * Latest values of SENSORS sensors by pages of 1,000 over HTTP, from an API without shards: from the doors of the shards (in the same
 * process, so without the sockets between runners) and from the view in a real Redis, in turns. The last line is JSON.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { Agent, request } from "node:http"
import { fileURLToPath } from "node:url"
import { redisServer } from "../stack/RedisServer.ts"
import { inFolder } from "./Folder.ts"
import { cpuSecondsOf } from "./ProcessTree.ts"
import { median } from "./Rows.ts"

const sensors = Number(process.argv[2] ?? 100_000)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const get = (port: number, path: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    request({ agent, host: "127.0.0.1", port, path }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new Error(`${response.statusCode}: ${Buffer.concat(chunks).toString()}`))
      })
    }).on("error", reject).end()
  })

const cursorOf = (body: Buffer): string | undefined =>
  /"nextCursor":"([^"]+)"\}$/.exec(body.toString("latin1", body.length - 200))?.[1]

/** Milliseconds for the whole list, its pages and bytes. */
const list = async (port: number, query: string) => {
  const startedAt = performance.now()
  let pages = 0
  let bytes = 0
  for (let cursor: string | undefined = ""; cursor !== undefined; pages++) {
    const body = await get(port, `/v1/sensors?limit=1000${query}${cursor === "" ? "" : `&cursor=${cursor}`}`)
    bytes += body.length
    cursor = cursorOf(body)
  }
  return { millis: performance.now() - startedAt, pages, bytes }
}

const measure = async (folder: string, redisPort: number) => {
  const path = fileURLToPath(new URL("LatestCity.ts", import.meta.url))
  const city = spawn(process.execPath, [path, `${folder}/data`, String(sensors), String(redisPort)], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const [doors, view] = await new Promise<ReadonlyArray<number>>((resolve, reject) => {
    let output = ""
    city.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      const ports = /listening on (\d+) (\d+)/.exec(output)
      if (ports !== null) resolve(ports.slice(1).map(Number))
    })
    city.on("exit", () => reject(new Error(`the city ended:\n${output}`)))
  })
  const cpu = (): number => cpuSecondsOf(city.pid ?? 0)
  interface Run {
    readonly millis: number
    readonly cpu: number
    readonly pages: number
    readonly bytes: number
  }
  const once = async (port: number, query: string): Promise<Run> => {
    const before = cpu()
    const run = await list(port, query)
    return { ...run, cpu: 1_000 * (cpu() - before) }
  }
  const figures: Record<string, number> = {}
  const note = (name: string, runs: ReadonlyArray<Run>): void => {
    figures[`${name}Millis`] = median(runs.map(({ millis }) => millis))
    figures[`${name}CpuMillis`] = median(runs.map(({ cpu }) => cpu))
    figures[`${name}Pages`] = runs[0]?.pages ?? 0
    figures[`${name}Megabytes`] = (runs[0]?.bytes ?? 0) / 1e6
  }
  for (
    const [name, query] of [["all", ""], ["district", "&district=district-0007"], ["nobody", "&bbox=0,0,1,1"]] as const
  ) {
    const ofDoors: Array<Run> = []
    const ofView: Array<Run> = []
    for (let turn = -2; turn < 7; turn++) {
      const runs = [await once(doors ?? 0, query), await once(view ?? 0, query)] as const
      if (turn < 0) continue
      ofDoors.push(runs[0])
      ofView.push(runs[1])
    }
    note(`doors.${name}`, ofDoors)
    note(`view.${name}`, ofView)
  }
  city.removeAllListeners("exit")
  const ended = new Promise((resolve) => city.on("exit", resolve))
  city.stdin.end()
  await ended
  console.log(JSON.stringify(figures))
}

await inFolder((folder) =>
  Effect.runPromise(Effect.scoped(
    Effect.flatMap(redisServer({ folder }), ({ port }) => Effect.promise(() => measure(folder, port)))
  ))
)
process.exit(0)
