/**
 * What somebody waits for who starts the simulated city: FOLDER [answer]. A real process on a free port; on the folder as it is,
 * to the first answer, to the first district with a quality, and to a city that lives: twelve districts whose newest window
 * ended in the last ten minutes, five hundred sensors with values, and an event that arrived; with `answer` only to the first
 * answer. Then it stops, and the last line is JSON.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { cpuSecondsBelow, cpuSecondsOf } from "./ProcessTree.ts"

const [folder = "", what = ""] = process.argv.slice(2)
const districtsMin = 12
const sensorsMin = 500
const newestMillis = 10 * 60_000
const patienceMillis = 300_000

const startedAt = performance.now()
const main = fileURLToPath(new URL("../src/apps/main.ts", import.meta.url))
const child = spawn(process.execPath, [main, "start", "--port", "0", "--data", folder], {
  stdio: ["ignore", "pipe", "inherit"]
})
let output = ""
child.stdout.on("data", (chunk: Buffer) => {
  output += chunk.toString()
})
const seconds = (): number => (performance.now() - startedAt) / 1000
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

/** The first value that is not `undefined`. */
const until = async <A>(what: string, look: () => Promise<A | undefined> | A | undefined): Promise<A> => {
  while (performance.now() - startedAt < patienceMillis) {
    const found = await look()
    if (found !== undefined) return found
    if (child.exitCode !== null) throw new Error(`the city ended:\n${output}`)
    await pause()
  }
  throw new Error(`no ${what} after ${patienceMillis / 1000} s:\n${output}`)
}

interface Page {
  readonly items: ReadonlyArray<{
    readonly quality?: { readonly index: number } | null
    readonly end?: string | null
    readonly latest?: ReadonlyArray<unknown>
  }>
}

const url = await until("address", () => /API on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1])
const get = (path: string): Promise<Page | undefined> =>
  fetch(`${url}${path}`).then(
    (response) => response.ok ? response.json() as Promise<Page> : undefined,
    () => undefined
  )

/** When the first event of a subscription arrived. */
const firstEvent = async (): Promise<number> => {
  const response = await fetch(`${url}/v1/events`)
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (/^data:/m.test(text)) break
  }
  return seconds()
}

const answerSeconds = await until(
  "answer",
  async () => await get("/v1/sensors?limit=1") === undefined ? undefined : seconds()
)
/** Everything else that was waited for. */
const life = async () => {
  const event = firstEvent()
  const qualitySeconds = await until("quality", async () => {
    const page = await get("/v1/districts?limit=100")
    return page?.items.some(({ quality }) => (quality ?? null) !== null) === true ? seconds() : undefined
  })
  const districtsSeconds = await until("living districts", async () => {
    const page = await get("/v1/districts?limit=100")
    const living = page?.items.filter(({ end, quality }) =>
      (quality ?? null) !== null && Date.parse(end ?? "") > Date.now() - newestMillis
    )
    return (living?.length ?? 0) >= districtsMin ? seconds() : undefined
  })
  const sensorsSeconds = await until("sensors", async () => {
    const page = await get(`/v1/sensors?limit=${sensorsMin}`)
    return page?.items.filter(({ latest }) => (latest?.length ?? 0) > 0).length === sensorsMin ? seconds() : undefined
  })
  const eventSeconds = await event
  return {
    qualitySeconds,
    livingSeconds: Math.max(districtsSeconds, sensorsSeconds, eventSeconds),
    eventSeconds,
    cpuSeconds: cpuSecondsOf(child.pid ?? 0),
    databaseCpuSeconds: cpuSecondsBelow(child.pid ?? 0)
  }
}

const figures = { answerSeconds, ...(what === "answer" ? {} : await life()) }
await new Promise<void>((resolve) => {
  child.on("exit", () => resolve())
  child.kill("SIGINT")
})
console.log(JSON.stringify(figures))
process.exit(0)
