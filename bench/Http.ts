/**
 * HTTP: NDJSON ingest until it is durable, and one sensor's answer beside a bare node:http hello-world, turn by turn. The
 * servers run as processes of their own; what counts is requests per second of their CPU, so that the load generator on the
 * other core does not matter. The last line is JSON.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { randomNumbers } from "../stack/Random.ts"
import { inFolder } from "./Folder.ts"
import { getRequest, load, postRequest } from "./HttpClient.ts"
import { cpuSecondsOf } from "./ProcessTree.ts"
import { median } from "./Rows.ts"

const start = (file: string, args: ReadonlyArray<string>, ready: RegExp): Promise<readonly [ChildProcess, number]> =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      const port = ready.exec(output)?.[1]
      if (port !== undefined) resolve([child, Number(port)])
    })
    child.on("exit", () => reject(new Error(`${file} ended:\n${output}`)))
  })

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.removeAllListeners("exit")
    child.on("exit", () => resolve())
    child.kill("SIGINT")
  })

const sensors = 5_000
const linesPerRequest = 1_000
const random = randomNumbers(7)

const ndjson = (): Buffer => {
  const now = Date.now()
  const lines = Array.from({ length: linesPerRequest }, (_, i) =>
    JSON.stringify({
      sensorId: `detector-${Math.floor(random() * sensors)}`,
      property: "vehicle_speed",
      phenomenonTime: new Date(now - Math.floor(random() * 60_000) + i).toISOString(),
      result: Math.round(1000 * random()) / 10,
      unit: "km/h"
    }))
  return postRequest("/v1/observations", "application/x-ndjson", lines.join("\n"))
}

/** Requests per second of server CPU. */
const perCpuSecond = async (child: ChildProcess, drive: () => ReturnType<typeof load>) => {
  const before = cpuSecondsOf(child.pid ?? 0)
  const result = await drive()
  return { ...result, rate: result.requests / (cpuSecondsOf(child.pid ?? 0) - before) }
}

await inFolder(async (folder) => {
  const [city, cityPort] = await start(
    "../src/apps/main.ts",
    ["start", "--port", "0", "--source", "none", "--data", join(folder, "data")],
    /API on http:\/\/127\.0\.0\.1:(\d+)/
  )
  const [hello, helloPort] = await start("HelloServer.ts", [], /listening on (\d+)/)
  const bodies = Array.from({ length: 60 }, ndjson)
  let body = 0
  const nextBody = (): Buffer => bodies[body++ % bodies.length] as Buffer
  await load(cityPort, 4, 3, nextBody, "202")
  const ingest = await perCpuSecond(city, () => load(cityPort, 4, 6, nextBody, "202"))

  const ask = getRequest("/v1/sensors/detector-1")
  const greet = getRequest("/")
  const answers: Array<number> = []
  const greetings: Array<number> = []
  const latencies: Array<number> = []
  const rates: Array<readonly [answers: number, greetings: number]> = []
  // Both warm before anything counts.
  for (let round = -1; round < 5; round++) {
    const answered = await perCpuSecond(city, () => load(cityPort, 32, 3, () => ask, "200"))
    const greeted = await perCpuSecond(hello, () => load(helloPort, 32, 3, () => greet, "200"))
    if (answered.errors + greeted.errors > 0) throw new Error("a request was not answered with 200")
    if (round < 0) continue
    answers.push(answered.rate)
    greetings.push(greeted.rate)
    latencies.push(answered.p99)
    rates.push([answered.requests / answered.seconds, greeted.requests / greeted.seconds])
  }
  await stop(city)
  await stop(hello)
  console.log(JSON.stringify({
    ingestPerCpuSecond: ingest.rate * linesPerRequest,
    ingestPerSecond: ingest.requests * linesPerRequest / ingest.seconds,
    ingestErrors: ingest.errors,
    ingestP99: ingest.p99,
    answersPerCpuSecond: median(answers),
    greetingsPerCpuSecond: median(greetings),
    answersPerSecond: median(rates.map(([rate]) => rate)),
    greetingsPerSecond: median(rates.map(([, rate]) => rate)),
    answerP99: median(latencies)
  }))
})
