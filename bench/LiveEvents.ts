/**
 * Live events to many clients: CLIENTS. A whole city with its API; the clients in a process of their own. First events are published as
 * fast as the log takes them: deliveries per second, and per second of server CPU. Then at a pace, as a city does: the delay from
 * before `publish` to the client. The last line is JSON.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openCityOverHttp } from "../src/apps/EmbeddedCity.ts"
import { EventLog } from "../src/ports/EventLog.ts"
import { type CityEvent, districtSource } from "../src/schemas/CityEvent.ts"
import { cpuSeconds } from "./Child.ts"
import { inFolder } from "./Folder.ts"
import { settingsOf } from "./Settings.ts"

const clients = Number(process.argv[2] ?? 1_000)
const fanned = 2_000
const paced = 1_000
const pacedPerCall = 10
const pacedEveryMillis = 100

const now = (): number => performance.timeOrigin + performance.now()

/** About as large as the quality of life of a district. */
const filling = "x".repeat(500)
const event = (nth: number): CityEvent => ({
  id: `quality:${nth}`,
  type: "quality",
  district: `district-${nth % 60}`,
  time: Date.now(),
  source: districtSource(`district-${nth % 60}`),
  data: { at: now(), filling }
})
const eventsFrom = (first: number, count: number): ReadonlyArray<CityEvent> =>
  Array.from({ length: count }, (_, i) => event(first + i))

/** The clients' process and what it says. */
const startClients = (port: string) => {
  const path = fileURLToPath(new URL("LiveEventsClients.ts", import.meta.url))
  const child = spawn(process.execPath, [path, port, String(clients), String(fanned), String(paced)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  const waiting: Array<() => void> = []
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
    for (const look of waiting) look()
  })
  child.on("exit", (code) => {
    if (code !== 0) throw new Error(`the clients ended with ${code}:\n${output}`)
  })
  return (pattern: RegExp): Effect.Effect<string> =>
    Effect.callback((resume) => {
      const look = (): void => {
        const found = pattern.exec(output)?.[0]
        if (found !== undefined) resume(Effect.succeed(found))
      }
      waiting.push(look)
      look()
    })
}

const measure = Effect.fnUntraced(function*(data: string) {
  const { context, url } = yield* openCityOverHttp(settingsOf(data), "Europe/Helsinki")
  const log = yield* Effect.provideContext(EventLog, context)
  const said = startClients(new URL(url).port)
  yield* said(/ready/)
  const cpu = process.cpuUsage()
  const begun = performance.now()
  for (let first = 0; first < fanned; first += 100) yield* log.publish(eventsFrom(first, 100))
  yield* said(/fanned/)
  const seconds = (performance.now() - begun) / 1000
  const fannedCpu = cpuSeconds(cpu)
  const pacedCpu = process.cpuUsage()
  for (let first = 0; first < paced; first += pacedPerCall) {
    yield* log.publish(eventsFrom(fanned + first, pacedPerCall))
    yield* Effect.sleep(pacedEveryMillis)
  }
  const delays = JSON.parse(yield* said(/^\{.*\}$/m))
  return {
    perSecond: clients * fanned / seconds,
    perCpuSecond: clients * fanned / fannedCpu,
    pacedCpuShare: cpuSeconds(pacedCpu) / (paced / pacedPerCall * pacedEveryMillis / 1000),
    pacedPerSecond: pacedPerCall * 1000 / pacedEveryMillis,
    rssMB: process.memoryUsage().rss / 2 ** 20,
    ...delays
  }
}, Effect.scoped)

const figures = await inFolder((folder) => Effect.runPromise(measure(join(folder, "data"))))
console.log(JSON.stringify(figures))
