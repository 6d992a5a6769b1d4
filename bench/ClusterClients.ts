/**
 * Clients of a city, in a process of their own. `register PORT SENSORS`: an observation of each sensor, with its place; `past`, with
 * the same: one of every five minutes of a bit more than an hour. `post PORT SENSORS SECONDS PER_SECOND`: so many observations of now
 * (0: as many as are acknowledged), a thousand a request in NDJSON, four requests at once. `ask PORT SENSORS SECONDS PER_SECOND`:
 * `GET /v1/sensors/{id}`, eight at once; `greet`, with the same: `GET /`. `pages PORT`: the latest values of all sensors, a thousand a
 * page. The last line is JSON.
 */
import { randomNumbers } from "../stack/Random.ts"
import { getRequest, load, postRequest } from "./HttpClient.ts"

const [mode = "", ...numbers] = process.argv.slice(2)
const [port = 0, sensors = 0, seconds = 0, perSecond = 0] = numbers.map(Number)
const random = randomNumbers(7)
const linesPerRequest = 1_000
const bodies = 60
const postersAtOnce = 4
const askersAtOnce = 8

const sensorId = (i: number): string => `detector-${i.toString(36).padStart(5, "0")}`
const anySensor = (): string => sensorId(Math.floor(random() * sensors))
const written = (at: number): string => new Date(at).toISOString()
const observation = (id: string, time = Date.now()) => ({
  sensorId: id,
  property: "vehicle_speed",
  phenomenonTime: written(time),
  result: Math.round(1000 * random()) / 10,
  unit: "km/h"
})
const post = (lines: ReadonlyArray<unknown>): Buffer =>
  postRequest("/v1/observations", "application/x-ndjson", lines.map((line) => JSON.stringify(line)).join("\n"))

/** Sensors lie on a grid about Helsinki. */
const placed = (i: number, time: number) => {
  const side = Math.ceil(Math.sqrt(sensors))
  const coordinates = [24.7 + 0.5 * (i % side) / side, 60.1 + 0.25 * Math.floor(i / side) / side]
  return { ...observation(sensorId(i), time), location: { type: "Point", coordinates } }
}

/** One of each sensor; a time that is not given is that of the sending. */
const register = async (time?: number) => {
  let next = 0
  const requests = Math.ceil(sensors / linesPerRequest)
  const send = async (): Promise<void> => {
    while (next < requests) {
      const from = linesPerRequest * next++
      const lines = Array.from(
        { length: Math.min(linesPerRequest, sensors - from) },
        (_, i) => placed(from + i, time ?? Date.now())
      )
      const answer = await fetch(`http://127.0.0.1:${port}/v1/observations`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: lines.map((line) => JSON.stringify(line)).join("\n")
      })
      if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`)
      await answer.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: postersAtOnce }, send))
  return { requests }
}

const past = async () => {
  const now = Date.now()
  for (let steps = 15; steps >= 0; steps--) await register(now - steps * 300_000)
  return {}
}

/** Bodies are made before; what they say of the time is written into them as they are sent. */
const posting = () => {
  const mark = Buffer.from('"phenomenonTime":"')
  const ready = Array.from({ length: bodies }, () => {
    const bytes = post(Array.from({ length: linesPerRequest }, () => observation(anySensor())))
    const times: Array<number> = []
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) times.push(at + mark.length)
    return { bytes, times }
  })
  let sent = 0
  return (): Buffer => {
    const { bytes, times } = ready[sent++ % bodies] as (typeof ready)[number]
    const now = Buffer.from(written(Date.now()))
    for (const at of times) bytes.set(now, at)
    return bytes
  }
}

const pages = async () => {
  const startedAt = performance.now()
  let items = 0
  let requests = 0
  let longest = 0
  for (let cursor: string | null = ""; cursor !== null;) {
    const askedAt = performance.now()
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await fetch(`http://127.0.0.1:${port}/v1/sensors?limit=1000${after}`)
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
    const page = await answer.json() as { readonly items: ReadonlyArray<unknown>; readonly nextCursor: string | null }
    longest = Math.max(longest, performance.now() - askedAt)
    items += page.items.length
    requests++
    cursor = page.nextCursor
  }
  return { items, requests, longest, seconds: (performance.now() - startedAt) / 1000 }
}

/** Of each of so many clients, that together do `perSecond`. */
const everyMillis = (clients: number): number => perSecond === 0 ? 0 : 1_000 * clients / perSecond

const posted = async () => {
  const result = await load(
    port,
    postersAtOnce,
    seconds,
    posting(),
    "202",
    everyMillis(postersAtOnce * linesPerRequest)
  )
  const observations = result.requests * linesPerRequest
  return { ...result, observations, perSecond: observations / result.seconds }
}

const get = (path: () => string) =>
  load(port, askersAtOnce, seconds, () => getRequest(path()), "200", everyMillis(askersAtOnce))

const modes: Readonly<Record<string, () => Promise<object>>> = {
  register: () => register(),
  past,
  post: posted,
  ask: () => get(() => `/v1/sensors/${anySensor()}`),
  greet: () => get(() => "/"),
  pages
}
console.log(JSON.stringify(await modes[mode]?.()))
process.exit(0)
